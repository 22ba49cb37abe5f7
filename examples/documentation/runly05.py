"""A step that waits for a while, while others go on."""
import sequent as seq
from progs import prog

flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT")
first = flow.add_step("first", func=prog, args=("first",))
late = flow.add_step("late", func=prog, args=("late",), requires=((first, seq.STEP_SUCCESS),), delay=0.5)
soon = flow.add_step("soon", func=prog, args=("soon",), requires=((first, seq.STEP_SUCCESS),))
flow.add_step("last", func=prog, args=("last",), requires=((late, seq.STEP_SUCCESS), (soon, seq.STEP_SUCCESS)))
flow.run()
