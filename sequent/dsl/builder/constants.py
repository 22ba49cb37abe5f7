"""The original's constants, by their names there."""

from __future__ import annotations

from typing import Final

from sequent.dsl.run_port import RunMode
from sequent.model.status import Action, Claim

StepStatus = Claim
StepReplay = Action

STEP_READY: Final = Claim.READY
STEP_ACTIVE: Final = Claim.ACTIVE
STEP_SUCCESS: Final = Claim.SUCCESS
STEP_FAILURE: Final = Claim.FAILURE
STEP_COMPLETE: Final = Claim.COMPLETE
STEP_SKIPPED: Final = Claim.SKIPPED
STEP_DONE: Final = Claim.DONE

STP_RERUN: Final = Action.RERUN
STP_SKIP: Final = Action.SKIP
STEP_RERUN: Final = STP_RERUN
STEP_SKIP: Final = STP_SKIP

RUN_RESTART: Final = RunMode.RESTART
RUN_RECOVER: Final = RunMode.RECOVER
RUN_CONTINUE: Final = RunMode.CONTINUE
SEQUENT_RESTART: Final = RUN_RESTART
