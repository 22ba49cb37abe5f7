"""How long a recovery of very many settled tasks takes to its first start."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.compiled import compiled
from benchmarks.floor import commits_per_second

ROOT = Path(__file__).parents[1]


def recover() -> str:
    """Seconds from typing ``recover`` to the first line of the only step that is left."""
    count = int(os.environ.get("BENCHMARK_MANY", "1000000"))
    with tempfile.TemporaryDirectory() as name:
        store = Path(name) / "store.db"
        environment = compiled(Path(name), BENCHMARK_COUNT=str(count), SEQUENT_STORE=str(store))
        quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        first = subprocess.run(
            [sys.executable, "-m", "sequent", "run", "benchmarks.flows:gate"],
            env={**environment, "BENCHMARK_FAIL": "1"},
            check=False,
            **quiet,
        )
        if first.returncode != 1:
            raise RuntimeError(f"the first run ended with {first.returncode}")
        floor = commits_per_second(Path(name))
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "sequent", "recover"], env=environment, check=True, **quiet)
        seconds = time.perf_counter() - began
        commits = seconds * floor
        return f"{count:,} settled tasks: {seconds:.1f} s to the end of the recovery ({commits:,.0f} floor commits)"
