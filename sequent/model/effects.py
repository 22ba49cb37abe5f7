"""The effects, in the imperative: the output of the engine."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from sequent.model.saved import Revision
from sequent.model.scope import Scope
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status

AHEAD = 64
"""The largest number of tasks in a worker: the one that it executes, and those that wait in it."""


class StartTask(Struct, frozen=True):
    """Record the intent, then have the attempt executed."""

    scope: Scope
    node: int
    attempt: int


class TakeBack(Struct, frozen=True):
    """Take an attempt back that was handed over ahead, if it has not begun.

    The answer is ``TaskTakenBack``, or how the attempt ended.
    """

    scope: Scope
    node: int
    attempt: int


class StartTimer(Struct, frozen=True):
    """Wait before that attempt; the answer is ``TimerEnded``.

    After ``failures`` attempts that failed, as long as the step's backoff says; where there were none, as long
    as the delay of the step or container says (of a container the attempt is 0). A wait before that very attempt
    that an earlier recovery began goes on instead.
    """

    scope: Scope
    node: int
    attempt: int
    failures: int = 0


class PassOver(Struct, frozen=True):
    """Record that a task is not run, and counts as a success all the same."""

    scope: Scope
    node: int
    attempt: int


class Revise(Struct, frozen=True):
    """Record the changes that a recovery makes to the saved state."""

    revision: Revision


class AskHold(Struct, frozen=True):
    """Have amounts of shared pools held for a task or container; the answer is ``HoldGranted``."""

    scope: Scope
    node: int
    amounts: Amounts
    priority: int


class SetHold(Struct, frozen=True):
    """Record how much of a pool is held now by a task or container, or, where there is no scope, kept by the run."""

    scope: Scope | None
    node: int
    pool: str
    amount: int
    """Absolute, so that writing it again changes nothing; 0: nothing any more."""


class FailTask(Struct, frozen=True):
    """An attempt that had succeeded, or was lost, is a failure for a reason that only the engine knows."""

    scope: Scope
    node: int
    attempt: int
    reason: str


class FailContainer(Struct, frozen=True):
    """A container that had succeeded is a failure for a reason that only the engine knows."""

    scope: Scope
    node: int
    reason: str


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
    """Draw the item of that iteration; the answer is ``ItemDrawn``, ``ItemsEnded`` or ``DrawFailed``."""

    scope: Scope
    node: int
    number: int


class OpenFrame(Struct, frozen=True):
    """An iteration begins, for the first time or again."""

    scope: Scope
    is_new: bool


class CloseFrame(Struct, frozen=True):
    """An iteration has settled."""

    scope: Scope
    status: Status


class CloseRepeat(Struct, frozen=True):
    """A container that repeats has settled; ``scope`` is the iteration around it."""

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
    """Nothing is under way any more; ``counts`` says how many tasks settled in each way."""

    status: RunStatus
    counts: Mapping[Status, int]
    blocked: tuple[Blocked, ...] = ()
    """The waiting tasks and their pools, if nothing could go on."""
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
    | FailTask
    | FailContainer
    | SettleTask
    | OpenRepeat
    | DrawItem
    | OpenFrame
    | CloseFrame
    | CloseRepeat
    | EndRun
)
