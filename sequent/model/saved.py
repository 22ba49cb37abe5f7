"""What a recovery starts from: the open part of a run, as the store has it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from sequent.model.status import Status, Verdict


@frozen
class SavedTask:
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


@frozen
class SavedFrame:
    """An iteration that had begun. Where the container wraps a step, ``tasks`` has that one task."""

    id: int
    tasks: Mapping[int, SavedTask] = field(factory=dict[int, SavedTask])
    """By node index."""
    blocks: Mapping[int, SavedBlock] = field(factory=dict[int, "SavedBlock"])
    """By node index."""
    status: Status = Status.ACTIVE
    """How it ended, where it did; asked where the run is continued."""


@frozen
class SavedBlock:
    """A container within one iteration of what is around it.

    A success is kept whole; then ``frames`` is filled only where the plan has a reaction for the container,
    for the attempts' numbers. Otherwise ``frames`` has every iteration up to ``drawn`` that was not a success.
    """

    status: Status
    """``success``, or anything else where it is to be opened again."""
    drawn: int = 0
    frames: Mapping[int, SavedFrame] = field(factory=dict[int, SavedFrame])
    """By iteration number."""
    until_met: bool = False
    """Whether an iteration that is kept had ended the repeat: nothing more is drawn."""
    answers: tuple[int, ...] = ()
    """Of one that is kept: which of its maker's ``asked`` its result is."""
