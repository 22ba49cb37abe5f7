"""The facts, named in the past tense: the input of the engine.

``frame`` is the id of the scope of the event, ``node`` the index of the step or container in the plan.
"""

from __future__ import annotations

from msgspec import Struct

from sequent.model.directives import Selection
from sequent.model.saved_state import StoredPlace
from sequent.model.status import Status, Verdict


class RunStarted(Struct, frozen=True):
    """The run begins, or is resumed."""


class TaskBegan(Struct, frozen=True):
    """The code of an attempt has begun; only for steps that announce it."""

    frame: int
    node: int
    attempt: int


class TaskSucceeded(Struct, frozen=True):
    """An attempt ended well, and its result can be stored."""

    frame: int
    node: int
    attempt: int
    verdict: Verdict = Verdict.UNKNOWN
    answers: tuple[int, ...] = ()
    """The indices of the questions in its step's ``asked`` that its result answers with yes."""


class TaskFailed(Struct, frozen=True):
    """An attempt ended badly."""

    frame: int
    node: int
    attempt: int
    may_retry: bool = True
    """Whether the step is tried again after this failure, if it has retries left."""


class TaskLost(Struct, frozen=True):
    """An attempt is gone without an outcome, through no fault of its own."""

    frame: int
    node: int
    attempt: int


class TaskTakenBack(Struct, frozen=True):
    """An attempt that was handed over had not begun, and never will."""

    frame: int
    node: int
    attempt: int


class TimerEnded(Struct, frozen=True):
    """The wait before an attempt is over, or before a container (attempt 0); or the time for an answer."""

    frame: int
    node: int
    attempt: int


class HoldGranted(Struct, frozen=True):
    """A task or container now holds its amounts of shared pools."""

    frame: int
    node: int


class RepeatOpened(Struct, frozen=True):
    """The items of a container's repeat are known: their number, or None if they are drawn one at a time."""

    frame: int
    node: int
    count: int | None
    parallel: int | None = None
    """How many iterations may be under way, where the plan refers to a value for it."""
    hosts: tuple[str, ...] = ()
    """The host of each copy, for a container of copies."""


class ItemDrawn(Struct, frozen=True):
    """The next item has been drawn."""

    frame: int
    node: int
    number: int


class ItemsEnded(Struct, frozen=True):
    """There are no more items."""

    frame: int
    node: int


class DrawFailed(Struct, frozen=True):
    """The items could not be computed, or, before the container began, its delay."""

    frame: int
    node: int


class StepPaced(Struct, frozen=True):
    """The tasks of a step on one machine have become short enough to be handed over ahead, or no longer are."""

    node: int
    is_quick: bool
    host: str = ""
    """The machine; '' for the one where the flow is driven."""


class ReservationEnded(Struct, frozen=True):
    """The amounts reserved for a task or container are free: none of its earlier attempts goes on without it."""

    place: StoredPlace


class HostReached(Struct, frozen=True):
    """A host can be reached, for the first time or again."""

    host: str
    slots: int | None
    """How many tasks may execute there at once; None: it is the machine where the flow is driven."""


class HostLost(Struct, frozen=True):
    """A host cannot be reached any more."""

    host: str


class PlaceHeld(Struct, frozen=True):
    """A person holds a step, a container, a copy or an iteration: nothing starts there any more."""

    place: Selection


class PlaceReleased(Struct, frozen=True):
    """A person releases a held place: its tasks may start again."""

    place: Selection


class TaskMarked(Struct, frozen=True):
    """A person gives a task its outcome."""

    number: int
    """The number of the intervention."""
    place: Selection
    """The task, with its whole sequence."""
    status: Status
    """Success or failure."""
    verdict: Verdict = Verdict.UNKNOWN
    answers: tuple[int, ...] = ()
    """As in ``TaskSucceeded``."""


class QuestionAnswered(Struct, frozen=True):
    """A person answers the question of a step."""

    number: int
    """The number of the intervention."""
    place: Selection
    """The task, with its whole sequence."""
    status: Status
    """Success, or failure for a *no*."""
    verdict: Verdict = Verdict.UNKNOWN
    answers: tuple[int, ...] = ()
    """As in ``TaskSucceeded``."""
    attempt: int = 0
    """The attempt that it is to be; 0: that of the present question."""


class PauseRequested(Struct, frozen=True):
    """The driver does not wait for delays: the run will be continued later."""


class TaskLeft(Struct, frozen=True):
    """An attempt may go on on its host, where this driver learns nothing of it: it keeps its amounts."""

    frame: int
    node: int
    attempt: int


class StopRequested(Struct, frozen=True):
    """A stop was requested: nothing more starts."""


Fact = (
    RunStarted
    | TaskBegan
    | TaskSucceeded
    | TaskFailed
    | TaskLost
    | TaskTakenBack
    | TimerEnded
    | TaskLeft
    | HoldGranted
    | ReservationEnded
    | RepeatOpened
    | ItemDrawn
    | ItemsEnded
    | DrawFailed
    | StepPaced
    | HostReached
    | HostLost
    | PlaceHeld
    | PlaceReleased
    | TaskMarked
    | QuestionAnswered
    | PauseRequested
    | StopRequested
)
