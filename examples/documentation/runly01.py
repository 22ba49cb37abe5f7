"""Two steps at once, one that joins them, and two that follow it."""
import sequent as seq
from progs import prog

flow = seq.Sequent(config="runly.conf", config_tag="SEQUENT")
a1 = flow.add_step("a1", func=prog, kwargs={"progname": "extract"})
a2 = flow.add_step("a2", func=prog, kwargs={"progname": "extract"})
b = flow.add_step("b", func=prog, kwargs={"progname": "process"}, requires=((a1, seq.STEP_SUCCESS), (a2, seq.STEP_SUCCESS)))
flow.add_step("c1", func=prog, kwargs={"progname": "transmit"}, requires=((b, seq.STEP_SUCCESS),))
flow.add_step("c2", func=prog, kwargs={"progname": "transmit"}, requires=((b, seq.STEP_SUCCESS),))
flow.run()
