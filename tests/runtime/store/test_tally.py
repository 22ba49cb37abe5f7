"""What a driver counts as it writes is what SQLite counts of the rows that are there, whatever was written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from sequent.model.outcome import Problem
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Hold, Intent, RepeatOpening, TaskKey, Wait
from sequent.runtime.store import open_store
from sequent.runtime.store.sql.tally import read_tally
from tests.contracts.plans import BLOCK, CELL, EACH, GRID, MANY, A, B, create
from tests.sealing import tally_of

LARGE = 2**40
TIMES = st.floats(0, 4e9) | st.sampled_from([0.0, 1.0, 1_764_396_741.123456, 4e9]) | st.integers(0, 10**9)
KEYS = st.builds(TaskKey, st.integers(1, LARGE), st.sampled_from([A, B, CELL, EACH]), st.integers(0, LARGE))
NUMBERS = st.integers(1, 2**20)
TEXTS = st.none() | st.sampled_from(["null", '"é"', "[1,2]"])
SETTLED = [Status.SUCCESS, Status.FAILURE, Status.WAITING, Status.CANCELLED]


@st.composite
def tasks(draw):
    """An attempt, and how it ended, if it did."""
    key, number = draw(KEYS), draw(NUMBERS)
    token = draw(st.just(b"") | st.binary(min_size=16, max_size=16))
    intent = Intent(key, number, token, draw(TIMES), draw(TEXTS), draw(st.integers(0, 2**20)))
    problem = draw(st.none() | st.just(Problem(type="ValueError", message="no")))
    outcome = Ending(
        key,
        number,
        draw(st.sampled_from(SETTLED)),
        draw(TIMES),
        draw(TEXTS),
        draw(st.sampled_from(Verdict)),
        problem,
    )
    return intent, draw(st.none() | st.just(outcome))


@st.composite
def frames(draw):
    """An iteration, and the statuses that it goes through."""
    key = FrameKey(draw(st.integers(1, LARGE)), draw(st.sampled_from([GRID, BLOCK])), draw(st.integers(1, LARGE)))
    return FrameOpening(key, draw(st.integers(2, LARGE)), draw(TEXTS)), draw(
        st.lists(st.sampled_from([*SETTLED, Status.ACTIVE]), max_size=3)
    )


@given(
    st.lists(tasks(), max_size=6, unique_by=lambda task: (task[0].key, task[0].attempt)),
    st.lists(frames(), max_size=4, unique_by=(lambda frame: frame[0].key, lambda frame: frame[0].id)),
    st.lists(st.tuples(KEYS, NUMBERS, TIMES, st.none() | st.floats(0, 1e6)), max_size=3),
    st.lists(st.tuples(st.sampled_from(["db", "net", "é"]), st.integers(0, 9)), max_size=4),
    st.booleans(),
)
def test_both_count_the_same(attempts, iterations, waits, holds, twice):
    batches = [
        Batch(frames=[opened for opened, _ in iterations], repeats=[RepeatOpening(1, MANY, "[1]")]),
        Batch(intents=[intent for intent, _ in attempts]),
        Batch(
            endings=[outcome for _, outcome in attempts if outcome is not None],
            waits=[Wait(key, number, "boot", due / 2, due, length) for key, number, due, length in waits],
            holds=[Hold(None, pool, amount) for pool, amount in holds],
        ),
        *(Batch(closed_frames=[(opened.key, status) for status in statuses]) for opened, statuses in iterations),
        Batch(
            closed_repeats=[(1, MANY, Status.FAILURE)], taken_back=[(one.key, one.attempt) for one, _ in attempts[:2]]
        ),
    ]
    with TemporaryDirectory() as directory, closing(open_store(f"{directory}/s.db")) as store:
        run = create(store)
        for batch in batches:
            run.commit(batch)
            if twice:
                run.commit(batch)
            with closing(sqlite3.connect(f"{directory}/s.db")) as connection:
                (told,) = connection.execute("SELECT tally FROM run").fetchone()
                assert read_tally(told) == tally_of(connection, 1)
