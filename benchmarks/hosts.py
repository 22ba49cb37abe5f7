"""Steps that do nothing on other hosts, by SSH on this machine, beside the same steps here."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.durable import measure, started
from tests.sshd import SshHosts, ssh_hosts

TRANSPORTS = ("paramiko", "ssh")
ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "5"))


def chain() -> str:
    """A chain on one host, against the same chain here."""
    return _beside("chain", "chain_there", 2000)


def fan_out() -> str:
    """A fan-out over two hosts with a worker each, against the same fan-out here with two."""
    return _beside("fan_out", "fan_out_there", 8000)


def processor() -> str:
    """The driver's processor time of a step on a host, against that of the same step here."""
    told: list[str] = []
    with ssh_hosts() as hosts, tempfile.TemporaryDirectory() as name:
        for transport in TRANSPORTS:
            with _settings(hosts, transport):
                for here, there, count in (("chain", "chain_there", 2000), ("fan_out", "fan_out_there", 8000)):
                    ratios = [_cost(there, count, Path(name)) / _cost(here, count, Path(name)) for _ in range(ROUNDS)]
                    told.append(f"{here} {transport} {statistics.median(ratios):.2f} ({_range(ratios)})")
    return f"of the driver's processor time for the same steps here: {'; '.join(told)}"


def _cost(flow: str, count: int, directory: Path) -> float:
    short, long = (measure(flow, steps, directory)["processor"] for steps in (100, count))
    return (long - short) / (count - 100)


def many() -> str:
    """The memory of the driver and of an agent, with very many steps on two hosts against few."""
    count = int(os.environ.get("BENCHMARK_MANY", "1000000"))
    with ssh_hosts() as hosts, tempfile.TemporaryDirectory() as name, _settings(hosts, "ssh"):
        few, large = (_memories(hosts, steps, Path(name)) for steps in (5000, count))
    grown = [(after - before) / 1024 for before, after in zip(few, large, strict=True)]
    return f"{count:,} steps: the driver's memory grows by {grown[0]:.1f} MiB, an agent's by {grown[1]:.1f} MiB"


def _memories(hosts: SshHosts, count: int, directory: Path) -> tuple[float, float]:
    """Return the largest memory of the driver, and of either agent, in KiB."""
    most = 0
    child, _ = started("fan_out_there", count, directory)
    while child.poll() is None:
        for pid in (pid for server in (hosts.near, hosts.far) for pid in server.processes()):
            with suppress(OSError, psutil.Error):
                if "--serve" in psutil.Process(pid).cmdline():
                    most = max(most, psutil.Process(pid).memory_info().rss // 1024)
        time.sleep(0.2)
    with child:
        assert child.stdout is not None
        return json.loads(child.stdout.read().splitlines()[-1])["memory"], most


def _range(ratios: list[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def _beside(here: str, there: str, count: int) -> str:
    told: list[str] = []
    with ssh_hosts() as hosts, tempfile.TemporaryDirectory() as name:
        for transport in TRANSPORTS:
            ratios: list[float] = []
            with _settings(hosts, transport):
                for _ in range(ROUNDS):
                    rate = _rate(here, count, Path(name))
                    ratios.append(_rate(there, count, Path(name)) / rate)
            told.append(f"{transport} {statistics.median(ratios):.2f} ({_range(ratios)})")
    return f"of the same steps here: {'; '.join(told)}"


def _rate(flow: str, count: int, directory: Path) -> float:
    """Steps a second; the cost of a run beside its steps is taken out by the quickest of several short runs."""
    short = min(measure(flow, 100, directory)["seconds"] for _ in range(3))
    return (count - 100) / (measure(flow, count, directory)["seconds"] - short)


@contextmanager
def _settings(hosts: SshHosts, transport: str) -> Iterator[None]:
    """Describe both hosts: one task at a time on each, and the flows travel."""
    file = hosts.directory / f"{transport}.toml"
    each = f'max_concurrent = 1\nship = true\nconnect = "{transport}"\n'
    file.write_text(f'ssh_config = "{hosts.config}"\n[hosts.near]\n{each}[hosts.far]\n{each}')
    os.environ["SEQUENT_CONFIG"] = str(file)
    try:
        yield
    finally:
        del os.environ["SEQUENT_CONFIG"]
