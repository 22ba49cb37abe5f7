"""Compiles statements of SQLAlchemy Core to the text that SQLite takes, with positional values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Column, Table, bindparam
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import ClauseElement

_DIALECT = sqlite.dialect(paramstyle="qmark")  # type: ignore[no-untyped-call, unused-ignore]


def text_of(statement: ClauseElement, names: str) -> str:
    """The text, with a question mark for each of these names, in this order.

    Raises:
        AssertionError: the statement takes other values, or in another order.
    """
    compiled: Any = statement.compile(dialect=_DIALECT)
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
