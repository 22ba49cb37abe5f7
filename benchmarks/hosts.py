"""Steps that do nothing on other hosts, by SSH on this machine, beside the same steps here."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.durable import measure
from tests.sshd import SshHosts, ssh_hosts

TRANSPORTS = ("paramiko", "ssh")
ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "5"))


def chain() -> str:
    """A chain on one host, against the same chain here."""
    return _beside("chain", "chain_there", 2000)


def fan_out() -> str:
    """A fan-out over two hosts with a worker each, against the same fan-out here with two."""
    return _beside("fan_out", "fan_out_there", 8000)


def _beside(here: str, there: str, count: int) -> str:
    told: list[str] = []
    with ssh_hosts() as hosts, tempfile.TemporaryDirectory() as name:
        for transport in TRANSPORTS:
            ratios: list[float] = []
            with _settings(hosts, transport):
                for _ in range(ROUNDS):
                    rate = _rate(here, count, Path(name))
                    ratios.append(_rate(there, count, Path(name)) / rate)
            told.append(f"{transport} {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
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
