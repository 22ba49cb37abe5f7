"""An agent that is stopped, or hangs: signals are obeyed all the same, and nothing is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sequent.runtime.processes import process_trees
from tests.children import Child
from tests.faults.drivers import ROOT
from tests.patience import LATE, PATIENCE, wait_until

FLOW = """
import os, signal, subprocess, time
from pathlib import Path
from sequent import container, step

@container(max_concurrent=3)
class stubborn:
    @step
    def python(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note("python")
        while True:
            time.sleep(600)

    @step
    def program(self) -> None:
        child = subprocess.Popen(["sleep", "600"], start_new_session=True, env={})
        Path(f"pid-program-{child.pid}").touch()
        note("parent")
        child.wait()

@container
class quick:
    @step
    def brief(self) -> None:
        note("brief")
        while not Path("go").exists():
            time.sleep(0.01)

def note(name):
    Path(f"pid-{name}-{os.getpid()}").touch()
"""


@pytest.fixture
def start(tmp_path: Path):
    """Start a run, and wait until its steps have begun."""
    (tmp_path / "flows.py").write_text(FLOW)
    started: list[subprocess.Popen[bytes]] = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SEQUENT_STORE": str(tmp_path / "s.db")}

    def run(flow: str, begun: int) -> subprocess.Popen[bytes]:
        with (tmp_path / "output").open("w") as output:
            command = [sys.executable, "-m", "sequent", "run", f"flows.py:{flow}"]
            options = {"stdout": output, "stderr": subprocess.STDOUT, "cwd": tmp_path, "env": environment}
            started.append(Child(command, **options))
        wait_until(lambda: len(list(tmp_path.glob("pid-*"))) == begun, "the steps never began")
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
    for pid in pids(tmp_path):
        if is_alive(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def pids(directory: Path) -> list[int]:
    return [int(file.name.rpartition("-")[2]) for file in directory.glob("pid-*")]


def is_alive(pid: int) -> bool:
    process = process_trees.process_at(pid)
    return process is not None and not process.is_zombie


def stop_agent(driver: subprocess.Popen[bytes]) -> int:
    [agent] = process_trees.children_of(driver.pid)
    os.kill(agent.pid, signal.SIGSTOP)
    wait_until(lambda: process_trees.is_stopped(agent.pid), "it never stopped")
    return agent.pid


@pytest.mark.parametrize("numbers", [(signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)])
def test_the_third_signal_ends_all_while_an_agent_is_stopped(start, tmp_path, numbers):
    driver = start("stubborn", 3)
    agent = stop_agent(driver)
    output = tmp_path / "output"
    driver.send_signal(numbers[0])
    wait_until(lambda: "stopping" in output.read_text(), "the first was not heard")
    # Two of the same might be heard as one.
    driver.send_signal(numbers[1])
    driver.send_signal(signal.SIGHUP)
    began = time.monotonic()
    assert driver.wait(PATIENCE) == 128 + numbers[0], output.read_text()
    assert time.monotonic() - began < 1 + LATE
    assert [pid for pid in (agent, *pids(tmp_path)) if is_alive(pid)] == []
    assert "stopped" in output.read_text()


def test_a_run_whose_agent_is_stopped_ends_once_its_steps_have(start, tmp_path):
    driver = start("quick", 1)
    agent = stop_agent(driver)
    (tmp_path / "go").touch()
    assert driver.wait(PATIENCE) == 0, (tmp_path / "output").read_text()
    assert [pid for pid in (agent, *pids(tmp_path)) if is_alive(pid)] == []
