"""The saved state from which a recovery starts: the open part of a run, from the store."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from sequent.model.status import Status, Verdict


class SavedTask(Struct, frozen=True):
    """The last attempt of a task: ``active`` where it has no outcome, ``waiting`` where it was lost."""

    status: Status
    attempt: int
    verdict: Verdict = Verdict.UNKNOWN
    answers: tuple[int, ...] = ()
    """Which of its step's ``asked`` its result is."""
    failures: int = 0
    """How many attempts of the present recovery have failed; counted where the run is continued."""
    waits: bool = False
    """Whether a wait before its next attempt had begun."""
    had_begun: bool = True
    """Of one without an outcome: whether its code had begun, as far as that was recorded."""
    recovery: int = 0
    """The recovery of its last attempt."""
    ran_in: int = 0
    """The last recovery in which it ran, and was not passed over; -1 where it never has."""
    is_passed: bool = False
    """Whether it is passed over: a success without having run."""


class SavedFrame(Struct, frozen=True):
    """An iteration that had begun. Where the container wraps a step, ``tasks`` has that one task."""

    id: int
    tasks: Mapping[int, SavedTask] = {}
    """By node index."""
    blocks: Mapping[int, SavedBlock] = {}
    """By node index."""
    status: Status = Status.ACTIVE
    """How it ended, where it did."""

    @property
    def recovery(self) -> int:
        """The recovery of the latest attempt in it; -1 where there is none."""
        inside: list[SavedTask | SavedBlock] = [*self.tasks.values(), *self.blocks.values()]
        return max((saved.recovery for saved in inside), default=-1)


class SavedBlock(Struct, frozen=True):
    """A container within one iteration of its own container.

    ``frames`` has the iterations up to ``drawn`` that were no success, and those in which something may have to run
    again though they were one. Of a container that is kept and that the plan has a reaction for, it has all, for the
    numbers of their attempts; of any other that is kept and in which nothing may run again, none.
    """

    status: Status
    """``success``, or any other status if it is opened again."""
    drawn: int = 0
    frames: Mapping[int, SavedFrame] = {}
    """By iteration number."""
    until_met: bool = False
    """Whether an iteration that is kept had ended the repeat: nothing more is drawn."""
    answers: tuple[int, ...] = ()
    """Of one that is kept: which of its maker's ``asked`` its result is."""
    recovery: int = -1
    """The recovery of the latest attempt in it; -1 where there is none."""
    ran_in: int = -1
    """The last recovery in which something in it ran."""


class Mark(Struct, frozen=True):
    """A task whose row a recovery changes before anything runs."""

    frame: int
    """The frame whose row is around it; of a repeated step, the one around the repeat."""
    node: int
    iteration: int
    """Of a repeated step; 0 elsewhere."""
    attempt: int
    sequence: tuple[int, ...]
    found: Status
    """Its status, by the names of directives."""


class Renewal(Struct, frozen=True):
    """A repeat of which nothing is kept: its items are computed anew, and its iterations had as good as never begun."""

    frame: int
    """The frame around it."""
    node: int
    sequence: tuple[int, ...]
    """Of the iteration around it."""


class Revision(Struct, frozen=True):
    """The changes that a recovery makes to the rows it finds.

    It is written in one transaction, so that a recovery of that recovery finds it.
    """

    outdated: tuple[Mark, ...] = ()
    """Successes that are to run again."""
    superseded: tuple[Mark, ...] = ()
    """Attempts of recoveries that this one does not go on from."""
    restored: tuple[tuple[Mark, int], ...] = ()
    """Successes of an earlier recovery that later ones had replaced, with the number of the attempt they were."""
    passed: tuple[Mark, ...] = ()
    """The tasks that are passed over, with the numbers of the attempts that record it."""
    frames: tuple[tuple[int, int, int], ...] = ()
    """Iterations that are a success no more: frame around, container, number."""
    repeats: tuple[tuple[int, int], ...] = ()
    """Repeats that are a success no more: frame around, container."""
    renewed: tuple[Renewal, ...] = ()
    """Repeats that begin anew."""

    def __bool__(self) -> bool:
        changed = self.outdated or self.superseded or self.restored or self.passed
        return bool(changed or self.frames or self.repeats or self.renewed)
