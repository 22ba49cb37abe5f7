"""Loads the state of a run at the end of an earlier recovery, and the changes that return the store to it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.saved_state import Renewal, RevisedTask, Revision, SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Sequence
from sequent.model.status import Status, Verdict
from sequent.runtime.attempt_outcomes import answers_of
from sequent.runtime.store.saved_state import SavedLoader
from sequent.runtime.store.sql.open_rows import OpenRows, Tried


class RewindingLoader(SavedLoader):
    """Loads everything: tasks that had succeeded by the end of a recovery are successes, all others are not.

    A task that has run since then gets its earlier state, and an iteration that contains such a task is opened again.
    The store has only the present status of iterations, so one without a later attempt stays as it is.
    """

    def __init__(self, plan: Plan, rows: OpenRows, recovery: int, basis: int) -> None:
        super().__init__(plan, rows, recovery)
        self._basis = basis
        self._around: list[int] = [0]
        """The frames around the node that is being loaded."""
        self._within: list[Sequence] = [()]
        self._superseded: list[RevisedTask] = []
        self._restored: list[tuple[RevisedTask, int]] = []
        self._frames_again: list[tuple[int, int, int]] = []
        self._repeats_again: list[tuple[int, int]] = []
        self._renewed: list[Renewal] = []
        self._later = 0
        """The number of tasks so far that have run since then."""
        self._earlier = 0
        """The number of tasks so far that had run by then."""

    @property
    def _written(self) -> tuple[list[Any], ...]:
        """The lists of all changes to be written."""
        return self._superseded, self._restored, self._frames_again, self._repeats_again, self._renewed

    @property
    def revision(self) -> Revision:
        """The changes to be written, once all is loaded."""
        return Revision(
            superseded=tuple(self._superseded),
            restored=tuple(self._restored),
            frames=tuple(self._frames_again),
            repeats=tuple(self._repeats_again),
            renewed=tuple(self._renewed),
        )

    def _is_wanted(self, node: ContainerPlan, sequence: Sequence) -> bool:
        return True

    def _frame(
        self, frame: int, status: Status, container: ContainerPlan, place: tuple[Sequence, int], *, every: bool
    ) -> SavedFrame:
        sequence, number = place
        before = self._later
        self._within.append(sequence)
        saved = super()._frame(frame, status, container, place, every=True)
        self._within.pop()
        if self._later == before or status is not Status.SUCCESS:
            return saved
        self._frames_again.append((self._around[-1], container.index, number))
        return replace(saved, status=Status.ACTIVE)

    def _block(self, frame: int, node: ContainerPlan, sequence: Sequence, *, every: bool) -> SavedBlock | None:
        before, earlier = self._later, self._earlier
        lengths = [len(written) for written in self._written]
        self._around.append(frame)
        saved = super()._block(frame, node, sequence, every=True)
        self._around.pop()
        if saved is None or self._later == before:
            return saved
        if node.repeats is not None and self._earlier == earlier:
            # It had not begun by then, so its items had not been found, either.
            for written, length in zip(self._written, lengths, strict=True):
                del written[length:]
            self._renewed.append(Renewal(frame, node.index, sequence))
            return None
        if saved.status is Status.SUCCESS and node.repeats is not None:
            self._repeats_again.append((frame, node.index))
        return replace(saved, status=Status.ACTIVE, answers=(), until_met=_is_met(saved, node))

    def _task(self, frame: int, step: StepPlan, iteration: int) -> SavedTask | None:
        saved = super()._task(frame, step, iteration)
        if saved is None or saved.recovery <= self._basis:
            self._earlier += saved is not None
            return saved
        self._later += 1
        tried = self._rows.tried(frame, step.index, iteration)
        earlier = [one for one in tried if one.recovery <= self._basis and not one.is_superseded]
        self._earlier += bool(earlier)
        within = self._within[-1]
        sequence = (*within, iteration) if iteration else within
        task = RevisedTask(frame, step.index, iteration, saved.attempt, sequence)
        later = [one.number for one in tried if one.recovery > self._basis and not one.is_superseded]
        self._superseded += [replace(task, attempt=number) for number in later]
        if earlier and _had_succeeded(earlier[-1]):
            return self._restore(step, task, earlier[-1], saved)
        return replace(saved, status=Status.WAITING, verdict=Verdict.UNKNOWN, answers=(), waits=False)

    def _restore(self, step: StepPlan, task: RevisedTask, then: Tried, saved: SavedTask) -> SavedTask:
        """Make a success count again, as a new attempt after those that followed it."""
        number = saved.attempt + 1
        self._restored.append((replace(task, attempt=number), then.number))
        text = self._rows.result_at(task.frame, step.index, task.iteration, then.number)
        answers = answers_of(step, text) if step.asked else ()
        return SavedTask(Status.SUCCESS, number, then.verdict, answers, recovery=self._recovery, ran_in=then.recovery)


def _had_succeeded(tried: Tried) -> bool:
    return tried.status is Status.SUCCESS or tried.is_outdated


def _is_met(saved: SavedBlock, node: ContainerPlan) -> bool:
    """Return whether an iteration that stays a success had ended the repeat."""
    if node.until is None:
        return False
    step = node.children[node.until]
    kept = (frame.tasks.get(step) for frame in saved.frames.values() if frame.status is Status.SUCCESS)
    return any(task is not None and task.verdict is Verdict.TRUTHY for task in kept)
