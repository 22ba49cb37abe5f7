"""Runs whose hosts have the files of an earlier version, under one key for all names of a host, are joined there."""

from __future__ import annotations

import base64
import json
import os
import zlib
from pathlib import Path

import pytest

from sequent.model.value_text import encode
from sequent.runtime.executors.remote.host_records import read_agent_key
from tests.patience import wait_until
from tests.runtime.hosts.gates import begun, gate
from tests.runtime.hosts.sessions import KEY, StandIn, remote, run_on

RECORDED = json.loads(Path(__file__).with_name("host_layout_1.json").read_text())
"""The files of a run on both sides, with an outcome that no driver has collected; each compressed."""
OWN = KEY + "cd" * 16
"""A key as this version makes it, which begins with that of the run."""


@pytest.fixture
def host(tmp_path):
    made = StandIn(tmp_path / "far")
    yield made
    made.end()


def write(side: str, directory: Path) -> None:
    for name, data in RECORDED[side].items():
        file = directory / name
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        file.write_bytes(zlib.decompress(base64.b64decode(data)))


def agents(host: StandIn) -> Path:
    """The directory on a host that has a directory for each of its agents."""
    return host.home / ".local/state/sequent/agents" / os.uname().nodename


def executions(host: StandIn, tmp_path: Path, epoch: int = 2) -> int:
    """Recover the run; return how often its step was executed for that."""
    directory = gate(tmp_path)
    (directory / "go").touch()
    before = len(begun(directory))
    run = run_on(host, tmp_path / "run", key=OWN, epoch=epoch, open_tokens=("a1",))
    with remote(run, tmp_path / "run") as driving:
        frame = driving.start("gated", inputs=(encode(str(directory)),), makers=("source",), token="a1", attempt=2)
        assert driving.end_of(frame).result == '"gone through"'
    return len(begun(directory)) - before


@pytest.mark.parametrize("is_on_another_machine", [False, True])
def test_an_outcome_under_the_key_of_an_earlier_version_is_collected(host, tmp_path, is_on_another_machine):
    write("host", agents(host) / KEY)
    if not is_on_another_machine:
        write("driver", tmp_path / "run/hosts")
    assert executions(host, tmp_path) == 0
    assert [file.name for file in agents(host).iterdir()] == [KEY]
    assert executions(host, tmp_path, epoch=3) == 0


def test_an_attempt_of_which_the_earlier_agent_knows_nothing_begins_under_the_hosts_own_key(host, tmp_path):
    write("host", agents(host) / KEY)
    (agents(host) / KEY / "tokens").write_text("b1\n")
    (agents(host) / KEY / "outcomes/1").unlink()
    assert executions(host, tmp_path) == 1
    assert sorted(file.name for file in agents(host).iterdir()) == [KEY, OWN]
    assert read_agent_key(str(tmp_path / "run"), "far") == OWN
    # The agent that is not needed was told so.
    wait_until(lambda: not (agents(host) / KEY / "socket").exists())


def test_a_run_that_has_begun_with_this_version_uses_the_hosts_own_key(host, tmp_path):
    with remote(run_on(host, tmp_path / "run", key=OWN), tmp_path / "run") as driving:
        assert driving.run("hello").result == '"hello"'
    assert [file.name for file in agents(host).iterdir()] == [OWN]
