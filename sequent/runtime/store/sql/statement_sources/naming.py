"""Names the statements, with the values that each takes, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, Table, bindparam
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import ClauseElement

Built = tuple[ClauseElement, str]
"""A statement, and the names of its values in order."""


Worded = ClauseElement | str | Callable[[str], str]
"""A statement in Core, as text with ``?`` for values, or as such a text for the dialect of that name."""


class NamedStatement(NamedTuple):
    """A statement with its purpose and the names of its values, in order."""

    name: str
    purpose: str
    statement: Worded
    values: tuple[str, ...]


class Chapter:
    """Statements that belong together, in order."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._builds: list[tuple[str, str, Callable[[], tuple[Worded, str]]]] = []

    def named(self, build: Callable[[], Built]) -> Callable[[], Built]:
        """Add the statement that a function builds, under the function's name."""
        self._builds.append((build.__name__, build.__doc__ or "", build))
        return build

    def add(self, name: str, purpose: str, statement: Worded, values: str) -> None:
        """Add a statement."""
        self._builds.append((name, purpose, lambda: (statement, values)))

    def statements(self) -> Iterator[NamedStatement]:
        """Yield all statements."""
        for name, purpose, build in self._builds:
            statement, values = build()
            yield NamedStatement(name, purpose, statement, tuple(values.split()))


def given(names: str) -> dict[str, BindParameter[Any]]:
    """Return a parameter for each of these columns."""
    return {name: bindparam(name) for name in names.split()}


def is_given(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has the value of the parameter ``the_`` and its name."""
    return column == bindparam(f"the_{column.name}")


def is_row(table: Table) -> list[ColumnElement[bool]]:
    """Return the conditions that each column of a table's key has the value of its parameter."""
    return [is_given(column) for column in table.primary_key]


def key_of(table: Table) -> str:
    """Return the names of the parameters of ``is_row``."""
    return " ".join(f"the_{column.name}" for column in table.primary_key)


def put(table: Table, names: str) -> Built:
    """Return an insert of a row, or an update of these values if it exists."""
    keys = " ".join(column.name for column in table.primary_key)
    statement = upsert(table).values(given(f"{keys} {names}"))
    changes = {name: statement.excluded[name] for name in names.split()}
    put = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
    return put, f"{keys} {names}"
