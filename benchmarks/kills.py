"""Kill the driver at random moments, recover until done, and count what was lost or ran again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults import ledger
from tests.faults.drivers import start_or_recover
from tests.faults.tolls import succeeded

FLOW = "tests.faults.three_levels:flow"


def kills() -> str:
    """So many kills at random moments; what was recorded as finished must never run again."""
    wanted = int(os.environ.get("BENCHMARK_KILLS", "200"))
    chance = random.Random(int(os.environ.get("BENCHMARK_SEED", "1")))
    done = runs = lost = again = 0
    while done < wanted:
        with tempfile.TemporaryDirectory() as name:
            store = Path(name) / "store.db"
            killed, recorded = _one_run(store, chance)
            done += killed
            runs += 1
            ends = Counter(
                (entry.path, entry.sequence) for entry in ledger.read(store.parent / "ledger") if entry.event == "end"
            )
            lost += 42 - len(ends)
            again += recorded
    return f"{done} kills in {runs} runs: {lost} tasks lost, {again} recorded as finished ran again"


def _one_run(store: Path, chance: random.Random) -> tuple[int, int]:
    """Kill and recover until the run is done; give the kills, and how many settled tasks ran again."""
    killed = again = 0
    while True:
        before = succeeded(store)
        lines = len(ledger.read(store.parent / "ledger"))
        process = start_or_recover(store, FLOW)
        try:
            process.communicate(timeout=chance.uniform(0.2, 1.2))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            killed += 1
        entries = ledger.read(store.parent / "ledger")[lines:]
        again += len(before & {entry.task for entry in entries if entry.event == "start"})
        if process.returncode == 0:
            return killed, again
        if process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"it ended with {process.returncode}")
