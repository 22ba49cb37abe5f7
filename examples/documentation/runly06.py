"""A run that does what is due, and is continued until it has ended."""
import time

import sequent as seq
from progs import prog


def build(**options):
    flow = seq.Sequent(name="runly06", config="runly.conf", config_tag="SEQUENT", **options)
    first = flow.add_step("first", func=prog, args=("first",))
    flow.add_step("later", func=prog, args=("later",), requires=((first, seq.STEP_SUCCESS),), delay=0.3)
    return flow


flow = build()
outcome = flow.run(max_loops=1)
while not outcome:
    print("not yet")
    time.sleep(0.5)
    outcome = build(run_mode=seq.RUN_CONTINUE, run_id=flow.run_id).run(max_loops=1)
print("done")
