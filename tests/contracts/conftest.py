"""The stores that every contract test runs over."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from sequent.runtime.ports import Store
from sequent.runtime.store import open_store
from sequent.runtime.store.sql.tally import read_tally
from tests.sealing import tally_of


@pytest.fixture(params=["sqlite", "memory"])
def store(request, tmp_path) -> Iterator[Store]:
    path = tmp_path / "store.db"
    opened = open_store(str(path) if request.param == "sqlite" else ":memory:")
    yield opened
    opened.close()
    if request.param == "sqlite":
        # Whatever was written, and in whichever order: each run's tally is what its rows come to.
        with closing(sqlite3.connect(path)) as connection:
            for number, tally in connection.execute("SELECT number, tally FROM run").fetchall():
                assert read_tally(tally) == tally_of(connection, number)
