"""The file with the statements of SQLite: made from those that Core has, complete, and read in its place."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ClauseElement

from sequent.runtime.store import open_store
from sequent.runtime.store.sql.core.wording import CHAPTERS, text_of_all
from sequent.runtime.store.sqlite.schema import STATEMENTS, creation, statements
from tests.contracts.plans import create

STORE = Path(STATEMENTS).parents[1]
SOURCES = "".join(file.read_text() for room in ("sql", "sqlite") for file in (STORE / room).glob("*.py"))


def test_the_file_is_what_core_says():
    made = text_of_all("SQLite", sqlite.dialect(paramstyle="qmark"))
    assert Path(STATEMENTS).read_text() == made, "python -m sequent.runtime.store.sql.core"


def test_each_statement_has_a_place_where_it_is_used_and_each_name_a_statement():
    names = {name for name in statements() if not name.startswith(("create_", "prune_"))}
    assert {name for name in names if f'"{name}"' not in SOURCES} == set()
    called = re.findall(r'\.(?:rows?|unchecked|stream|execute|write|insert)\(\s*"(\w+)"', SOURCES)
    assert set(called) - {*statements(), "PRAGMA", "COMMIT", "ROLLBACK", "BEGIN"} == set()


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


def test_postgresql_has_words_for_what_core_says():
    texts = [
        str(named.statement.compile(dialect=postgresql.dialect()))
        for chapter in CHAPTERS
        for named in chapter.CHAPTER.statements()
        if isinstance(named.statement, ClauseElement)
    ]
    assert len(texts) > 100


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
    assert [name for name in modules if name.startswith(("sqlalchemy", "sequent.runtime.store.sql.core"))] == []
