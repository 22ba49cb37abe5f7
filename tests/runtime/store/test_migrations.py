"""A store that an older version has written: brought up to this one as a whole, and a copy is kept."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sequent.errors import StoreError
from sequent.model.saved import SavedTask
from sequent.model.status import RunStatus, Status
from sequent.runtime.processes.run_locks import prepare_directory, try_lock
from sequent.runtime.rows import TaskKey
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite.migrations import OLDEST
from sequent.runtime.store.sqlite.schema import VERSION
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


def columns(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table with its columns: name, type, whether it may be null, default, place in the key."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in tables}


def version(path: Path) -> int:
    """The version in the file's own header."""
    return int.from_bytes(path.read_bytes()[60:64], "big")


def test_a_store_of_an_older_version_has_the_tables_of_this_one_once_it_was_opened(old, tmp_path):
    open_store(str(old)).close()
    open_store(str(tmp_path / "new.db")).close()
    assert columns(old) == columns(tmp_path / "new.db")
    assert version(old) == version(tmp_path / "new.db")


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
    (copy,) = [path for path in old.parent.iterdir() if path.name.startswith("s.db.v")]
    assert copy.name == f"s.db.v{old_version}"
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
    before = columns(old)
    with pytest.raises(StoreError, match="of an older version, and its run 'old' is driven by process"):
        open_store(str(old))
    assert columns(old) == before
    lock.release()
    open_store(str(old)).close()
    assert columns(old) != before


def test_where_it_cannot_be_brought_up_as_a_whole_nothing_is_changed(old):
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("ALTER TABLE request ADD COLUMN origin TEXT")
    before = columns(old)
    with pytest.raises(StoreError, match="duplicate column name"):
        open_store(str(old))
    assert columns(old) == before


def open_killed(path: Path, count: int) -> int:
    """Have a process open a store, and be killed before its so manieth statement; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left, connect = [count], sqlite3.connect

    def step(_: str) -> None:
        left[0] -= 1
        if not left[0]:
            os._exit(9)

    def watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(step)
        return connection

    sqlite3.connect = watched  # type: ignore[assignment]
    try:
        open_store(str(path)).close()
    finally:
        os._exit(0)


def test_killed_at_any_statement_it_is_old_or_new_and_the_next_command_brings_it_up(old, old_version, tmp_path):
    new = tmp_path / "new.db"
    open_store(str(new)).close()
    before, after = columns(old), columns(new)
    found: list[bool] = []
    for count in itertools.count(1):
        path = tmp_path / str(count) / "s.db"
        path.parent.mkdir()
        shutil.copyfile(old, path)
        path.chmod(0o600)
        code = open_killed(path, count)
        assert columns(path) in (before, after)
        found.append(columns(path) == after)
        open_store(str(path)).close()
        assert columns(path) == after
        names = [name for name in path.parent.iterdir() if ".v" in name.name or name.name.endswith(".new")]
        assert {version(name) for name in names} == {old_version}
        if code == 0:
            break
        assert code == 9
    assert found == sorted(found)
    assert found.count(False) > 20
    assert found.count(True) > 1
