"""Rows that do not fit one another: named, before a recovery runs anything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.model.outcome import Problem
from sequent.model.status import Status
from sequent.runtime.rows import Batch, ContainerProblem, Ending, Hold, TaskKey, Wait
from sequent.runtime.store import open_store
from tests.contracts.plans import GRID, A, B, attempted, create
from tests.runtime.store.damaging import LEDGER, copied, make_failed, recovered
from tests.sealing import tally_of

# The nodes are the flow, fetch, grid, cell, inner, deep, each (the repeat and the step), send and report.
NODES = "flow fetch grid grid.cell grid.inner grid.inner.deep each each send report".split()


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Path:
    return make_failed(tmp_path_factory.mktemp("failed"))


def damaged(failed: Path, to: Path, *statements: str) -> str:
    """What a recovery says once the latest run's rows were altered so."""
    path = copied(failed, to)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        nodes = connection.execute("SELECT path FROM node WHERE definition = 1 ORDER BY id").fetchall()
        assert [name or "flow" for (name,) in nodes] == NODES
        for statement in statements:
            assert connection.execute(f"{statement} AND run = 2").rowcount > 0
    told = recovered(path)
    assert LEDGER == []
    return told


NAMED = {
    "UPDATE frame SET id = 22 WHERE id = 2": "an attempt of 'grid.cell' is in iteration 2, which is missing",
    "UPDATE frame SET parent = 9 WHERE id = 3": "iteration 3 of 'grid",
    "UPDATE attempt SET node = 9 WHERE node = 5 AND frame > 1": "an attempt of 'report' is in iteration",
    "UPDATE attempt SET node = 77 WHERE node = 3": "an attempt is of node 77, which cannot have one",
    "UPDATE attempt SET node = 2 WHERE node = 3": "an attempt is of node 2, which cannot have one",
    "UPDATE attempt SET frame = 40 WHERE node = 1": "an attempt of 'fetch' is in iteration 40, which is missing",
    "UPDATE frame SET node = 4 WHERE node = 2": "iteration",
    "UPDATE repeat SET frame = 6 WHERE node = 6": "a repeat of 'each' is in iteration 6 of 'grid",
    "UPDATE frame SET parent = 0 WHERE id = 5": "iteration 5 of ",
}


@pytest.mark.parametrize("statement", NAMED)
def test_rows_that_stand_where_they_cannot_are_named(statement, failed, tmp_path):
    told = damaged(failed, tmp_path / "copy", statement)
    assert "the rows of the run contradict one another: " in told
    assert NAMED[statement] in told
    assert "nothing was run" in told


GONE = {
    "DELETE FROM attempt WHERE node = 1": "rows were written, and",
    "DELETE FROM repeat WHERE node = 2": "rows were written, and",
    "DELETE FROM attempt WHERE node = 7 AND iteration = 3": "rows were written, and",
    "UPDATE attempt SET state = 'failure' WHERE node = 1": "one of its",
    "UPDATE attempt SET iteration = 9 WHERE node = 7 AND iteration = 2": "one of its",
    "UPDATE attempt SET verdict = 2 WHERE node = 3": "one of its",
    "UPDATE attempt SET recovery = 3 WHERE node = 3": "one of its",
    "UPDATE attempt SET started = started + 1 WHERE node = 3": "one of its",
    "UPDATE attempt SET host = 'x' WHERE node = 1": "one of its",
    "UPDATE attempt SET token = x'' WHERE node = 1": "one of its",
    "UPDATE frame SET number = 7 WHERE number = 3": "one of its",
    "UPDATE frame SET status = 'failure' WHERE number = 3": "one of its",
    "UPDATE repeat SET status = NULL WHERE node = 6": "one of its",
}


@pytest.mark.parametrize("statement", GONE)
def test_rows_that_are_gone_or_were_others_are_never_taken_for_what_never_ran(statement, failed, tmp_path):
    told = damaged(failed, tmp_path / "copy", statement)
    assert "the rows of the run contradict one another: " in told
    assert GONE[statement] in told


UNREADABLE = {
    "UPDATE attempt SET state = 'succeeded' WHERE node = 1": "a status that cannot be read: 'succeeded'",
    # The same letter and length as the word that was written.
    "UPDATE attempt SET state = 'suspend' WHERE node = 1": "a status that cannot be read: 'suspend'",
    "UPDATE frame SET status = 'suspend' WHERE number = 3": "a status that cannot be read: 'suspend'",
    "UPDATE repeat SET status = 'suspend' WHERE node = 6": "a status that cannot be read: 'suspend'",
    "UPDATE attempt SET result = '[1,2]' WHERE node = 1": "a value that cannot be read: '[1,2]'",
    "UPDATE attempt SET result = replace(result, '3', '9') WHERE node = 1": "a value that cannot be read: '#",
}


@pytest.mark.parametrize("statement", UNREADABLE)
def test_what_a_row_says_must_be_what_was_written(statement, failed, tmp_path):
    path = copied(failed, tmp_path / "copy")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    with closing(open_store(str(path))) as store, pytest.raises(StoreError, match="cannot be read") as caught:
        store.look(store.find("latest")).result(TaskKey(1, 1, 0))
    assert UNREADABLE[statement] in str(caught.value)


OWN_ROW = (
    "id = 'other'",
    "status = 'success'",
    "recovery = 1",
    "created = created - 60",
    "ended = ended + 60",
    "counts = '{}'",
    "reason = 'any'",
    "flow = 'other'",
)


@pytest.mark.parametrize("change", OWN_ROW)
def test_a_runs_own_row_is_what_was_written(change, failed, tmp_path):
    path = copied(failed, tmp_path / "copy")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE run SET {change} WHERE number = 2")
    told = recovered(path)
    assert told.startswith("refused: run ")
    assert "was altered or damaged" in told


DEFINITION = ("UPDATE node SET path = 'fetcher' WHERE id = 1", "DELETE FROM node WHERE id = 9")


@pytest.mark.parametrize("statement", DEFINITION)
def test_a_definition_is_what_was_written(statement, failed, tmp_path):
    path = copied(failed, tmp_path / "copy")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    assert "a definition that cannot be read" in recovered(path)


WAITING = (
    "UPDATE wait SET due = due - 60",
    "UPDATE wait SET length = NULL",
    "UPDATE wait SET attempt = 1",
    "DELETE FROM wait",
    "UPDATE hold SET amount = 9",
    "UPDATE hold SET pool = 'dc'",
    "DELETE FROM hold",
)


@pytest.mark.parametrize("statement", WAITING)
def test_what_is_waited_for_and_what_the_run_keeps_is_what_was_written(statement, tmp_path):
    path = tmp_path / "s.db"
    with closing(open_store(str(path))) as store:
        run = create(store)
        attempted(run, TaskKey(1, A, 0))
        wait = Wait(TaskKey(1, A, 0), 2, "boot", 100.0, 200.0, 60.0)
        run.commit(Batch(waits=[wait], holds=[Hold(None, "db", 3), Hold(TaskKey(1, A, 0), "db", 1)]))
        run.commit(Batch(holds=[Hold(None, "db", 2), Hold(TaskKey(1, A, 0), "db", 0)]))
        run.close()
        store.look(store.find("latest"))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)
        with pytest.raises(StoreError, match="the rows of the run contradict one another"):
            store.look(store.find("latest"))


def test_what_is_written_again_is_counted_once(tmp_path):
    path = tmp_path / "s.db"
    with closing(open_store(str(path))) as store:
        run = create(store)
        attempted(run, TaskKey(1, A, 0))
        batch = Batch(endings=[Ending(TaskKey(1, A, 0), 1, Status.FAILURE, 12.5)])
        for _ in range(3):
            run.commit(batch)
        attempted(run, TaskKey(1, B, 0))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT tally FROM run").fetchone() == (tally_of(connection, 1).text,)


@pytest.mark.parametrize("recoveries", [1, 2])
def test_a_recovery_does_not_make_damage_part_of_the_tally(tmp_path, recoveries):
    path = tmp_path / "s.db"
    with closing(open_store(str(path))) as store:
        run = create(store)
        attempted(run, TaskKey(1, A, 0), Status.FAILURE)
        attempted(run, TaskKey(1, A, 0), attempt=2)
        run.commit(Batch(container_problems=[ContainerProblem(1, GRID, Problem(type="ValueError", message="no"))]))
        run.close()
        store.look(store.find("latest"))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE attempt SET verdict = 1 WHERE node = ?", (A,))
        for _ in range(recoveries):
            store.take("latest").close()
        with pytest.raises(StoreError, match="one of its 4 rows is not as it was written"):
            store.look(store.find("latest"))
