"""Whatever a step has forked, and whatever that drops: it is gone before its step runs again, and once its run ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sequent.runtime.processes import process_trees
from tests.children import Child
from tests.faults import daemons, ledger
from tests.faults.drivers import ROOT
from tests.patience import PATIENCE, wait_until

NAMES = [act.__name__ for act in daemons.KINDS]
WAYS = {
    "module": ["-m", "sequent", "run", "tests.faults.daemons:flow"],
    "script": [str(ROOT / "tests" / "faults" / "daemons.py")],
}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Start Python with these words; all that was left is ended in the end."""
    place = tmp_path / "daemons"
    place.mkdir()
    # So that another user may leave its pid.
    place.chmod(0o777)
    monkeypatch.setenv(ledger.LEDGER, str(place))
    monkeypatch.setenv("SEQUENT_STORE", str(tmp_path / "store" / "s.db"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "store").mkdir()
    started: list[subprocess.Popen[bytes]] = []

    def python(*words: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "output").open("a") as output:
            command = [sys.executable, *words]
            started.append(Child(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT))
        return started[-1]

    yield python
    for process in started:
        process.kill()
        process.wait()
    for pid in all_pids():
        if daemons.is_alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def all_pids() -> list[int]:
    return [pid for name in NAMES for pid in daemons.pids(name)]


def agent_of(driver: int) -> int:
    [agent] = process_trees.children_of(driver)
    return agent.pid


def kill_agent(driver: subprocess.Popen[bytes]) -> None:
    os.kill(agent_of(driver.pid), signal.SIGKILL)


def kill_driver(driver: subprocess.Popen[bytes]) -> None:
    driver.kill()


def kill_both(driver: subprocess.Popen[bytes]) -> None:
    """The driver is stopped first, so that neither sees the other's end."""
    agent = agent_of(driver.pid)
    driver.send_signal(signal.SIGSTOP)
    os.kill(agent, signal.SIGKILL)
    driver.kill()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kill", [kill_agent, kill_driver, kill_both])
def test_no_daemon_outlives_its_attempt_or_its_run_whoever_is_killed(start, tmp_path, way, kill):
    driver = start(*WAYS[way])
    wait_until(
        lambda: all(map(daemons.pids, NAMES)) or driver.poll() is not None,
        lambda: f"only these came up: {[name for name in NAMES if daemons.pids(name)]}",
    )
    assert driver.poll() is None, (tmp_path / "output").read_text()
    kill(driver)
    if kill is not kill_agent:
        driver.wait()
        driver = start("-m", "sequent", "recover")
    assert driver.wait(PATIENCE) == 0, (tmp_path / "output").read_text()
    assert [pid for pid in all_pids() if daemons.is_alive(pid)] == []
    assert {name: len(daemons.pids(name)) for name in NAMES} == dict.fromkeys(NAMES, 2)
