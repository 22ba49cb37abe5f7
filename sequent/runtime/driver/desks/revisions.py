"""The desk for revisions: it writes how a recovery treats the state that it finds."""

from __future__ import annotations

from sequent.model.effects import PassOver, Revise
from sequent.model.plan import Plan
from sequent.model.saved_state import Renewal, RevisedTask, Revision
from sequent.model.status import Status
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.turn_record import Told, Turn
from sequent.runtime.driver.values import Values
from sequent.runtime.rows import Batch, FrameKey, Passing, TaskKey, task_key


class RevisionDesk:
    """Writes which outcomes no longer count, and which tasks are passed over."""

    def __init__(self, plan: Plan, adapters: Adapters, turn: Turn, values: Values) -> None:
        self._plan = plan
        self._turn = turn
        self._values = values
        self._clock = adapters.clock
        self._recovery = adapters.run.record.recovery

    def revise(self, effect: Revise) -> None:
        """Write how a recovery treats all that it finds."""
        revise(self._plan, effect.revision, self._turn.batch, self._clock.now(), self._recovery)

    def pass_over(self, effect: PassOver) -> None:
        """Write that a task is not run and counts as a success."""
        key = task_key(self._plan, effect.scope, effect.node)
        item = self._values.drawn_item(effect.scope) if key.iteration else None
        self._turn.batch.passed.append(Passing(key, effect.attempt, self._clock.now(), self._recovery, item))
        self._turn.told.append(Told(effect.scope, effect.node, 0, Status.SUCCESS))


def revise(plan: Plan, revision: Revision, batch: Batch, at: float, recovery: int) -> None:
    """Put a revision into a batch.

    Args:
        plan: the plan to run.
        revision: how a recovery treats the state that it finds.
        batch: the rows of one transaction.
        at: seconds since 1970.
        recovery: the run's present recovery.
    """

    def passing(task: RevisedTask) -> Passing:
        return Passing(TaskKey(task.frame, task.node, task.iteration), task.attempt, at, recovery)

    def attempt(task: RevisedTask) -> tuple[TaskKey, int]:
        return TaskKey(task.frame, task.node, task.iteration), task.attempt

    def renewing(renewal: Renewal) -> tuple[int, int, int | None]:
        container = plan.container(renewal.node)
        return renewal.frame, renewal.node, container.children[0] if container.wraps else None

    batch.renewed += map(renewing, revision.renewed)
    batch.outdated += map(attempt, revision.outdated)
    batch.superseded += map(attempt, revision.superseded)
    batch.passed += map(passing, revision.passed)
    batch.restored += [(passing(task), source) for task, source in revision.restored]
    batch.closed_frames += [(FrameKey(*place), Status.ACTIVE) for place in revision.frames]
    batch.closed_repeats += [(frame, index, Status.ACTIVE) for frame, index in revision.repeats]
