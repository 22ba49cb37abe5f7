"""Compiles statements of SQLAlchemy Core to the text that SQLite takes, with positional values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import REAL, BindParameter, Column, Integer, LargeBinary, Table, Text, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import SelectBase

from sequent.runtime.store.sqlite.fields import ColumnType

_DIALECT = sqlite.dialect(paramstyle="qmark")  # type: ignore[no-untyped-call, unused-ignore]


COLUMN_TYPES: dict[str, tuple[ColumnType, ...]] = {}
"""By text of a question, what the columns of its answer hold."""
_TYPES: dict[Any, type] = {Integer: int, Text: str, REAL: float, LargeBinary: bytes}


def _kind(column: ColumnElement[Any]) -> ColumnType:
    """That of a column of ours; an expression may be null, and is whatever SQLite makes of it."""
    if not isinstance(column, Column):
        return ColumnType(getattr(column, "name", "") or "", None, is_nullable=True)
    return ColumnType(column.name, _TYPES[type(column.type)], bool(column.nullable))


def text_of(statement: ClauseElement, names: str) -> str:
    """The text, with a question mark for each of these names, in this order.

    Raises:
        AssertionError: the statement takes other values, or in another order.
    """
    compiled: Any = statement.compile(dialect=_DIALECT)
    if isinstance(statement, SelectBase):
        COLUMN_TYPES[str(compiled)] = tuple(_kind(column) for column in statement.selected_columns)
    order = " ".join(compiled.positiontup or ())
    if order != names:
        raise AssertionError(f"the statement takes {order!r}, not {names!r}:\n{compiled}")
    return str(compiled)


def given(names: str) -> dict[str, BindParameter[Any]]:
    """A value for each of these columns."""
    return {name: bindparam(name) for name in names.split()}


def is_given(column: Column[Any]) -> ColumnElement[bool]:
    """That a column has the value that is given as ``the_`` and its name."""
    return column == bindparam(f"the_{column.name}")


def is_row(table: Table) -> list[ColumnElement[bool]]:
    """That each column of a table's key has the value that is given for it."""
    return [is_given(column) for column in table.primary_key]


def key_of(table: Table) -> str:
    """The names of the values that ``is_row`` takes."""
    return " ".join(f"the_{column.name}" for column in table.primary_key)
