"""Rows of copies on hosts that do not fit one another: only those that are wrong are named."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from sequent import container, step
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import StoreError
from sequent.model.run_target import Target
from sequent.model.status import Status
from sequent.runtime.rows import Batch, FrameKey, FrameOpening, RepeatOpening, TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import attempted


@container
class Flow:
    @container(hosts=["edge1", "edge2"])
    class load:
        @step
        def copy(self) -> None: ...

    @step(hosts=["edge1"], repeats=[1, 2])
    def each(self) -> None: ...


PLAN = compile_flow(definition_of(Flow).spec)
LOADS, LOAD, COPY, EACHES, REPEAT, EACH = range(1, 7)
"""The copies of 'load', 'load', its step; the copies of 'each', its repeat, 'each'."""
ROWS = Batch(
    repeats=[
        RepeatOpening(1, LOADS, '["edge1","edge2"]'),
        RepeatOpening(1, EACHES, '["edge1"]'),
        RepeatOpening(5, REPEAT, "[1,2]"),
    ],
    frames=[
        FrameOpening(FrameKey(0, 0, 1), 1),
        FrameOpening(FrameKey(1, LOADS, 1), 2, '"edge1"'),
        FrameOpening(FrameKey(1, LOADS, 2), 3, '"edge2"'),
        FrameOpening(FrameKey(2, LOAD, 1), 4),
        FrameOpening(FrameKey(1, EACHES, 1), 5, '"edge1"'),
    ],
)
NAMED = {
    "DELETE FROM frame WHERE id = 3": "10 rows were written, and 9 are there",
    "UPDATE frame SET number = 7 WHERE id = 3": "one of its 10 rows is not as it was written",
    f"UPDATE attempt SET frame = 5 WHERE node = {COPY}": "an attempt of 'load.copy' is in iteration 5 of 'each'",
    f"UPDATE attempt SET frame = 4 WHERE node = {EACH}": "an attempt of 'each' is in iteration 4 of 'load'",
    f"UPDATE frame SET parent = 5 WHERE node = {LOAD}": "iteration 4 of 'load' is in one of 'each'",
    f"UPDATE repeat SET frame = 3 WHERE node = {REPEAT}": "a repeat of 'each' is in iteration 3 of 'load'",
    f"UPDATE repeat SET frame = 5 WHERE node = {EACHES}": "a repeat of 'each' is in iteration 5 of 'each'",
}


@pytest.mark.parametrize("statement", NAMED)
def test_of_a_run_with_copies_the_wrong_rows_are_named_and_no_others(statement, tmp_path):
    path = tmp_path / "s.db"
    with closing(open_store(str(path))) as store:
        run = store.create(Target(flow="Flow", file="/flows/small.py"), PLAN, None, {})
        run.commit(ROWS)
        attempted(run, TaskKey(4, COPY, 0))
        attempted(run, TaskKey(5, EACH, 1), Status.FAILURE)
        run.close()
        store.look(store.find("latest"))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            assert connection.execute(statement).rowcount == 1
        with pytest.raises(StoreError, match="the rows of the run contradict one another: ") as caught:
            store.look(store.find("latest"))
    assert caught.value.message.partition(" another: ")[2] == NAMED[statement]
