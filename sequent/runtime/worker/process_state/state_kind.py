"""What a kind of state is: how it is observed, and how it is put right."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any


class StateKind:
    """Something of the process that a step may change and the next one would find."""

    __slots__ = ("is_quick", "look", "name", "restore")

    def __init__(
        self,
        name: str,
        look: Callable[[], object],
        restore: Callable[[Any], object] | None = None,
        *,
        is_quick: bool = False,
    ) -> None:
        """Say how it is looked at, and put right.

        Args:
            name: as the documentation calls it.
            look: gives what equals its earlier answers for as long as nothing was changed.
            restore: puts right what was changed, given what ``look`` gave before any step. None where ``look`` has
                done so itself, or where only a fresh process can.
            is_quick: whether a look costs so little that every attempt is followed by one.
        """
        self.name = name
        self.look = look
        self.restore = restore
        self.is_quick = is_quick


def attributes(name: str, owner: object, *names: str) -> StateKind:
    """Attributes of a module or object, two at least, which are given back."""

    def restore(before: tuple[object, ...]) -> None:
        for attribute, value in zip(names, before, strict=True):
            setattr(owner, attribute, value)

    return StateKind(name, partial(operator.attrgetter(*names), owner), restore, is_quick=True)


def contents(name: str, of: list[Any]) -> StateKind:
    """What is in a list."""

    def restore(before: list[Any]) -> None:
        of[:] = before

    return StateKind(name, of.copy, restore, is_quick=True)
