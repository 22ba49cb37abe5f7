"""DBOS and Prefect beside ours, each with its rows in PostgreSQL, on one server and in one run."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.durable import measure
from benchmarks.peers import PEERS, ROUNDS, SHAPES, environment_of
from benchmarks.servers import server, single_commits
from tests.postgres import Cluster

ON_SERVER = ("DBOS", "Prefect")
STEPS = int(os.environ.get("BENCHMARK_STEPS", "4000"))


def peers_on_server() -> str:
    """A table of these peers and ours: steps a second, and how many single-row commits through psycopg that is."""
    count = int(os.environ.get("BENCHMARK_COUNT", "300"))
    pythons = {peer.name: environment_of(peer) for peer in PEERS if peer.name in ON_SERVER}
    rows = [
        f"{count} and {STEPS} steps that do nothing, median of {ROUNDS}",
        "",
        "| | chain | fan-out |",
        "|---|---|---|",
    ]
    found: dict[str, list[str]] = {name: [] for name in ("Sequent", *pythons)}
    with server() as made:
        for shape in SHAPES:
            pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in found}
            for _ in range(ROUNDS):
                floor = single_commits(made, count)
                pairs["Sequent"].append((rate := _ours(made, shape), rate / floor))
                for name, python in pythons.items():
                    pairs[name].append((rate := _theirs(made, name, python, shape, count), rate / floor))
            for name, measured in pairs.items():
                rates, ratios = zip(*measured, strict=True)
                found[name].append(f"{statistics.median(rates):,.0f}/s, {statistics.median(ratios):.2f}")
    return "\n".join([*rows, *(f"| {name} | {' | '.join(told)} |" for name, told in found.items())])


def _ours(made: Cluster, shape: str) -> float:
    """Our rate without what a run costs beside its steps."""
    urls = (made.url(made.new_database(), schema="bench") for _ in range(2))
    short, long = (
        measure(shape, steps, made.directory, url)["seconds"] for steps, url in zip((100, STEPS), urls, strict=True)
    )
    return (STEPS - 100) / (long - short)


def _theirs(made: Cluster, name: str, python: Path, shape: str, count: int) -> float:
    script = Path(__file__).with_name(f"{name.lower()}_steps.py")
    words = [str(python), str(script), shape, str(count), made.url(made.new_database())]
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=True)
    return count / float(done.stdout.splitlines()[-1])
