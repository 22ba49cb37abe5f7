"""Old runs go, with all that they have left; killed at any moment, the next that prunes ends it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from sequent.errors import StoreError
from sequent.model.status import RunStatus, Status
from sequent.runtime.pruning import OldRun, PruneRule, old_runs
from sequent.runtime.rows import Batch, RepeatOpening, RunEnd, Wait
from sequent.runtime.store import open_store
from sequent.runtime.store.sql import pruning
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sqlite.location import Location
from sequent.runtime.store.sqlite.store import SqliteStore
from tests.contracts.plans import GRID, attempted, create
from tests.runtime.store.files import TASK_A

ALL = PruneRule(older_than=0)
DAY = 86_400.0
TABLES = "attempt frame repeat wait hold ticket pool request".split()


def ended(store: Any, status: RunStatus = RunStatus.SUCCESS, *, flow: str = "small", large: bool = False) -> str:
    """Make a run that has a row of each kind, and ended so; its id."""
    run = create(store, flow=flow)
    attempted(run, TASK_A, result='"' + "x" * (2_000_000 if large else 3) + '"')
    run.commit(
        Batch(
            repeats=[RepeatOpening(1, GRID, "[1]")],
            waits=[Wait(TASK_A, 2, "boot", 1.0, 2.0, 3.0)],
            end=RunEnd(status, {Status.SUCCESS: 1}),
        )
    )
    (Path(run.directory) / "logs" / "w1.log").write_bytes(b"x" * 10_000)
    run.close()
    return run.record.id


def rows_of(path: Path, number: int) -> dict[str, int]:
    """How many rows a run has, by table."""
    with closing(sqlite3.connect(path)) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table} WHERE run = ?", (number,)).fetchone()[0]
            for table in TABLES
        }
        counts["run"] = connection.execute("SELECT count(*) FROM run WHERE number = ?", (number,)).fetchone()[0]
        # The row of the highest number stays, so that none is used twice.
        last = connection.execute("SELECT number, status, id FROM run ORDER BY number DESC").fetchone()
        if last == (number, "pruned", f"-{number}"):
            del counts["run"]
    return {table: count for table, count in counts.items() if count}


def test_a_run_goes_with_its_rows_its_files_and_its_definition(tmp_path):
    path = tmp_path / "s.db"
    with closing(open_store(str(path))) as store:
        ended(store, large=True)
        kept = ended(store, flow="other")
        pruned = store.prune(PruneRule(older_than=0, flow="small"))
        assert [(run.id, run.status) for run in pruned.runs] == [("r00001", RunStatus.SUCCESS)]
        assert pruned.size >= 2_000_000
        assert [run.id for run in store.runs()] == [kept]
        assert rows_of(path, 1) == {}
        assert rows_of(path, 2) == {"attempt": 1, "frame": 1, "repeat": 1, "wait": 1, "request": 1, "run": 1}
        assert sorted(os.listdir(tmp_path / "s.db.runs")) == ["2"]
        store.prune(ALL)
        assert store.runs() == []
        assert (rows_of(path, 1), rows_of(path, 2)) == ({}, {})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM definition").fetchone() == (1,)


def test_no_number_and_no_id_is_given_a_second_time_but_one_that_was_chosen_can_be(tmp_path):
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        names = [ended(store) for _ in range(3)]
        store.prune(ALL)
        names += [ended(store) for _ in range(2)]
        store.prune(ALL)
        store.prune(ALL)
        names.append(ended(store))
        assert names == ["r00001", "r00002", "r00003", "r00004", "r00005", "r00006"]
        create(store, "mine").close()
        store.prune(ALL)
        assert create(store, "mine").record.number == 8
        store.prune(ALL)
        assert [run.id for run in store.runs()] == ["mine"]
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        assert connection.execute("SELECT number FROM run").fetchall() == [(8,)]


def test_a_run_that_is_driven_stays_and_so_does_one_of_which_an_agent_is_left(tmp_path):
    from sequent.runtime.processes.run_locks import agent_lock, try_lock

    with closing(open_store(str(tmp_path / "s.db"))) as store:
        driven = create(store)
        left = ended(store)
        lock = try_lock(agent_lock(str(tmp_path / "s.db.runs" / "2")), "{}")
        assert lock is not None
        pruned = store.prune(ALL)
        assert pruned.runs == ()
        assert sorted(pruned.busy) == [driven.record.id, left]
        assert {run.id for run in store.runs()} == {driven.record.id, left}
        attempted(driven, TASK_A)
        lock.release()
        assert [run.id for run in store.prune(ALL).runs] == [left]


def test_a_dry_one_removes_nothing_and_says_what_it_would(tmp_path):
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        names = [ended(store), ended(store)]
        pruned = store.prune(PruneRule(older_than=0, is_dry=True))
        assert sorted(run.id for run in pruned.runs) == names
        assert min(run.size for run in pruned.runs) >= 10_000
        assert sorted(run.id for run in store.runs()) == names


def test_logs_and_scratch_directories_that_lie_elsewhere_go_too_and_nothing_that_is_not_the_runs(tmp_path):
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        run = ended(store)
        elsewhere = tmp_path / "logs" / f"small-{run}"
        elsewhere.mkdir(parents=True)
        (elsewhere / "w1.log").write_bytes(b"x" * 5000)
        precious = tmp_path / "precious"
        precious.mkdir()
        directory = tmp_path / "s.db.runs" / "1"
        (directory / "logs" / "w1.log").unlink()
        (directory / "logs").rmdir()
        (directory / "logs").symlink_to(elsewhere)
        (directory / "scratch").symlink_to(precious)
        locked = directory / "locked"
        locked.mkdir()
        (locked / "file").touch()
        locked.chmod(0o500)
        assert len(store.prune(ALL).runs) == 1
    assert not elsewhere.exists()
    assert precious.is_dir()
    assert os.listdir(tmp_path / "s.db.runs") == []


@contextmanager
def _killed_at(count: int) -> Iterator[None]:
    """End this process before its so manieth transaction or removal of a directory."""
    left = [count]
    begin, remove = Session.transaction, pruning._remove_tree

    def step() -> None:
        left[0] -= 1
        if not left[0]:
            os._exit(9)

    @contextmanager
    def counted(self):
        step()
        with begin(self):
            yield
        step()

    def removed(path):
        step()
        remove(path)

    Session.transaction, pruning._remove_tree = counted, removed
    yield


def test_killed_at_any_moment_a_run_is_there_as_a_whole_or_not_at_all_and_the_next_ends_it(tmp_path):
    kills = 0
    for count in range(1, 100):
        path = tmp_path / str(count) / "s.db"
        path.parent.mkdir()
        with closing(open_store(str(path))) as store:
            ended(store)
            ended(store, large=True)
        pid = os.fork()
        if pid == 0:
            with _killed_at(count):
                open_store(str(path)).prune(ALL)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with closing(open_store(str(path))) as store:
            for record in store.runs():
                assert store.look(record).successes() == 1
            assert isinstance(store, SqliteStore)
            assert list(store.problems()) == []
            store.prune(ALL)
            assert store.runs() == []
        assert (rows_of(path, 1), rows_of(path, 2)) == ({}, {})
        assert os.listdir(path.parent / "s.db.runs") == []
        if code == 0:
            break
        assert code == 9
        kills += 1
    assert kills > 20


def run_of(number: int, status: RunStatus = RunStatus.SUCCESS, *, flow: str = "a", age: float = 10) -> OldRun:
    return OldRun(number=number, id=f"r{number}", flow=flow, status=status, ended=100 * DAY - age * DAY)


RUNS = [
    run_of(9, age=1),
    run_of(8, RunStatus.FAILURE, age=40),
    run_of(7, RunStatus.RUNNING, age=40),
    run_of(6, RunStatus.SUSPENDED, age=40),
    run_of(5, flow="b", age=40),
    run_of(4, RunStatus.STOPPED, age=40),
    run_of(3, age=50),
    run_of(2, flow="b", age=60),
]
RULES = {
    "all that is old": (PruneRule(older_than=30 * DAY), [8, 7, 5, 4, 3, 2]),
    "the age to the second": (PruneRule(older_than=50 * DAY), [3, 2]),
    "what has succeeded": (PruneRule(older_than=30 * DAY, keep_failed=True), [5, 3, 2]),
    "one flow": (PruneRule(older_than=30 * DAY, flow="b"), [5, 2]),
    "but the latest of each flow": (PruneRule(keep=1), [8, 7, 4, 3, 2]),
    "both": (PruneRule(older_than=45 * DAY, keep=2), [3]),
    "however young": (PruneRule(older_than=0), [9, 8, 7, 5, 4, 3, 2]),
}


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_removes(name):
    rule, numbers = RULES[name]
    assert [run.number for run in old_runs(RUNS, rule, 100 * DAY)] == numbers


def test_an_interrupted_run_is_as_old_as_the_last_that_was_written_of_it(tmp_path):
    now = [1_000_000.0]
    path = str(tmp_path / "s.db")
    with closing(SqliteStore(Location(path, is_default=False), now=lambda: now[0])) as store:
        run = create(store)
        run.close()
        assert store.find("latest").status is RunStatus.INTERRUPTED
        commits = tmp_path / "s.db.runs" / "1" / "commits"
        os.utime(commits, (now[0], now[0]))
        now[0] += 10 * DAY
        assert store.prune(PruneRule(older_than=11 * DAY)).runs == ()
        (pruned,) = store.prune(PruneRule(older_than=9 * DAY)).runs
        assert (pruned.status, pruned.ended) == (RunStatus.INTERRUPTED, 1_000_000.0)


def test_a_copy_is_whole_with_its_large_values_and_its_runs_can_be_taken_up(tmp_path):
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        ended(store, RunStatus.FAILURE, large=True)
        driven = create(store)
        attempted(driven, TASK_A)
        assert isinstance(store, SqliteStore)
        made = store.back_up(str(tmp_path / "copy.db"))
        attempted(driven, TASK_A, attempt=2)
    assert (made.runs, made.size > 2_000_000) == (2, True)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with closing(open_store(str(tmp_path / "copy.db"))) as copy:
        assert isinstance(copy, SqliteStore)
        assert list(copy.problems()) == []
        assert [run.status for run in copy.runs()] == [RunStatus.INTERRUPTED, RunStatus.FAILURE]
        run = copy.take("r00001")
        text = run.result(TASK_A)
        assert text is not None
        assert len(text) == 2_000_002
        attempted(run, TASK_A, attempt=2)


@pytest.mark.parametrize("name", ["copy.db", "copy.db.runs", "copy.db-wal"])
def test_a_copy_overwrites_nothing(name, tmp_path):
    (tmp_path / name).touch()
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        ended(store)
        assert isinstance(store, SqliteStore)
        with pytest.raises(StoreError, match=rf"copy\.db.*{'left' if 'wal' in name else 'exists already'}"):
            store.back_up(str(tmp_path / "copy.db"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["s.db", "s.db.runs", name])


def test_a_check_finds_a_value_whose_file_has_changed_and_a_text_that_has(tmp_path):
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        ended(store, large=True)
        ended(store)
        (value,) = (tmp_path / "s.db.runs" / "1" / "values").iterdir()
        value.write_bytes(value.read_bytes().replace(b"xx", b"xy", 1))
        with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
            connection.execute("UPDATE attempt SET result = replace(result, 'xxx', 'xyx') WHERE run = 2")
        assert isinstance(store, SqliteStore)
        first, second = store.problems()
    assert first.startswith("run 'r00002' was altered or damaged: the store has a value that cannot be read")
    assert second.startswith("run 'r00001' was altered or damaged: the value in ")
