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
before, worked = time.perf_counter(), time.process_time()
outcome = run.run(store=sys.argv[2])
seconds, processor = time.perf_counter() - before, time.process_time() - worked
assert outcome, outcome
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
children = resource.getrusage(resource.RUSAGE_CHILDREN)
workers = children.ru_utime + children.ru_stime
print(json.dumps({"seconds": seconds, "processor": processor, "workers": workers, "memory": memory}))
"""


def measure(flow: str, count: int, directory: Path, store: str = "") -> dict[str, float]:
    """Run a flow of that many steps in a process of its own, in that store or a new file in the directory.

    Returns:
        its seconds, the processor time of the driver and of its agent with the workers in seconds, and the driver's
        memory in KiB.
    """
    with started(flow, count, directory, store)[0] as child:
        assert child.stdout is not None
        told = child.stdout.read()
    if child.returncode:
        raise RuntimeError(f"it ended with {child.returncode}")
    return json.loads(told.splitlines()[-1])


def started(flow: str, count: int, directory: Path, store: str = "") -> tuple[subprocess.Popen[str], Path]:
    """Start it; return its process, and the file of its store, unless another store is named."""
    file = directory / f"{flow}-{count}-{os.urandom(4).hex()}.db"
    environment = {**os.environ, "BENCHMARK_COUNT": str(count), "LOGURU_LEVEL": "ERROR"}
    words = [sys.executable, "-c", CHILD, flow, store or str(file)]
    return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True), file


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


def processor() -> str:
    """The processor time of driver and workers for a step, beside the time of a commit."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        told = []
        for flow, count in (("chain", 4000), ("fan_out", 8000)):
            pairs = [(measure(flow, 100, directory), measure(flow, count, directory)) for _ in range(5)]
            driver, workers = (
                statistics.median((long[of] - short[of]) / (count - 100) for short, long in pairs)
                for of in ("processor", "workers")
            )
            told.append(f"{flow.replace('_', '-')} {1e6 * driver:.0f} and {1e6 * workers:.0f}")
        commit = 1e6 / commits_per_second(directory)
    return f"microseconds of driver and workers for a step: {', '.join(told)}; a commit takes {commit:.0f}"


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
