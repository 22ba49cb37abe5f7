"""How long it takes until the first step on a host has ended, beside connecting to that host alone."""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.choice import transport_for
from tests.runtime.hosts.host_runs import Hosts
from tests.sshd import SshHosts, ssh_hosts

ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "5"))
FLOW = """
from sequent import container, step


@container
class flow:
    @step
    def first(self) -> None:
        pass
"""
PACKAGE = "import sequent.runtime.host_agent.serving, sequent.runtime.worker.worker_loop"


def first() -> str:
    """The first step on a host: with an agent that serves, and on the first contact."""
    told: list[str] = []
    with ssh_hosts() as hosts, tempfile.TemporaryDirectory() as name:
        Path(name, "jobs.py").write_text(FLOW)
        hosts.near.write("jobs.py", FLOW)
        for transport in ("paramiko", "ssh"):
            settings = HostSettings(
                name="near", address=("near",), ssh_config=str(hosts.config), connect=transport, max_concurrent=1
            )
            rounds = [_round(hosts, settings, Path(name)) for _ in range(ROUNDS)]
            serving, contact = (statistics.median(each[place] for each in rounds) for place in (0, 1))
            told.append(f"{transport} {serving:.2f} of connecting alone where an agent serves")
            told.append(
                f"{transport} {contact:.2f} of connecting and starting Python with the package on first contact"
            )
    return "; ".join(told)


def _round(hosts: SshHosts, settings: HostSettings, directory: Path) -> tuple[float, float]:
    """Return the ratio with an agent that serves, and that of a first contact."""
    connecting = _command(settings, "true")
    starting = _command(settings, f"{hosts.bin}/python3 -P -c '{PACKAGE}'")
    epochs = itertools.count(1)
    contact, serving = (_step(settings, directory, next(epochs)) for _ in range(2))
    hosts.near.kill_processes()
    shutil.rmtree(hosts.near.home / ".local")
    return serving / connecting, contact / starting


def _command(settings: HostSettings, command: str) -> float:
    """Return the seconds to connect, and to have a command executed."""
    began = time.perf_counter()
    connection = transport_for(settings).connect(command, 30.0)
    connection.end.settimeout(60.0)
    while connection.end.recv(4096):
        pass
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def _step(settings: HostSettings, directory: Path, epoch: int) -> float:
    """Return the seconds to connect to the agent, and to have a step executed; the agent stays."""
    began = time.perf_counter()
    runs = Hosts(directory, [settings], target=f"{directory}/jobs.py:flow", epoch=epoch)
    driving = runs.driving("near")
    ended = driving.end_of(driving.start("first", token=f"t{epoch}"))
    seconds = time.perf_counter() - began
    if ended.problem is not None:
        raise RuntimeError(ended.problem.message)
    driving.executor.close()
    return seconds
