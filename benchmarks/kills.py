"""Kill the driver at random moments, recover until done, and count what was lost or ran again."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults import ledger

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
        before = _settled(store)
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
        if _has_run(store):
            words = ["recover"]


def _has_run(store: Path) -> bool:
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as connection:
            return bool(connection.execute("SELECT count(*) FROM run").fetchone()[0])
    except sqlite3.OperationalError:
        return False


def _settled(store: Path) -> set[tuple[str, str]]:
    """The tasks that the store has as successes, by path and sequence."""
    if not _has_run(store):
        return set()
    from sequent.model.status import Status
    from sequent.runtime.store import open_store

    opened = open_store(str(store))
    try:
        record = opened.find("latest")
        return {
            (attempt.path, attempt.sequence)
            for attempt in opened.attempts(record)
            if attempt.status is Status.SUCCESS
        }
    finally:
        opened.close()
