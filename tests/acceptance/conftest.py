"""A command line in a directory with flows, a run that waits there, and machines without files of other tests."""

from __future__ import annotations

import os

import pytest

from tests.acceptance.command_line import FLOWS, MISTAKEN, WAITING, CommandLine


@pytest.fixture
def sequent(tmp_path):
    line = CommandLine(tmp_path)
    (tmp_path / "flows.py").write_text(FLOWS)
    (tmp_path / "waiting.py").write_text(WAITING)
    (tmp_path / "mistaken.py").write_text(MISTAKEN)
    return line


@pytest.fixture
def ssh_hosts(ssh_hosts):
    """Both machines, with empty homes for the next test."""
    yield ssh_hosts
    for server in (ssh_hosts.near, ssh_hosts.far):
        server.empty()


@pytest.fixture
def waiting_run(sequent):
    """A run whose first step has begun, and goes on once ``go`` is written."""
    os.mkfifo(sequent.directory / "began")
    os.mkfifo(sequent.directory / "go")
    process = sequent.start("run", "waiting:slow", "--run-id", "slow1")
    assert (sequent.directory / "began").read_text() == "now"
    yield process
    process.kill()
    process.communicate()
