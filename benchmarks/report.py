"""What a report costs: `python -m benchmarks.report`.

The processor time of `sequent report` for a run with many tasks, beside that of reading its rows, in turn; and the
size of the page. The tasks of one flow follow each other, so that all are on its critical path; those of the other do
not.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANY = int(os.environ.get("BENCHMARK_MANY", "100000"))
ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "3"))
FLOWS = ("chain", "fan_out")
READ = """
import sys
from sequent.runtime.store import open_store
store = open_store(sys.argv[2], makes=False)
print(sum(1 for _ in store.attempts(store.find(sys.argv[1]))))
"""
"""Read the rows of a run, and do nothing with them."""


def spent(words: list[str], environment: Mapping[str, str]) -> float:
    """Run a program; return its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        page = Path(name) / "report.html"
        environment = {**os.environ, "SEQUENT_STORE": f"{name}/runs.db", "BENCHMARK_COUNT": str(MANY)}
        for flow in FLOWS:
            spent(["-m", "sequent", "run", f"benchmarks.flows:{flow}", "-q", "--run-id", flow], environment)
            report = ["-m", "sequent", "report", flow, "-o", str(page)]
            pairs = [
                (spent(["-c", READ, flow, environment["SEQUENT_STORE"]], environment), spent(report, environment))
                for _ in range(ROUNDS)
            ]
            rows, whole = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(b / a for a, b in pairs)
            print(
                f"{flow}, {MANY:,} tasks: rows {rows:.2f} s, report {whole:.2f} s, {ratio:.2f} times; "
                f"{page.stat().st_size:,} bytes"
            )


if __name__ == "__main__":
    main()
