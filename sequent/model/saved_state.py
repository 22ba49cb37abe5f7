"""The saved state from which a recovery starts: the open part of a run, read from the store."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from sequent.model.scope import Sequence
from sequent.model.status import Status, Verdict

StoredPlace = tuple[int, int, int]
"""A task or container as the store names it: its frame, its node, and the iteration of a repeated step, otherwise 0."""
FLOW_PLACE: StoredPlace = (1, 0, 0)
"""The flow: the run's first frame is its own."""


class SavedTask(Struct, frozen=True):
    """The last attempt of a task: ``active`` if it has no outcome, ``waiting`` if it was lost."""

    status: Status
    attempt: int
    verdict: Verdict = Verdict.UNKNOWN
    answers: tuple[int, ...] = ()
    """The indices of the questions in its step's ``asked`` that its result answers with yes."""
    failures: int = 0
    """The number of attempts that failed in the present recovery; counted if the run is continued."""
    waits: bool = False
    """Whether the wait before its next attempt had begun."""
    had_begun: bool = True
    """For an attempt without an outcome: whether its code had begun, as far as that was recorded."""
    recovery: int = 0
    """The recovery of its last attempt."""
    ran_in: int = 0
    """The last recovery that ran the task rather than pass it over; -1 if none did."""
    is_passed: bool = False
    """Whether it was passed over: a success without having run."""


class SavedFrame(Struct, frozen=True):
    """An iteration that had begun. If the container wraps a step, ``tasks`` has that one task."""

    id: int
    tasks: Mapping[int, SavedTask] = {}
    """The tasks by node index."""
    blocks: Mapping[int, SavedBlock] = {}
    """The containers by node index."""
    status: Status = Status.ACTIVE
    """The status at its end, if it has ended."""

    @property
    def recovery(self) -> int:
        """The recovery of the latest attempt in it; -1 if there is none."""
        inside: list[SavedTask | SavedBlock] = [*self.tasks.values(), *self.blocks.values()]
        return max((saved.recovery for saved in inside), default=-1)


class SavedBlock(Struct, frozen=True):
    """A container within one iteration of its own container.

    ``frames`` has the iterations up to ``drawn`` that did not succeed, and the successful ones in which something may
    have to run again. For a kept container with a reaction in the plan it has all, for the numbers of their
    attempts; for any other kept container in which nothing may run again, none.
    """

    status: Status
    """``success``, or any other status if it is opened again."""
    drawn: int = 0
    frames: Mapping[int, SavedFrame] = {}
    """The iterations by number."""
    until_met: bool = False
    """Whether a kept iteration had ended the repeat: no more items are drawn."""
    answers: tuple[int, ...] = ()
    """For a kept container: the indices of the questions in its maker's ``asked`` that its result answers with yes."""
    recovery: int = -1
    """The recovery of the latest attempt in it; -1 if there is none."""
    ran_in: int = -1
    """The last recovery in which something in it ran."""
    hosts: tuple[str, ...] = ()
    """The host of each copy, for a container of copies."""


class RevisedTask(Struct, frozen=True):
    """A task whose row a recovery changes before any task runs."""

    frame: int
    """The frame whose row is around it; for a repeated step, the one around the repeat."""
    node: int
    iteration: int
    """The iteration of a repeated step; 0 for others."""
    attempt: int
    sequence: Sequence


class Renewal(Struct, frozen=True):
    """A repeat that keeps nothing: its items are computed again, and its iterations count as never begun."""

    frame: int
    """The frame around it."""
    node: int
    sequence: Sequence
    """Of the iteration around it."""


class Revision(Struct, frozen=True):
    """The changes that a recovery makes to existing rows.

    They are written in one transaction, so that a recovery of that recovery finds them.
    """

    outdated: tuple[RevisedTask, ...] = ()
    """The successes that are to run again."""
    superseded: tuple[RevisedTask, ...] = ()
    """The attempts of recoveries that this one does not build on."""
    restored: tuple[tuple[RevisedTask, int], ...] = ()
    """The successes of an earlier recovery that later ones had replaced, with the number of their attempt."""
    passed: tuple[RevisedTask, ...] = ()
    """The tasks that are passed over, with the numbers of the attempts that record it."""
    frames: tuple[tuple[int, int, int], ...] = ()
    """The iterations that no longer count as a success: frame around, container, number."""
    repeats: tuple[tuple[int, int], ...] = ()
    """The repeats that no longer count as a success: frame around, container."""
    renewed: tuple[Renewal, ...] = ()
    """The repeats that begin anew."""

    def __bool__(self) -> bool:
        changed = self.outdated or self.superseded or self.restored or self.passed
        return bool(changed or self.frames or self.repeats or self.renewed)
