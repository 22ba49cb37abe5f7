"""Pools, delays, retries, folds and branches stay what they are, whoever is killed at whatever moment.

KILLS says how many processes of each kind are killed (see CONTRIBUTING.md).
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
from pathlib import Path

import pytest

from tests.faults import drivers, evidence, ledger, many_words, many_words_ledger, tolls
from tests.patience import PATIENCE

FLOW = "tests.faults.many_words:flow"
COUNT = int(os.environ.get("KILLS", "0"))
KINDS = {"driver": 4, "agent": 5, "worker": 10, "all": 4}
"""How many are killed in a run, at most."""


def run_with_kills(store: Path, kind: str, most: int, chance: random.Random) -> int:
    """Run, killing so often at random moments, and recover until it has succeeded; give how often was killed."""
    path = store.with_name("ledger")
    done: set[tuple[str, str, str]] = set()
    kills = 0
    for _ in range(most + 1):
        driver = drivers.start_or_recover(store, FLOW)
        while kills < most and driver.poll() is None:
            if chance.random() < 0.8:
                tolls.wait_for_a_start(driver, path)
            with contextlib.suppress(subprocess.TimeoutExpired):
                driver.wait(chance.uniform(0, 0.4))
            kills += bool(tolls.kill(driver.pid, kind, chance)) if driver.poll() is None else 0
            if kind in ("driver", "all"):
                break
        output, _ = driver.communicate(timeout=PATIENCE)
        now = tolls.succeeded(store)
        assert done <= now, "an outcome was lost"
        done = now
        if driver.returncode == 0:
            return kills
        # A step, or a run, that loses its agent again and again has failed, and is recovered too.
        failed = kind == "agent" and (tolls.LOST in output or tolls.TOO_QUICK in output)
        assert driver.returncode == -9 or failed, output
    raise AssertionError("it does not end")


@pytest.mark.parametrize(
    ("kind", "number"), [(kind, it) for kind, most in KINDS.items() for it in range(max(1, COUNT // most))]
)
def test_nothing_is_lost_doubled_early_or_over_a_pool_whoever_is_killed(store: Path, kind, number) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    kills = run_with_kills(store, kind, KINDS[kind], random.Random(seed))
    assert kills
    evidence.note(1 if kind == "driver" else 4, kills=kills, runs=1)
    entries = ledger.read(store.with_name("ledger"))
    tolls.check_once(store, entries, most_again=kills * many_words.SLOTS)
    many_words_ledger.check_waits(entries, store)
    many_words_ledger.check_values(entries)
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "db")) <= many_words.DB_SIZE
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "tape")) <= many_words.TAPE_SIZE
    tolls.check_nothing_is_left(store, store.with_name("ledger"))
