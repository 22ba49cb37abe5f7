"""Peers beside ours: the same work, on the same machine, in one run; each keeps what its own documentation says."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from attrs import frozen

from benchmarks.durable import measure
from benchmarks.floor import commits_per_second

SHAPES = ("chain", "fan_out")
ROUNDS = 3


@frozen
class Peer:
    """A tool to stand beside ours, at the version that was measured."""

    name: str
    requirements: tuple[str, ...]
    keeps: str
    """What it keeps of each step, and when that is safe from a crash."""


PEERS = (
    Peer("DBOS", ("dbos==3.4.0",), "a row in SQLite at each step's end, flushed"),
    Peer(
        "Prefect",
        ("prefect==3.9.1",),
        "a file with its result, not flushed; what happened to it is sent to a server, which adds it to SQLite later",
    ),
    Peer("luigi", ("luigi==3.8.1",), "the file that each task writes and renames, not flushed; nothing else"),
    Peer("redun", ("redun==0.44.1",), "rows in SQLite for each call, its arguments and its result, flushed"),
    Peer("doit", ("doit==0.37.0",), "one file when the whole run has ended; nothing if it is killed before"),
)
OURS = "a row in SQLite, before it begins and again with its outcome; flushed before anything depends on it"


def peers() -> str:
    """A table of all peers and ours: steps a second, and how many commit floors that is."""
    count = int(os.environ.get("BENCHMARK_COUNT", "300"))
    rows = [f"{count} steps that do nothing, two workers, median of {ROUNDS}", ""]
    rows += ["| | chain | fan-out | stored for each step |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        rows.append(_row("Sequent", OURS, [_ours(shape, directory) for shape in SHAPES]))
        for peer in PEERS:
            python = environment_of(peer)
            rows.append(_row(peer.name, peer.keeps, [_theirs(peer, python, shape, count) for shape in SHAPES]))
    return "\n".join(rows)


def _row(name: str, keeps: str, rates: list[tuple[float, float]]) -> str:
    figures = [f"{rate:,.0f}/s, {ratio:.2f}" for rate, ratio in rates]
    return f"| {name} | {' | '.join(figures)} | {keeps} |"


def _ours(shape: str, directory: Path) -> tuple[float, float]:
    """Our rate without what a run costs beside its steps, and its ratio to the commit floor."""
    found = []
    for _ in range(ROUNDS):
        floor = commits_per_second(directory)
        short, long = (measure(shape, steps, directory)["seconds"] for steps in (100, 4100))
        rate = 4000 / (long - short)
        found.append((rate, rate / floor))
    return _median(found)


def _theirs(peer: Peer, python: Path, shape: str, count: int) -> tuple[float, float]:
    script = Path(__file__).with_name(f"{peer.name.lower()}_steps.py")
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            floor = commits_per_second(Path(name))
            command = [str(python), str(script), shape, str(count)]
            done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=True)
            rate = count / float(done.stdout.splitlines()[-1])
            found.append((rate, rate / floor))
    return _median(found)


def _median(found: list[tuple[float, float]]) -> tuple[float, float]:
    rates, ratios = zip(*found, strict=True)
    return statistics.median(rates), statistics.median(ratios)


def environment_of(peer: Peer) -> Path:
    """The Python of an environment that has the peer; made once."""
    home = Path(os.environ.get("PEERS", Path(tempfile.gettempdir()) / "sequent-peers")) / peer.name
    python = home / "bin/python"
    if not python.exists():
        print(f"installing {' '.join(peer.requirements)} in {home}", file=sys.stderr, flush=True)
        venv.create(home, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *peer.requirements], check=True)
    return python
