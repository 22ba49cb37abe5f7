"""The stores that every contract test runs over."""

from collections.abc import Iterator

import pytest

from sequent.runtime.ports import Store
from sequent.runtime.store import open_store, upgrade_store
from sequent.runtime.store.sql.tally import count_run, read_tally


@pytest.fixture(scope="session")
def on_server(cluster):
    """The address of a store in PostgreSQL that is emptied for each test: to make its tables takes longer than that.

    Its role may do what runs need, and no more.
    """
    database = cluster.new_database()
    upgrade_store(cluster.url(database))
    for text in (
        "CREATE ROLE runner LOGIN",
        "GRANT USAGE ON SCHEMA sequent TO runner",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sequent TO runner",
    ):
        cluster.execute(text, database)
    # Nothing here is killed, so that no test waits for the disk.
    return cluster.url(database, "runner", options="-csynchronous_commit%3Doff")


def emptied(cluster, url) -> str:
    """The address of a store without runs."""
    tables = "note intervention ticket hold pool wait attempt repeat frame request run node definition lease piece"
    text = "; ".join(f"DELETE FROM sequent.{table}" for table in tables.split())
    cluster.execute(text, url.partition("?")[0].rpartition("/")[2])
    return url


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def store(request, tmp_path, monkeypatch) -> Iterator[Store]:
    name = {"sqlite": str(tmp_path / "store.db"), "memory": ":memory:"}.get(request.param, "")
    if request.param == "postgresql":
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        name = emptied(request.getfixturevalue("cluster"), request.getfixturevalue("on_server"))
    opened = open_store(name)
    yield opened
    opened.close()
    if request.param != "memory":
        # Whatever was written, and in whichever order: each run's tally is what its rows come to.
        opened = open_store(name)
        session = opened._session
        for run in opened.runs():
            tally = session.row("run_with_number", run.number)[-2]
            assert read_tally(tally) == count_run(session, run.number)
        opened.close()
