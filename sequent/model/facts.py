"""What happened, past tense: all that the engine is ever told.

``frame`` is the id of the scope in which it happened, ``node`` the index of the step or container in the plan.
"""

from __future__ import annotations

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.hot import hot
from sequent.model.status import Verdict


@frozen(eq=False, repr=False)
class RunStarted(ByFields):
    """The run begins, or is taken up again."""


@hot(eq=False, repr=False)
class TaskBegan(ByFields):
    """The code of an attempt has begun; told only of steps that announce it."""

    frame: int
    node: int
    attempt: int


@hot(eq=False, repr=False)
class TaskSucceeded(ByFields):
    """An attempt ended well, and its result can be stored."""

    frame: int
    node: int
    attempt: int
    verdict: Verdict = Verdict.UNKNOWN
    answers: tuple[int, ...] = ()
    """Which of its step's ``asked`` its result is."""


@hot(eq=False, repr=False)
class TaskFailed(ByFields):
    """An attempt ended badly."""

    frame: int
    node: int
    attempt: int
    may_retry: bool = True
    """Whether it is a failure after which its step is to be tried again, if it has retries left."""


@frozen(eq=False, repr=False)
class TaskLost(ByFields):
    """An attempt is gone without an outcome, through no fault of its own."""

    frame: int
    node: int
    attempt: int


@frozen(eq=False, repr=False)
class TaskTakenBack(ByFields):
    """An attempt that was handed over ahead had not begun, and never will."""

    frame: int
    node: int
    attempt: int


@frozen(eq=False, repr=False)
class TimerEnded(ByFields):
    """The wait before an attempt is over, or before a container (attempt 0)."""

    frame: int
    node: int
    attempt: int


@frozen(eq=False, repr=False)
class HoldGranted(ByFields):
    """What a task or container wants of shared pools is now held for it."""

    frame: int
    node: int


@frozen(eq=False, repr=False)
class RepeatOpened(ByFields):
    """The items of a container's repeat are known: so many, or None where they are drawn one at a time."""

    frame: int
    node: int
    count: int | None
    parallel: int | None = None
    """How many iterations may be under way, where the plan refers to a value for it."""


@frozen(eq=False, repr=False)
class ItemDrawn(ByFields):
    """The next item is there."""

    frame: int
    node: int
    number: int


@frozen(eq=False, repr=False)
class ItemsEnded(ByFields):
    """There are no more items."""

    frame: int
    node: int


@frozen(eq=False, repr=False)
class DrawFailed(ByFields):
    """The items could not be had, or, before the container began, its delay."""

    frame: int
    node: int


@frozen(eq=False, repr=False)
class StepPaced(ByFields):
    """Tasks of a step lately take so little time that they may be handed over ahead, or no longer do."""

    node: int
    is_quick: bool


@frozen(eq=False, repr=False)
class PauseRequested(ByFields):
    """Whoever drives the run does not wait for delays: it is to be continued later."""


@frozen(eq=False, repr=False)
class StopRequested(ByFields):
    """Nobody wants anything more to start."""


Fact = (
    RunStarted
    | TaskBegan
    | TaskSucceeded
    | TaskFailed
    | TaskLost
    | TaskTakenBack
    | TimerEnded
    | HoldGranted
    | RepeatOpened
    | ItemDrawn
    | ItemsEnded
    | DrawFailed
    | StepPaced
    | PauseRequested
    | StopRequested
)
