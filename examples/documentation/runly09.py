"""Every status, in both of its forms; what a recovery does with each; a failure that stops nothing."""
import os

import sequent as seq
from progs import logger, prog


def prepare():
    logger().info("preparing, recovery %s", os.environ["SEQUENT_STEP_RECOVERY"])


def build(fails, **options):
    flow = seq.Sequent(name="runly09", config="runly.conf", config_tag="SEQUENT", **options)
    recovery = {
        seq.StepStatus.ready: seq.StepReplay.rerun,
        seq.StepStatus.allocate: seq.StepReplay.rerun,
        seq.StepStatus.fueled: seq.StepReplay.rerun,
        seq.StepStatus.active: seq.StepReplay.rerun,
        seq.StepStatus.failure: seq.STEP_RERUN,
        seq.StepStatus.success: seq.STEP_RERUN,
    }
    first = flow.add_step("first", func=prepare, recovery=recovery)
    begun = ((first, seq.STEP_ACTIVE), (first, seq.StepStatus.ready), (first, seq.StepStatus.success))
    second = flow.add_step("second", func=prog, args=("second",), requires=begun)
    third = flow.add_step(
        "third",
        func=prog,
        args=("third", fails),
        requires=((second, seq.STEP_SUCCESS),),
        recovery={seq.STEP_FAILURE: seq.STP_RERUN, seq.STEP_SUCCESS: seq.STP_SKIP},
        config={"stop_on_exception": False},
    )
    flow.add_step("last", func=prog, args=("last",), requires=((third, seq.StepStatus.success),))
    return flow


flow = build(fails=True)
print(bool(flow.run()))
print(bool(build(fails=False).run(run_mode=seq.RunMode.recover, run_id=flow.run_id)))
