"""Writes what a recovery makes of what it finds: what counts no more, and what is passed over."""

from __future__ import annotations

from sequent.model.effects import PassOver, Revise, SettleTask
from sequent.model.plan import Plan
from sequent.model.saved import Mark, Renewal, Revision
from sequent.model.status import Status
from sequent.runtime.driver.intake import Intake
from sequent.runtime.driver.surroundings import Surroundings
from sequent.runtime.driver.values import Values
from sequent.runtime.rows import Batch, FrameKey, Passing, TaskKey, task_key


class Revising:
    """Puts into a batch what a recovery says of tasks that it does not run, or that are to run again."""

    def __init__(self, plan: Plan, values: Values, intake: Intake, around: Surroundings) -> None:
        self._plan = plan
        self._values = values
        self._intake = intake
        self._clock = around.clock
        self._recovery = around.run.record.recovery

    def write(self, effect: PassOver | Revise, batch: Batch) -> None:
        """Write what the engine says."""
        if isinstance(effect, Revise):
            revise(self._plan, effect.revision, batch, self._clock.now(), self._recovery)
            return
        key = task_key(self._plan, effect.scope, effect.node)
        item = self._values.drawn_item(effect.scope) if key.iteration else None
        batch.passed.append(Passing(key, effect.attempt, self._clock.now(), self._recovery, item))
        self._intake.settle(SettleTask(effect.scope, effect.node, Status.SUCCESS))


def revise(plan: Plan, revision: Revision, batch: Batch, at: float, recovery: int) -> None:
    """Put a revision into a batch.

    Args:
        plan: what will run.
        revision: what a recovery makes of what it finds.
        batch: what is written in one transaction.
        at: seconds since 1970.
        recovery: the run's present recovery.
    """

    def passing(mark: Mark) -> Passing:
        return Passing(TaskKey(mark.frame, mark.node, mark.iteration), mark.attempt, at, recovery)

    def attempt(mark: Mark) -> tuple[TaskKey, int]:
        return TaskKey(mark.frame, mark.node, mark.iteration), mark.attempt

    def renewing(renewal: Renewal) -> tuple[int, int, int | None]:
        container = plan.container(renewal.node)
        return renewal.frame, renewal.node, container.children[0] if container.wraps else None

    batch.renewed += map(renewing, revision.renewed)
    batch.outdated += map(attempt, revision.outdated)
    batch.superseded += map(attempt, revision.superseded)
    batch.passed += map(passing, revision.passed)
    batch.restored += [(passing(mark), source) for mark, source in revision.restored]
    batch.closed_frames += [(FrameKey(*place), Status.ACTIVE) for place in revision.frames]
    batch.closed_repeats += [(frame, index, Status.ACTIVE) for frame, index in revision.repeats]
