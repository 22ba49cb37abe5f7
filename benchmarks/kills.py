"""Kill the driver at random moments, recover until done, and count what was lost or ran again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults import ledger
from tests.faults.test_kills import has_run, settled

ROOT = Path(__file__).parents[1]
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
    environment = {**os.environ, ledger.LEDGER: str(store.parent / "ledger"), "SEQUENT_STORE": str(store)}
    killed = again = 0
    words = ["run", FLOW]
    while True:
        before = settled(store)
        lines = len(ledger.read(store.parent / "ledger"))
        process = subprocess.Popen(
            [sys.executable, "-m", "sequent", *words],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            code = process.wait(chance.uniform(0.2, 1.2))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            code = None
        started = {
            (entry.path, entry.sequence)
            for entry in ledger.read(store.parent / "ledger")[lines:]
            if entry.event == "start"
        }
        again += len(before & started)
        if code == 0:
            return killed, again
        if code is not None:
            raise RuntimeError(f"it ended with {code}")
        if has_run(store):
            words = ["recover"]
