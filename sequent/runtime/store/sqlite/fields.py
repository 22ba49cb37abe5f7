"""What the fields of a row, and of a record in one, may be: looked at here alone, before anything is made of them."""

from __future__ import annotations

import types
import typing
from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from sequent.runtime.store.sqlite.seals import damaged

T = TypeVar("T")
MOST = 2**53
"""Whole numbers are smaller: no run has as many of anything."""
_LATEST = 221_845_392_000.0
"""Times are before the year 9000, and not before 1970: others have no form for people."""
_LONGEST = 1e15
"""Seconds."""
_LENGTHS = frozenset({"due", "due_boot", "length"})
"""Columns of seconds that are no times at which something was."""


class ColumnType(NamedTuple):
    """What a column of an answer holds."""

    name: str
    type: type | None
    """None: whatever SQLite makes of an expression."""
    is_nullable: bool


def check_rows(kinds: Sequence[ColumnType], rows: Sequence[Sequence[Any]]) -> None:
    """See that the fields of rows are what they can be: of their type, within their range, and text without NUL.

    They are looked at by column, which costs little where there are many rows.

    Raises:
        StoreError: one is not.
    """
    if not kinds or not rows:
        return
    for kind, column in zip(kinds, zip(*rows, strict=True), strict=True):
        found = set(map(type, column))
        if kind.type is not None and not found <= {kind.type, *([type(None)] if kind.is_nullable else [])}:
            raise damaged(f"a field, {kind.name!r},", next(value for value in column if type(value) is not kind.type))
        for value in column if found & {int, float, str} else ():
            if not _is_in_range(value, kind.name):
                raise damaged(f"a field, {kind.name!r},", value)


def _is_in_range(value: object, name: str) -> bool:
    if type(value) is int:
        return -MOST < value < MOST
    if type(value) is float:
        return 0 <= value < (_LONGEST if name in _LENGTHS else _LATEST)
    return "\0" not in value if isinstance(value, str) else True


def record_of(kind: type[T], tree: object) -> T:
    """The record whose fields a mapping has.

    Raises:
        TypeError, ValueError: it has others, or one of another type; it is no mapping.
    """
    if type(tree) is not dict:
        raise TypeError(f"no {kind.__name__}")
    hints = types_of(kind)
    values: dict[str, object] = {}
    for name, value in cast("dict[str, object]", tree).items():
        if name not in hints:
            raise TypeError(f"{kind.__name__} has no {name!r}")
        values[name] = tuple(cast("list[object]", value)) if type(value) is list else value
        if not _fits(values[name], hints[name]):
            raise TypeError(f"{kind.__name__}.{name} is {value!r:.80}")
    return kind(**values)


def types_of(kind: type[object]) -> Mapping[str, Any]:
    """The fields of a class of records, each with its type."""
    return _hints(cast("Hashable", kind))


@cache
def _hints(kind: Hashable) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of a type as records have them: a simple one, one of two, or a tuple of such."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, one) for one in arguments)
    if origin is tuple:
        return type(value) is tuple and all(_fits(one, arguments[0]) for one in cast("tuple[object, ...]", value))
    if hint is float:
        return type(value) in (int, float) and 0 <= cast("float", value) < _LATEST
    if hint is int:
        return type(value) is int and -MOST < value < MOST
    return type(value) is (type(None) if hint is None else hint)
