"""Rows that somebody else has written: whatever they hold, each command says so and ends.

The default run tries some alterations, the same ones each time; STORE_MUTATIONS=5000 tries as many as it says.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from sequent.runtime.store.sql.seals import sealed
from sequent.runtime.store.sql.statement_sources.tables import metadata
from sequent.runtime.store.sqlite.schema import statements
from tests.called import called
from tests.faults import evidence
from tests.sealing import seal_anew

MUTATIONS = int(os.environ.get("STORE_MUTATIONS", "80"))
FLOW = Path(__file__).parents[1] / "runtime" / "store" / "damaging.py"
READING = (
    *(["ls"], ["show"], ["show", "r00002", "-v", "--json"], ["logs"], ["graph", "r00002", "--format", "json"]),
    *(["why", "r00002", "send"], ["why", "r00002", "grid.inner.deep/1.2.1"], ["why", "r00002", "each/1.2", "--json"]),
    ["report", "r00002"],
)
RUNNING = (["recover"], ["recover", "--plan"], ["recover", "r00002", "--json"])
DEEP = "[" * 10_000
NUMBERS = (-1, 0, 1, 2, 7, 2**31, 2**53, 2**63 - 1, -(2**63))
TIMES = (-1.0, 0.0, 1e10, 1e14, 1e308, float("inf"), float("-inf"))
TEXTS = (
    "",
    "\0",
    "x\0y",
    "é\x1b]0;owned\x07",
    "../../../etc/passwd",
    "@" + "0" * 64,
    "latest",
    "success",
    "running",
    "suspended",
    DEEP,
    "null",
    "[]",
    "{}",
    '"x"',
    "1e999",
    "NaN",
    '{"$d":5}',
    '{"$dt":[]}',
    '{"day":"' + "[" * 100 + '"}',
    '{"flow":"flips","file":"evil.py","module":"evil","attribute":"evil"}',
    '{"flow":5,"file":[],"cwd":"\\u0000"}',
    '{"success":-1,"failure":1e99}',
    '["../../x",0,1,0]',
    '["w1.log",-5,99999999999999999999,0]',
    '{"type":"x","message":7}',
)


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Path:
    """A directory with a flow and its store, in which the latest of two runs has failed."""
    directory = tmp_path_factory.mktemp("altered")
    shutil.copy(FLOW, directory / "flow.py")
    with (directory / "flow.py").open("a") as file:
        file.write('\nPath(__file__).with_name("loaded").touch()\n')
    (directory / "evil.py").write_text('from pathlib import Path\nPath(__file__).with_name("canary").touch()\n')
    before = Path.cwd()
    os.chdir(directory)
    try:
        for _ in range(2):
            assert called(["run", "flow.py:flips", "--store", "s.db"])[0] == 1
    finally:
        os.chdir(before)
    return directory


def columns() -> list[tuple[str, str, type]]:
    """Each table with each of its columns, and what that holds."""
    return [
        (table.name, column.name, column.type.python_type)
        for table in metadata.sorted_tables
        for column in table.columns
    ]


def altered(path: Path, chance: random.Random) -> str:
    """Alter a field of a row, whatever the rules of its table say; give which, and to what."""
    table, column, kind = chance.choice(columns())
    kind = kind if chance.random() < 0.8 else chance.choice([int, float, str, bytes])
    value: Any = chance.choice({int: NUMBERS, float: TIMES, str: TEXTS, bytes: (b"", b"\xff\0")}[kind])
    if chance.random() < 0.1:
        value = None
    if chance.random() < 0.3 and isinstance(value, str) and column in ("result", "item", "items", "problem", "log"):
        value = sealed(value)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        unruled(connection)
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        if not rows:
            return ""
        text = "CAST(? AS TEXT)" if kind is bytes and chance.random() < 0.5 else "?"
        one = f"SELECT {key_of(table)} FROM {table} LIMIT 1 OFFSET {chance.randrange(rows)}"
        try:
            connection.execute(
                f"UPDATE {table} SET {column} = {text} WHERE ({key_of(table)}) = ({one})",
                (value,),
            )
        except (sqlite3.IntegrityError, OverflowError):
            return ""
        if chance.random() < 0.4:
            with suppress(sqlite3.Error, TypeError):
                seal_anew(connection)
    return f"{table}.{column} = {str(value)[:60]!r} ({kind.__name__})"


def key_of(table: str) -> str:
    return ", ".join(column.name for column in metadata.tables[table].primary_key)


def unruled(connection: sqlite3.Connection) -> None:
    """Have the tables take anything from this connection."""
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA writable_schema = ON")
    for name, text in connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall():
        loose = re.sub(r",? ?STRICT$", "", text.replace(" NOT NULL", "")).rstrip().removesuffix(",")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (loose, name))
    connection.execute("PRAGMA writable_schema = RESET")


def test_whatever_a_row_holds_each_command_says_so_and_ends(failed, tmp_path, monkeypatch):
    chance = random.Random(5)
    copy = tmp_path / "copy"
    codes: Counter[int] = Counter()
    wrong: list[str] = []
    for _ in range(MUTATIONS):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(failed, copy)
        (copy / "loaded").unlink(missing_ok=True)
        monkeypatch.chdir(copy)
        what = altered(copy / "s.db", chance)
        for words in (["ls"], chance.choice(READING), chance.choice(RUNNING)):
            reads = words in READING
            code, out, said = called([*words, "--store", "s.db"])
            told = f"{what}, {' '.join(words)}: {code}\n{out[-2000:]}\n{said[-3000:]}"
            is_right = (
                code in (0, 1, 2, 4)
                and "Sequent itself failed" not in said + out
                and "sequent/cli" not in said
                and "\x1b" not in out + said
                and not (copy / "canary").exists()
                and not (reads and (copy / "loaded").exists())
            )
            wrong += [] if is_right else [told]
            codes[code] += 1
    evidence.note(22, rows=MUTATIONS)
    assert wrong == []
    assert codes[4] > MUTATIONS // 10, codes
    assert codes[0] > MUTATIONS // 10, codes


EVIL = (
    "UPDATE run SET status = 'x' WHERE number = 1",
    "UPDATE run SET created = 1e308 WHERE number = 1",
    "UPDATE run SET id = CAST(x'ff00' AS TEXT) WHERE number = 1",
    "UPDATE run SET owner = '[' WHERE number = 1",
    "UPDATE request SET params = '{' WHERE run = 1",
    "DELETE FROM request WHERE run = 1",
)


@pytest.mark.parametrize("statement", EVIL)
def test_an_evil_row_makes_its_own_run_unreadable_and_no_other(statement, failed, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(failed, copy)
    monkeypatch.chdir(copy)
    with closing(sqlite3.connect("s.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement)
    code, out, said = called(["ls", "--store", "s.db"])
    assert (code, said) == (0, "")
    assert len(re.findall("r00002 +flips.*failure", out)) == 1
    assert len(re.findall("damaged +sequent show .* shows the problem", out)) == 1
    assert called(["show", "r00002", "--store", "s.db"])[0] == 0
    if "CAST" not in statement:
        code, out, said = called(["show", "r00001", "--store", "s.db"])
        assert (code, out) == (4, "")
        assert "error: run 'r00001' was altered or damaged: " in said


def test_every_question_to_the_store_is_known_by_the_columns_of_its_answer():
    assert {kind.name for kind in statements()["run_with_number"].columns} >= {"number", "id", "seal"}
