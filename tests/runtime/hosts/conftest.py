"""A stand-in for another host, its driver, and a machine that is reached by SSH: a test leaves nothing of them."""

import pytest

from tests.runtime.hosts.host_runs import close_hosts
from tests.runtime.hosts.jobs_by_ssh import JOBS
from tests.runtime.hosts.sessions import StandIn, remote, run_on


@pytest.fixture(autouse=True)
def close_connections():
    """Close what a test that has failed has left open."""
    yield
    close_hosts()


@pytest.fixture
def host(tmp_path):
    made = StandIn(tmp_path / "far")
    yield made
    made.end()


@pytest.fixture
def driving(host, tmp_path):
    with remote(run_on(host, tmp_path / "run"), tmp_path / "run") as found:
        yield found


@pytest.fixture
def machine(ssh_hosts):
    server = ssh_hosts.near
    server.write("jobs.py", JOBS)
    keys = server.authorized_keys.read_text()
    yield server
    server.authorized_keys.write_text(keys)
    server.empty()
