"""Events, in one another and in or_."""
import sequent as seq
from progs import prog

flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT")
good = flow.add_step("good", func=prog, args=("good",))
bad = flow.add_step("bad", func=prog, args=("bad", True), requires=((good, seq.STEP_SUCCESS),))
both = flow.add_event(requires=((good, seq.STEP_SUCCESS), (bad, seq.STEP_FAILURE)))
either = flow.add_event(seq.or_((good, seq.STEP_FAILURE), both))
never = flow.add_event(seq.or_((good, seq.STEP_FAILURE), (bad, seq.STEP_SUCCESS)))
mended = flow.add_step("mended", func=prog, args=("mended",), requires=either)
flow.add_step("unwanted", func=prog, args=("unwanted",), requires=never)
flow.add_step("last", func=prog, args=("last",), requires=seq.or_(never, (mended, seq.STEP_COMPLETE)))
print(bool(flow.run()))
