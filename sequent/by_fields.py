"""Records that are compared, hashed and shown by their fields, and whose classes are cheap to make."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

from attrs import Attribute, AttrsInstance, fields


class ByFields:
    """Comparison, hash and repr without the code that attrs generates for every class, which is slow to compile.

    A class of attrs that inherits from this is made with ``eq=False, repr=False``. Classes that are compared or hashed
    for each task, such as keys, have methods of their own.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _compared(self) == _compared(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        return hash(_compared(self))

    def __repr__(self) -> str:
        told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in _fields_of(self) if one.repr)
        return f"{self.__class__.__qualname__.rsplit('>.', 1)[-1]}({told})"


def _fields_of(record: object) -> tuple[Attribute[Any], ...]:
    found: tuple[Attribute[Any], ...] = fields(cast("type[AttrsInstance]", record.__class__))
    return found


_getters: dict[type, Callable[[object], object]] = {}
"""The function that returns the compared fields of a record, by class."""


def _compared(record: object) -> object:
    kind = record.__class__
    getter = _getters.get(kind)
    if getter is None:
        names = [one.name for one in _fields_of(record) if one.eq]
        getter = _getters[kind] = attrgetter(*names) if names else lambda _: ()
    return getter(record)
