"""What is to be done, imperative: all that the engine ever orders."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.hot import hot
from sequent.model.saved import Revision
from sequent.model.scope import Scope
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status

AHEAD = 64
"""How many tasks each worker is given at most: the one that it executes, and those that wait in it."""


@hot(eq=False, repr=False)
class StartTask(ByFields):
    """Record the intent, then have the attempt executed."""

    scope: Scope
    node: int
    attempt: int


@frozen(eq=False, repr=False)
class TakeBack(ByFields):
    """Take an attempt back that was handed over ahead, if it has not begun.

    The answer is ``TaskTakenBack``, or how the attempt ended.
    """

    scope: Scope
    node: int
    attempt: int


@frozen(eq=False, repr=False)
class StartTimer(ByFields):
    """Wait before that attempt; the answer is ``TimerEnded``.

    After ``failures`` attempts that failed, as long as the step's backoff says; where there were none, as long
    as the delay of the step or container says (of a container the attempt is 0). A wait before that very attempt
    that an earlier recovery began goes on instead, whatever began it.
    """

    scope: Scope
    node: int
    attempt: int
    failures: int = 0


@frozen(eq=False, repr=False)
class PassOver(ByFields):
    """Record that a task is not run, and counts as a success all the same."""

    scope: Scope
    node: int
    attempt: int


@frozen(eq=False, repr=False)
class Revise(ByFields):
    """Record what a recovery makes of what it found."""

    revision: Revision


@frozen(eq=False, repr=False)
class AskHold(ByFields):
    """Have amounts of shared pools held for a task or container; the answer is ``HoldGranted``."""

    scope: Scope
    node: int
    amounts: Amounts
    priority: int


@frozen(eq=False, repr=False)
class SetHold(ByFields):
    """Record how much of a pool is held now by a task or container, or, where there is no scope, kept by the run."""

    scope: Scope | None
    node: int
    pool: str
    amount: int
    """Absolute, so that writing it again changes nothing; 0: nothing any more."""


@frozen(eq=False, repr=False)
class FailTask(ByFields):
    """An attempt that had succeeded, or was lost, is a failure for a reason that only the engine knows."""

    scope: Scope
    node: int
    attempt: int
    reason: str


@frozen(eq=False, repr=False)
class FailContainer(ByFields):
    """A container that had succeeded is a failure for a reason that only the engine knows."""

    scope: Scope
    node: int
    reason: str


@hot(eq=False, repr=False)
class SettleTask(ByFields):
    """Tell whoever watches that a task settled without an attempt of its own.

    It is skipped or cancelled; or a failure, as it is not tried again after all.
    """

    scope: Scope
    node: int
    status: Status


@frozen(eq=False, repr=False)
class OpenRepeat(ByFields):
    """Find the items of a container that repeats; the answer is ``RepeatOpened`` or ``DrawFailed``.

    ``scope`` is the iteration around it. ``drawn`` iterations have begun in earlier recoveries.
    """

    scope: Scope
    node: int
    drawn: int


@frozen(eq=False, repr=False)
class DrawItem(ByFields):
    """Draw the item of that iteration; the answer is ``ItemDrawn``, ``ItemsEnded`` or ``DrawFailed``."""

    scope: Scope
    node: int
    number: int


@hot(eq=False, repr=False)
class OpenFrame(ByFields):
    """An iteration begins, for the first time or again."""

    scope: Scope
    is_new: bool


@hot(eq=False, repr=False)
class CloseFrame(ByFields):
    """An iteration has settled."""

    scope: Scope
    status: Status


@frozen(eq=False, repr=False)
class CloseRepeat(ByFields):
    """A container that repeats has settled; ``scope`` is the iteration around it."""

    scope: Scope
    node: int
    status: Status


@frozen(eq=False, repr=False)
class Blocked(ByFields):
    """A task or container that waits for resources which nobody can give back."""

    scope: Scope
    node: int
    pool: str
    wanted: int
    free: int
    holders: tuple[tuple[str, int], ...]
    """Who holds how much, as paths with sequences; ``the run`` for what is kept."""


@frozen(eq=False, repr=False)
class EndRun(ByFields):
    """Nothing is under way any more; ``counts`` says how many tasks settled in each way."""

    status: RunStatus
    counts: Mapping[Status, int]
    blocked: tuple[Blocked, ...] = ()
    """Who waits for what, where nothing could go on."""
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
