"""A stand-in for another host, of which nothing is left after a test."""

import pytest

from tests.runtime.hosts.sessions import StandIn


@pytest.fixture
def host(tmp_path):
    made = StandIn(tmp_path / "far")
    yield made
    made.end()
