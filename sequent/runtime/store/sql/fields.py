"""What the fields of a row, and of a record in one, may be: looked at here alone, before anything is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sequent.model.record_text import LATEST, MOST
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.statements import ColumnType

_LONGEST = 1e15
"""Seconds."""
_LENGTHS = frozenset({"due", "due_boot", "length"})
"""Columns of seconds that are no times at which something was."""


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
        return 0 <= value < (_LONGEST if name in _LENGTHS else LATEST)
    return "\0" not in value if isinstance(value, str) else True
