"""The files with the statements of each database: made from those that Core has, complete, and read in their place."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from sequent.runtime.store import open_store
from sequent.runtime.store.postgresql import schema as postgresql
from sequent.runtime.store.sql.statement_sources.wording import texts
from sequent.runtime.store.sqlite.schema import STATEMENTS, creation, statements
from tests.contracts.plans import create

STORE = Path(STATEMENTS).parents[1]
ROOMS = ("sql", "sqlite", "postgresql")
SOURCES = "".join(file.read_text() for room in ROOMS for file in (STORE / room).glob("*.py"))


@pytest.mark.parametrize(("place", "file"), [*enumerate((STATEMENTS, postgresql.STATEMENTS))])
def test_the_files_are_what_core_says(place, file):
    assert Path(file).read_text() == texts()[place], "python -m sequent.runtime.store.sql.statement_sources"


@pytest.fixture(scope="module")
def in_postgresql(cluster):
    """A connection to the tables of a store whose schema has an awkward name."""
    statements = postgresql.SchemaStatements(SCHEMA)
    with psycopg.connect(cluster.url(cluster.new_database()), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {postgresql.quoted(SCHEMA)}", ())
        for text in statements.creation():
            connection.execute(text, ())
        yield connection


SCHEMA = 'a "b" 100%s; FROM run'
PLAIN = postgresql.SchemaStatements(SCHEMA)


def test_each_statement_has_a_place_where_it_is_used_and_each_name_a_statement():
    names = {name for name in PLAIN if not name.startswith(("create_", "prune_"))}
    assert {name for name in names if f'"{name}"' not in SOURCES} == set()
    called = re.findall(r'\.(?:rows?|row_at_once|unchecked|stream|execute|write)\(\s*"(\w+)"', SOURCES)
    assert set(called) - {*PLAIN, "PRAGMA", "COMMIT", "ROLLBACK", "BEGIN"} == set()
    assert set(statements()) < set(PLAIN)


@pytest.mark.parametrize("name", [name for name in PLAIN if not name.startswith("create_")])
def test_postgresql_takes_each_statement_and_gives_the_columns_that_stand_above_it(name, in_postgresql):
    statement = PLAIN[name]
    numbers = iter(range(1, 100))
    text = re.sub(r"%[s%]", lambda found: "%" if found[0] == "%%" else f"${next(numbers)}", statement.text)
    prepared = in_postgresql.pgconn.prepare(b"", text.encode())
    assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, prepared.error_message.decode()
    if statement.columns:
        answer = in_postgresql.pgconn.describe_prepared(b"")
        names = [answer.fname(place).decode() for place in range(answer.nfields)]
        told = zip(statement.columns, names, strict=True)
        assert [(column.name, its) for column, its in told if column.type and column.name != its] == []


@pytest.mark.parametrize("name", [name for name in statements() if not name.startswith("create_")])
def test_sqlite_takes_each_statement_and_gives_the_columns_that_stand_above_it(name):
    statement = statements()[name]
    with closing(sqlite3.connect(":memory:")) as connection:
        for text in creation():
            connection.execute(text)
        explain = "" if statement.columns else "EXPLAIN "
        cursor = connection.execute(explain + statement.text, [1] * statement.text.count("?"))
        if statement.columns:
            told = zip(statement.columns, cursor.description, strict=True)
            assert [(column.name, its[0]) for column, its in told if column.type and column.name != its[0]] == []


COMMANDS = [("run", "small.py:small"), ("ls",), ("show", "latest"), ("logs", "latest"), ("recover", "latest")]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_no_command_loads_what_builds_statements(words, tmp_path):
    (tmp_path / "small.py").write_text(
        "from sequent import container, step\n\n\n@container\nclass small:\n    @step\n    def a(self) -> None: ...\n"
    )
    if words[0] != "run":
        with closing(open_store(str(tmp_path / "s.db"))) as store:
            create(store)
    code = (
        f"import json, sys; from sequent.cli import main; main({[*words, '--store', 's.db']!r}); "
        "print(json.dumps([*sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = json.loads(done.stdout.splitlines()[-1])
    assert "sequent.runtime.store.sqlite.store" in modules
    assert [
        name
        for name in modules
        if name.startswith(("sqlalchemy", "psycopg", "sequent.runtime.store.sql.statement_sources"))
    ] == []
