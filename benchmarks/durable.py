"""Steps that do nothing, in worker processes, every outcome on disk."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.floor import commits_per_second

ROOT = Path(__file__).parents[1]
CHILD = """
import json, resource, sys, time
from benchmarks import flows
flow = getattr(flows, sys.argv[1])
run = flow()
before = time.perf_counter()
outcome = run.run(store=sys.argv[2])
seconds = time.perf_counter() - before
assert outcome, outcome
print(json.dumps({"seconds": seconds, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def measure(flow: str, count: int, directory: Path) -> dict[str, float]:
    """Run a flow of that many steps in a process of its own: its seconds, and the driver's memory in KiB."""
    store = directory / f"{flow}-{count}-{os.urandom(4).hex()}.db"
    environment = {**os.environ, "BENCHMARK_COUNT": str(count), "LOGURU_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, flow, str(store)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _ratio(flow: str, count: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        ratios, rates = [], []
        for _ in range(5):
            floor = commits_per_second(directory)
            # What a run costs beside its steps is taken out by a short run.
            short = measure(flow, 100, directory)["seconds"]
            rate = (count - 100) / (measure(flow, count, directory)["seconds"] - short)
            rates.append(rate)
            ratios.append(rate / floor)
        return (
            f"{statistics.median(ratios):.2f} of the commit floor "
            f"({min(ratios):.2f} to {max(ratios):.2f}; {statistics.median(rates):,.0f} steps a second)"
        )


def chain() -> str:
    """A chain of no-op steps against the commit floor."""
    return _ratio("chain", 4000)


def fan_out() -> str:
    """A fan-out of no-op steps over two workers against the commit floor."""
    return _ratio("fan_out", 8000)


def flat() -> str:
    """The cost per step, and the driver's memory, of a thousand iterations against very many."""
    return _flat("fan_out")


def fold() -> str:
    """The same of a loop in which each iteration takes the result of the one before."""
    return _flat("fold")


def pages() -> str:
    """The same of an endless loop that ends once a result says so."""
    return _flat("pages")


def _flat(flow: str) -> str:
    many = int(os.environ.get("BENCHMARK_MANY", "1000000"))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        base = measure(flow, 100, directory)
        few = [measure(flow, 5000, directory) for _ in range(3)]
        large = measure(flow, many, directory)
        cost_few = statistics.median((run["seconds"] - base["seconds"]) / 4900 for run in few)
        cost_many = (large["seconds"] - base["seconds"]) / (many - 100)
        grown = (large["memory"] - base["memory"]) / 1024
        return (
            f"a step of {many:,} costs {cost_many / cost_few - 1:+.0%} of one of 5,000; "
            f"the driver's memory grows by {grown:.0f} MiB"
        )
