"""How long it takes from typing a command to the first step's first line."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def startup() -> str:
    """Seconds to the first step's first line, beside those of starting Python and importing what a run needs."""
    with tempfile.TemporaryDirectory() as name:
        first, imports = [], []
        for number in range(7):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import sqlalchemy, networkx"], check=True)
            imports.append(time.perf_counter() - began)
            first.append(_first_line(Path(name), number))
        return (
            f"{statistics.median(first):.2f} s to the first line, "
            f"{statistics.median(first) / statistics.median(imports):.2f} of importing SQLAlchemy and networkx alone"
        )


def _first_line(directory: Path, number: int) -> float:
    told = directory / f"told-{number}"
    os.mkfifo(told)
    environment = {**os.environ, "SEQUENT_STORE": str(directory / "store.db"), "BENCHMARK_TOLD": str(told)}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sequent", "benchmarks.first_line:flow"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with told.open() as lines:
        lines.readline()
    seconds = time.perf_counter() - began
    if process.wait() != 0:
        raise RuntimeError("the run failed")
    return seconds
