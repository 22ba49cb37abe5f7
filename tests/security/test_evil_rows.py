"""Rows that somebody else has written into any column of either database: no command executes what they say.

The audit hook objects to each import, evaluation, program and opened file whose name a row has (see
``tests/audited/audit_hook.py``), and the planted module touches a canary if it is imported after all.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from sequent.runtime.store.sql.seals import sealed
from sequent.runtime.store.sql.statement_sources.tables import metadata
from tests.acceptance.test_altered_rows import unruled
from tests.acceptance.test_harmless import HARMFUL
from tests.audited.audit_hook import PLANTED
from tests.called import called
from tests.sealing import seal_anew

FLOW = Path(__file__).with_name("plain_flow.py")
TEXTS = [
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if column.type.python_type in (str, bytes)
]
VALUES = frozenset({"result", "item", "items", "problem", "log", "part"})
READING = (
    *(["ls"], ["show", "r00001", "-v"], ["show", "--json"], ["logs"], ["graph", "r00001", "--format", "json"]),
    *(["why", "r00001", "region.send/1.2"], ["why", "r00001", "fail", "--json"]),
)

TRIED = ("fetch", "grid.cell/1.1", "region.send/1.2", "fail")


class Evil:
    def __reduce__(self):
        return os.system, (f"touch {PLANTED}.ran",)


def target(**fields: object) -> str:
    """A flow elsewhere: the planted module, or a command as if it were one."""
    return json.dumps(
        {"flow": "rich", "file": f"{PLANTED}.py", "module": PLANTED, "attribute": "rich", "cwd": "/"} | fields
    )


EVIL = (
    target(),
    target(file="", module="os", attribute=f"system('touch {PLANTED}.ran')"),
    target(is_script=True, argv=["python", f"{PLANTED}.py"]),
    f'["../../{PLANTED}.log",0,1,0]',
    json.dumps({"$k": ["r00001", "fetch", "1", 1, "0" * 64, base64.b64encode(pickle.dumps(Evil())).decode()]}),
    f"__import__({PLANTED!r})\x1b]0;{PLANTED}\x07",
    f"'); DROP TABLE run; -- {PLANTED}",
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    """A directory with a store in which the only run has failed, the flow, and the planted module."""
    directory = tmp_path_factory.mktemp("evil")
    shutil.copy(FLOW, directory / "flow.py")
    (directory / f"{PLANTED}.py").write_text(f'open("{directory}/canary", "w").close()\nfrom flow import rich\n')
    before = Path.cwd()
    os.chdir(directory)
    try:
        assert called(["run", "flow.py:rich", "--store", "s.db"])[0] == 1
    finally:
        os.chdir(before)
    return directory


def check_commands(store: str, directory: Path, recovers: list[str], what: str, number: int) -> None:
    """Check that no command executes anything, or steers the terminal; all end with a code of theirs."""
    for words in (READING[number % len(READING)], READING[1], recovers, ["try", "r00001", TRIED[number % len(TRIED)]]):
        (directory / "loaded").unlink(missing_ok=True)
        code, out, said = called([*words, "--store", store])
        told = f"{what}, {' '.join(words)}: {code}\n{out[-1500:]}\n{said[-1500:]}"
        assert code in (0, 1, 2, 4), told
        assert "Sequent itself failed" not in out + said, told
        assert HARMFUL.search(out + said) is None, told
        assert not [*directory.glob(f"{PLANTED}.ran")], told
        assert not (directory / "canary").exists(), told
        assert words[0] in ("recover", "try") or not (directory / "loaded").exists(), told


@pytest.mark.parametrize("number", range(len(EVIL)))
def test_no_command_does_what_a_row_of_a_file_says(number, runs, tmp_path, monkeypatch):
    monkeypatch.chdir(runs)
    for at, (table, column) in enumerate(TEXTS):
        if (at + number) % 4 and column not in ("target", "log", "result", "owner"):
            continue
        shutil.copy("s.db", "copy.db")
        text = sealed(EVIL[number]) if column in VALUES else EVIL[number]
        with closing(sqlite3.connect("copy.db", isolation_level=None)) as connection:
            unruled(connection)
            changed = connection.execute(f"UPDATE {table} SET {column} = ?", (text,)).rowcount
            # A user who can also seal the file is trusted: a recovery loads the flow from the place that it names.
            if at % 2 and column != "target":
                try_to(seal_anew, connection)
        if changed:
            recovers = ["recover", "r00001", *([] if column == "target" else ["--plan"])]
            check_commands("copy.db", runs, recovers, f"{table}.{column} = {EVIL[number]!r}", at)
    (runs / "copy.db").unlink(missing_ok=True)


def try_to(act: Callable[[sqlite3.Connection], None], connection: sqlite3.Connection) -> None:
    try:
        act(connection)
    except (sqlite3.Error, TypeError):
        # What cannot be summed up is left as it is.
        return


@pytest.fixture(scope="module")
def server(cluster) -> Iterator[tuple[psycopg.Connection, str]]:
    """A connection to a database in PostgreSQL as somebody else has one, and the address of the store there."""
    database = cluster.new_database()
    with psycopg.connect(cluster.url(database), autocommit=True) as connection:
        yield connection, cluster.url(database)


def test_no_command_does_what_a_row_of_a_database_on_a_server_says(server, runs, monkeypatch):
    connection, url = server
    monkeypatch.chdir(runs)
    assert called(["run", "flow.py:rich", "--store", url])[0] == 1
    (schema,) = connection.execute(
        "SELECT table_schema FROM information_schema.tables WHERE table_name = 'attempt'"
    ).fetchone()
    connection.execute(f'SET search_path TO "{schema}"')
    connection.execute("SET session_replication_role = replica")
    for at, (table, column) in enumerate(TEXTS):
        evil = EVIL[at % len(EVIL)]
        connection.execute(f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {table}")
        text: object = sealed(evil) if column in VALUES else evil
        text = text.encode() if column == "token" else text
        changed = connection.execute(f"UPDATE {table} SET {column} = %s", (text,)).rowcount
        if changed:
            check_commands(url, runs, ["recover", "--plan", "r00001"], f"{table}.{column} = {evil!r}", at)
            connection.execute(f"DELETE FROM {table}")
            connection.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept")
        connection.execute("DROP TABLE kept")
    code, _, said = called(["recover", "r00001", "--store", url])
    assert (code, "not loaded from the place in the store" in said) == (2, True), said


@pytest.mark.parametrize("place", [{"module": "os", "attribute": "system", "file": ""}, {"attribute": "plain"}])
def test_a_run_whose_flow_is_another_now_is_not_recovered_with_it(place, runs, monkeypatch):
    monkeypatch.chdir(runs)
    shutil.copy("s.db", "copy.db")
    with closing(sqlite3.connect("copy.db", isolation_level=None)) as connection:
        (text,) = connection.execute("SELECT target FROM request").fetchone()
        connection.execute("UPDATE request SET target = ?", (json.dumps(json.loads(text) | place),))
        seal_anew(connection)
    code, out, said = called(["recover", "r00001", "--store", "copy.db"])
    assert (code, out) in ((1, ""), (2, "")), said
    assert "error:" in said
    (runs / "copy.db").unlink()
