"""A kind of state: how it is observed, and how it is restored."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any


class StateKind:
    """A part of the process's state that a step may change and the next step would find."""

    __slots__ = ("is_quick", "look", "name", "restore")

    def __init__(
        self,
        name: str,
        look: Callable[[], object],
        restore: Callable[[Any], object] | None = None,
        *,
        is_quick: bool = False,
    ) -> None:
        """Set how it is observed and restored.

        Args:
            name: as the documentation calls it.
            look: returns equal values as long as nothing was changed.
            restore: restores the state, given the value of ``look`` before any step. None where ``look`` has
                done so itself, or where only a fresh process can.
            is_quick: whether a look is so cheap that it follows every attempt.
        """
        self.name = name
        self.look = look
        self.restore = restore
        self.is_quick = is_quick


def attributes(name: str, owner: object, *names: str) -> StateKind:
    """Observe and restore attributes of a module or object, at least two."""

    def restore(before: tuple[object, ...]) -> None:
        for attribute, value in zip(names, before, strict=True):
            setattr(owner, attribute, value)

    return StateKind(name, partial(operator.attrgetter(*names), owner), restore, is_quick=True)


def contents(name: str, of: list[Any]) -> StateKind:
    """Observe and restore the contents of a list."""

    def restore(before: list[Any]) -> None:
        of[:] = before

    return StateKind(name, of.copy, restore, is_quick=True)
