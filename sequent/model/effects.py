"""What is to be done, imperative: all that the engine ever orders."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from sequent.model.scope import Scope
from sequent.model.status import RunStatus, Status


@frozen
class StartTask:
    """Record the intent, then have the attempt executed."""

    scope: Scope
    node: int
    attempt: int


@frozen
class SettleTask:
    """Tell whoever watches that a task settled without an attempt: skipped or cancelled."""

    scope: Scope
    node: int
    status: Status


@frozen
class OpenRepeat:
    """Find the items of a container that repeats; the answer is ``RepeatOpened`` or ``DrawFailed``.

    ``scope`` is the iteration around it. ``drawn`` iterations have begun in earlier recoveries.
    """

    scope: Scope
    node: int
    drawn: int


@frozen
class DrawItem:
    """Draw the item of that iteration; the answer is ``ItemDrawn``, ``ItemsEnded`` or ``DrawFailed``."""

    scope: Scope
    node: int
    number: int


@frozen
class OpenFrame:
    """An iteration begins, for the first time or again."""

    scope: Scope
    is_new: bool


@frozen
class CloseFrame:
    """An iteration has settled."""

    scope: Scope
    status: Status


@frozen
class CloseRepeat:
    """A container that repeats has settled; ``scope`` is the iteration around it."""

    scope: Scope
    node: int
    status: Status


@frozen
class EndRun:
    """Nothing is under way any more. ``counts`` says how many tasks settled how, by path index."""

    status: RunStatus
    counts: Mapping[Status, int]


Effect = StartTask | SettleTask | OpenRepeat | DrawItem | OpenFrame | CloseFrame | CloseRepeat | EndRun
