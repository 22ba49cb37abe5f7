"""How long it takes from typing a command to the first step's first line."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.compiled import compiled

ROOT = Path(__file__).parents[1]


def until_first_line() -> str:
    """Seconds to the first step's first line, beside those of starting Python and importing what a run needs."""
    with tempfile.TemporaryDirectory() as name:
        directory, first, imports = Path(name), list[float](), list[float]()
        environment = compiled(directory, SEQUENT_STORE=str(directory / "store.db"))
        _first_line(directory, 0, environment)
        for number in range(1, 8):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import sqlalchemy"], env=environment, check=True)
            imports.append(time.perf_counter() - began)
            first.append(_first_line(directory, number, environment))
        return (
            f"{statistics.median(first):.2f} s to the first line, "
            f"{statistics.median(first) / statistics.median(imports):.2f} of importing SQLAlchemy alone"
        )


def _first_line(directory: Path, number: int, environment: dict[str, str]) -> float:
    told = directory / f"told-{number}"
    os.mkfifo(told)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sequent", "benchmarks.first_line:flow"],
        cwd=ROOT,
        env={**environment, "BENCHMARK_TOLD": str(told)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with told.open() as lines:
        lines.readline()
    seconds = time.perf_counter() - began
    if process.wait() != 0:
        raise RuntimeError("the run failed")
    return seconds
