"""The effects, named in the imperative: the output of the engine."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from sequent.model.saved_state import Revision, StoredPlace
from sequent.model.scope import Scope
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status

AHEAD = 64
"""The maximum number of tasks in a worker: the one that it executes, and those that wait in it."""


class StartTask(Struct, frozen=True):
    """Record the intent, then execute the attempt."""

    scope: Scope
    node: int
    attempt: int


class TakeBack(Struct, frozen=True):
    """Take back an attempt that was handed over ahead, if it has not begun.

    The answer is ``TaskTakenBack``, or the end of the attempt.
    """

    scope: Scope
    node: int
    attempt: int


class StartTimer(Struct, frozen=True):
    """Wait before an attempt; the answer is ``TimerEnded``.

    After ``failures`` failed attempts, the wait is the step's backoff; without failures, it is the delay of the step or
    container (whose attempt is 0). If an earlier recovery had begun a wait before this attempt, that one goes on.
    """

    scope: Scope
    node: int
    attempt: int
    failures: int = 0


class PassOver(Struct, frozen=True):
    """Record that a task is passed over: it is not run, and counts as a success."""

    scope: Scope
    node: int
    attempt: int


class Revise(Struct, frozen=True):
    """Record the changes that a recovery makes to the saved state."""

    revision: Revision


class AskHold(Struct, frozen=True):
    """Request amounts of shared pools for a task or container; the answer is ``HoldGranted``."""

    scope: Scope
    node: int
    amounts: Amounts
    priority: int


class SetHold(Struct, frozen=True):
    """Record the amount of a pool that a task or container holds; without a scope, the amount kept by the run."""

    scope: Scope | None
    node: int
    pool: str
    amount: int
    """The absolute amount, so that repeating the write changes nothing; 0: none."""


class FreeReserved(Struct, frozen=True):
    """Record that an amount which was reserved for a task or container is not held any more."""

    place: StoredPlace
    pool: str


class FailTask(Struct, frozen=True):
    """Record that an attempt which had succeeded, or was lost, is a failure for a reason that only the engine knows."""

    scope: Scope
    node: int
    attempt: int
    reason: str


class FailContainer(Struct, frozen=True):
    """Record that a container which had succeeded is a failure for a reason that only the engine knows."""

    scope: Scope
    node: int
    reason: str


class RecordMark(Struct, frozen=True):
    """Record the outcome that a person has given to a task, as one more attempt."""

    scope: Scope
    node: int
    attempt: int
    number: int
    """The number of the intervention."""


class RefuseMark(Struct, frozen=True):
    """Refuse the outcome, or the answer, that a person gives to a task."""

    number: int
    reason: str


class AskPerson(Struct, frozen=True):
    """Put the question of a step to people.

    The answer is ``QuestionAnswered``, or ``TimerEnded`` if nobody has answered in time.
    """

    scope: Scope
    node: int
    attempt: int
    """The attempt that the answer will be."""


class WithdrawQuestion(Struct, frozen=True):
    """Ask no longer: the question is answered, or its step has settled otherwise."""

    scope: Scope
    node: int


class FailQuestion(Struct, frozen=True):
    """Record that a question has got no answer, as one more attempt."""

    scope: Scope
    node: int
    attempt: int


class SettleTask(Struct, frozen=True):
    """Tell the observer that a task settled without an attempt of its own.

    It is skipped or cancelled, or a failure without a further retry.
    """

    scope: Scope
    node: int
    status: Status


class OpenRepeat(Struct, frozen=True):
    """Find the items of a container that repeats; the answer is ``RepeatOpened`` or ``DrawFailed``.

    ``scope`` is the iteration around it. ``drawn`` iterations have begun in earlier recoveries.
    """

    scope: Scope
    node: int
    drawn: int


class DrawItem(Struct, frozen=True):
    """Draw the item of this iteration; the answer is ``ItemDrawn``, ``ItemsEnded`` or ``DrawFailed``."""

    scope: Scope
    node: int
    number: int


class OpenFrame(Struct, frozen=True):
    """Record that an iteration begins, for the first time or again."""

    scope: Scope
    is_new: bool


class CloseFrame(Struct, frozen=True):
    """Record that an iteration has settled."""

    scope: Scope
    status: Status


class CloseRepeat(Struct, frozen=True):
    """Record that a repeat has settled; ``scope`` is the iteration around it."""

    scope: Scope
    node: int
    status: Status


class Blocked(Struct, frozen=True):
    """A task or container that waits for resources that no task can give back."""

    scope: Scope
    node: int
    pool: str
    wanted: int
    free: int
    holders: tuple[tuple[str, int], ...]
    """The holders and their amounts, as paths with sequences; ``the run`` for the amounts that it keeps."""


class EndRun(Struct, frozen=True):
    """Record the end of the run; ``counts`` has the number of settled tasks by status."""

    status: RunStatus
    counts: Mapping[Status, int]
    blocked: tuple[Blocked, ...] = ()
    """The waiting tasks and their pools, if the run is blocked."""
    cause: tuple[Scope, int] | None = None
    """The task or container whose failure stopped the whole flow."""


Effect = (
    StartTask
    | TakeBack
    | StartTimer
    | PassOver
    | Revise
    | AskHold
    | SetHold
    | FreeReserved
    | FailTask
    | FailContainer
    | RecordMark
    | RefuseMark
    | AskPerson
    | WithdrawQuestion
    | FailQuestion
    | SettleTask
    | OpenRepeat
    | DrawItem
    | OpenFrame
    | CloseFrame
    | CloseRepeat
    | EndRun
)
