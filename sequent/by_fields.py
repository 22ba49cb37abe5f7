"""Records that are compared, hashed and shown by their fields, and whose classes cost little to make."""

from __future__ import annotations

from typing import Any, cast

from attrs import Attribute, AttrsInstance, fields


class ByFields:
    """Comparison, hash and repr without the code that attrs generates and compiles for every class, its slowest part.

    A class of attrs that inherits from this is made with ``eq=False, repr=False``. What is compared or hashed for each
    task, such as a key, has methods of its own.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _compared(self) == _compared(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self) -> int:
        return hash((self.__class__, _compared(self)))

    def __repr__(self) -> str:
        told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in _fields_of(self) if one.repr)
        return f"{self.__class__.__qualname__.rsplit('>.', 1)[-1]}({told})"


def _fields_of(record: object) -> tuple[Attribute[Any], ...]:
    found: tuple[Attribute[Any], ...] = fields(cast("type[AttrsInstance]", record.__class__))
    return found


def _compared(record: object) -> tuple[object, ...]:
    return tuple(getattr(record, one.name) for one in _fields_of(record) if one.eq)
