"""What happened, past tense: all that the engine is ever told.

``frame`` is the id of the scope in which it happened, ``node`` the index of the step or container in the plan.
"""

from __future__ import annotations

from attrs import frozen

from sequent.model.status import Verdict


@frozen
class RunStarted:
    """The run begins, or is taken up again."""


@frozen
class TaskBegan:
    """The code of an attempt has begun; told only of steps that announce it."""

    frame: int
    node: int
    attempt: int


@frozen
class TaskSucceeded:
    """An attempt ended well, and its result can be stored."""

    frame: int
    node: int
    attempt: int
    verdict: Verdict = Verdict.UNKNOWN


@frozen
class TaskFailed:
    """An attempt ended badly."""

    frame: int
    node: int
    attempt: int


@frozen
class TaskLost:
    """An attempt is gone without an outcome, through no fault of its own."""

    frame: int
    node: int
    attempt: int


@frozen
class RepeatOpened:
    """The items of a container's repeat are known: so many, or None where they are drawn one at a time."""

    frame: int
    node: int
    count: int | None


@frozen
class ItemDrawn:
    """The next item is there."""

    frame: int
    node: int
    number: int


@frozen
class ItemsEnded:
    """There are no more items."""

    frame: int
    node: int


@frozen
class DrawFailed:
    """The items could not be had."""

    frame: int
    node: int


@frozen
class StopRequested:
    """Nobody wants anything more to start."""


Fact = (
    RunStarted
    | TaskBegan
    | TaskSucceeded
    | TaskFailed
    | TaskLost
    | RepeatOpened
    | ItemDrawn
    | ItemsEnded
    | DrawFailed
    | StopRequested
)
