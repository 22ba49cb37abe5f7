"""A store that an older version has written: brought up to this one as a whole, and a copy is kept."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sequent.errors import StoreError
from sequent.model.saved_state import SavedTask
from sequent.model.status import RunStatus, Status
from sequent.runtime.processes.run_locks import prepare_directory, try_lock
from sequent.runtime.rows import TaskKey
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite.schema import OLDEST, VERSION
from tests.contracts.plans import A, attempted, create, plan

WRITTEN = {number: Path(__file__).with_name(f"version_{number}.sql") for number in range(OLDEST, VERSION)}
"""What each older version wrote for a run that has failed: its tables, and one of every kind of row."""


@pytest.fixture(params=WRITTEN)
def old_version(request: pytest.FixtureRequest) -> int:
    """An older version."""
    return int(request.param)


@pytest.fixture
def old(tmp_path: Path, old_version: int) -> Path:
    """A store of that version."""
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(WRITTEN[old_version].read_text())
        connection.execute("PRAGMA journal_mode = WAL")
    path.chmod(0o600)
    return path


def tables(path: Path) -> dict[str, list[list[tuple[object, ...]]]]:
    """Every table: whether it is strict and has row ids, its columns, the tables that it points to, its indices."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        pragmas = ("table_list", "table_info", "foreign_key_list", "index_list")
        return {name: [connection.execute(f"PRAGMA {it}({name})").fetchall() for it in pragmas] for name in names}


def version(path: Path) -> int:
    """The version in the file's own header."""
    return int.from_bytes(path.read_bytes()[60:64], "big")


def test_a_store_of_an_older_version_has_the_tables_of_this_one_once_it_was_opened(old, tmp_path):
    store = open_store(str(old))
    # Also in the file itself, for who reads no more than its header.
    assert version(old) == VERSION
    store.close()
    open_store(str(tmp_path / "new.db")).close()
    assert tables(old) == tables(tmp_path / "new.db")


def test_its_runs_are_what_they_were_and_can_be_recovered(old):
    store = open_store(str(old))
    record = store.find("old")
    assert (record.status, record.counts) == (RunStatus.FAILURE, {Status.SUCCESS: 3, Status.FAILURE: 1})
    problems = [told.problem for told in store.attempts(record) if told.problem is not None]
    assert [(problem.type, problem.line, problem.types) for problem in problems] == [("ValueError", 3, ())]
    run = store.take("old")
    saved = run.saved(plan())
    assert saved is not None
    assert saved.tasks[A] == SavedTask(Status.SUCCESS, 1)
    assert run.result(TaskKey(1, A, 0)) == '"kept"'
    attempted(run, TaskKey(1, A, 0), attempt=2, result='"new"')
    assert run.result(TaskKey(1, A, 0)) == '"new"'
    attempted(create(store), TaskKey(1, A, 0))
    store.close()


def test_a_copy_of_it_is_kept_as_it_was_and_only_one(old, old_version):
    with closing(sqlite3.connect(old)) as connection:
        before = list(connection.iterdump())
    open_store(str(old)).close()
    open_store(str(old)).close()
    copy = old.parent / f"s.db.v{old_version}"
    assert {path for path in old.parent.iterdir() if path.is_file()} == {old, copy}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert version(copy) == old_version
    with closing(sqlite3.connect(copy)) as connection:
        assert list(connection.iterdump()) == before


def test_an_older_copy_is_not_overwritten(old, old_version):
    copy = old.parent / f"s.db.v{old_version}"
    copy.write_text("precious")
    open_store(str(old)).close()
    assert copy.read_text() == "precious"
    assert version(old.parent / f"s.db.v{old_version}-2") == old_version


def test_a_store_is_left_as_it_was_while_one_of_its_runs_is_driven(old):
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE run SET status = 'running'")
    for directory in (old.parent / "s.db.runs", old.parent / "s.db.runs" / "1"):
        prepare_directory(str(directory))
    lock = try_lock(str(old.parent / "s.db.runs" / "1" / "driver.lock"), "{}")
    assert lock is not None
    before = tables(old)
    with pytest.raises(StoreError, match="of an older version, and its run 'old' is driven by process"):
        open_store(str(old))
    assert tables(old) == before
    lock.release()
    open_store(str(old)).close()
    assert tables(old) != before


def test_where_it_cannot_be_brought_up_as_a_whole_nothing_is_changed(old):
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE note (run INTEGER)")
    before = tables(old)
    with pytest.raises(StoreError, match="already exists"):
        open_store(str(old))
    assert tables(old) == before


def traced(step: Callable[[str], None]) -> Callable[..., sqlite3.Connection]:
    """Connects as SQLite does, and calls ``step`` before each statement."""
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(step)
        return connection

    return connected


def open_killed(path: Path, count: int = 0) -> int:
    """Have a process open a store, and be killed before its so manieth statement, if at all; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left = [count]

    def step(_: str) -> None:
        left[0] -= 1
        if not left[0]:
            os._exit(9)

    sqlite3.connect = traced(step)  # type: ignore[assignment]
    try:
        open_store(str(path)).close()
    finally:
        os._exit(0)


def test_where_another_process_is_faster_it_is_brought_up_once(old, old_version, monkeypatch):
    codes: list[int] = []

    def overtake(statement: str) -> None:
        if statement == "BEGIN IMMEDIATE" and not codes:
            monkeypatch.undo()
            codes.append(open_killed(old))

    monkeypatch.setattr("sqlite3.connect", traced(overtake))
    store = open_store(str(old))
    assert codes == [0]
    assert store.find("old").status is RunStatus.FAILURE
    store.close()
    assert [path.name for path in old.parent.iterdir() if ".v" in path.name] == [f"s.db.v{old_version}"]


def test_killed_at_any_statement_it_is_old_or_new_and_the_next_command_brings_it_up(old, old_version, tmp_path):
    new = tmp_path / "new.db"
    open_store(str(new)).close()
    before, after = tables(old), tables(new)
    found: list[bool] = []
    for count in itertools.count(1):
        path = tmp_path / str(count) / "s.db"
        path.parent.mkdir()
        shutil.copyfile(old, path)
        path.chmod(0o600)
        code = open_killed(path, count)
        assert tables(path) in (before, after)
        found.append(tables(path) == after)
        open_store(str(path)).close()
        assert tables(path) == after
        names = [name for name in path.parent.iterdir() if ".v" in name.name or name.name.endswith(".new")]
        assert {version(name) for name in names} == {old_version}
        if code == 0:
            break
        assert code == 9
    assert found == sorted(found)
    assert found.count(False) > 20
    assert found.count(True) > 1
