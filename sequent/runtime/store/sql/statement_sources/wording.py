"""Writes the file with all statements in the SQL of one database, to be read from top to bottom."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Double, Integer, LargeBinary, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.selectable import SelectBase

from sequent.runtime.store.sql.statement_sources import (
    checking,
    holds,
    interventions,
    looking,
    open_part,
    pools,
    pruning,
    reading,
    runs,
    server,
    stories,
    tables,
    writing,
)
from sequent.runtime.store.sql.statement_sources.naming import NamedStatement

CHAPTERS = (runs, writing, reading, open_part, looking, holds, pools, interventions, stories, checking, pruning)
_CLAUSE = re.compile(r" (?=(?:SET|VALUES|WHERE|GROUP BY|ORDER BY|ON CONFLICT|LEFT OUTER JOIN) )")
_TYPES: tuple[tuple[Any, str], ...] = ((Integer, "int"), (Text, "str"), (Double, "float"), (LargeBinary, "bytes"))


def texts() -> tuple[str, str]:
    """Return the texts of the files of SQLite and of PostgreSQL."""
    of_sqlite: Dialect = sqlite.dialect(paramstyle="qmark")  # type: ignore[no-untyped-call, unused-ignore]
    of_postgresql: Dialect = postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call, unused-ignore]
    return _text_of_all("SQLite", of_sqlite), _text_of_all("PostgreSQL", of_postgresql, is_server=True)


def _text_of_all(database: str, dialect: Dialect, *, is_server: bool = False) -> str:
    """Return the text of the file."""
    command = "python -m sequent.runtime.store.sql.statement_sources"
    parts = [f"-- All statements in the SQL of {database}, made from those in sql/statement_sources by: {command}"]
    parts += ["-- == The tables ==", *_tables(dialect, is_server=is_server)]
    for module in (*CHAPTERS, *([server] if is_server else [])):
        parts.append(f"-- == {module.CHAPTER.title} ==")
        parts += [_text_of(named, dialect) for named in module.CHAPTER.statements()]
    return "\n\n".join(parts) + "\n"


def _tables(dialect: Dialect, *, is_server: bool) -> Iterator[str]:
    for table in (*tables.metadata.sorted_tables, *(server.metadata.sorted_tables if is_server else [])):
        text = str(CreateTable(table).compile(dialect=dialect)).strip().replace("\t", "    ")
        yield f"-- create_{table.name}\n" + "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
    yield f"-- create_frame_by_id\n{CreateIndex(tables.frame_by_id).compile(dialect=dialect)}"


def _text_of(named: NamedStatement, dialect: Dialect) -> str:
    """Return a statement under its name and purpose, with the columns of its answer.

    Raises:
        AssertionError: it takes other values than declared, or in another order.
    """
    lines = [f"-- {named.name}: {named.purpose}"]
    if not isinstance(named.statement, ClauseElement):
        text = named.statement if isinstance(named.statement, str) else named.statement(dialect.name)
        return "\n".join([*lines, *map(_wrapped, _with_values(text, dialect).splitlines())])
    compiled: Any = named.statement.compile(dialect=dialect)
    if tuple(compiled.positiontup or ()) != named.values:
        raise AssertionError(f"{named.name} takes {compiled.positiontup}, not {named.values}:\n{compiled}")
    if isinstance(named.statement, SelectBase):
        lines.append(f"-- gives {', '.join(map(_kind, named.statement.selected_columns))}")
    return "\n".join([*lines, *(_wrapped(line.strip()) for line in str(compiled).splitlines())])


def _with_values(text: str, dialect: Dialect) -> str:
    """Return a text with the signs that stand for values in this dialect."""
    return text.replace("%", "%%").replace("?", "%s") if dialect.paramstyle == "format" else text


def _kind(column: ColumnElement[Any]) -> str:
    """Return name and type of a column; the database decides on the type of an expression, which may be null."""
    if not isinstance(column, Column):
        return f"{getattr(column, 'name', '') or 'value'} any?"
    kind = next(name for type_, name in _TYPES if isinstance(column.type, type_))
    return f"{column.name} {kind}{'?' if column.nullable else ''}"


def _wrapped(line: str) -> str:
    # No string in a statement contains a blank, so a line may be broken at any.
    clauses = _CLAUSE.sub("\n", re.sub(r"\s+", " ", line)).splitlines()
    return "\n".join(textwrap.fill(clause, 118, subsequent_indent="    ", break_long_words=False) for clause in clauses)
