"""Checks the fields of rows, and of records in them; the only place to do so, before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sequent.model.record_text import LATEST, MOST
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.statements import ColumnType

_LONGEST = 1e15
"""Seconds."""
_LENGTHS = frozenset({"due", "due_boot", "length"})
"""Columns of seconds that are not points in time."""


def check_rows(kinds: Sequence[ColumnType], rows: Sequence[Sequence[Any]]) -> None:
    """Check that the fields of rows are valid: of their type, within their range, and without NUL.

    They are checked by column, which costs little for many rows.

    Raises:
        StoreError: a field is not.
    """
    if not kinds or not rows:
        return
    for kind, column in zip(kinds, zip(*rows, strict=True), strict=True):
        types = set(map(type, column))
        if kind.type is not None and not types <= {kind.type, *([type(None)] if kind.is_nullable else [])}:
            raise damaged(f"a field, {kind.name!r},", next(value for value in column if type(value) is not kind.type))
        for value in column if types & {int, float, str} else ():
            if not _is_in_range(value, kind.name):
                raise damaged(f"a field, {kind.name!r},", value)


def _is_in_range(value: object, name: str) -> bool:
    if type(value) is int:
        return -MOST < value < MOST
    if type(value) is float:
        return 0 <= value < (_LONGEST if name in _LENGTHS else LATEST)
    return "\0" not in value if isinstance(value, str) else True
