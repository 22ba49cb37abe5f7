"""A store in PostgreSQL, of each test's own."""

from __future__ import annotations

from contextlib import closing

import pytest

from sequent.runtime.store import open_store
from sequent.runtime.store.postgresql import leases
from tests.patience import PATIENCE
from tests.proxies import proxy


@pytest.fixture(scope="session")
def database(cluster):
    """A database for these tests."""
    return cluster.new_database()


@pytest.fixture
def schema(request):
    """The schema of a test's own."""
    return f"of_{abs(hash(request.node.name))}"


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Be at another machine, as far as its state directory tells."""

    def move(name: str) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))

    move("here")
    return move


@pytest.fixture(autouse=True)
def renews_late(monkeypatch):
    """Leases that a test ends are not renewed behind its back, however long it takes."""
    monkeypatch.setattr(leases, "RENEWED", PATIENCE)


@pytest.fixture
def url(cluster, database, schema, at):
    return cluster.url(database, schema=schema)


@pytest.fixture
def store(url):
    with closing(open_store(url)) as opened:
        yield opened


@pytest.fixture
def way(cluster):
    """A proxy between a store and its server."""
    with proxy(cluster.port) as made:
        yield made
