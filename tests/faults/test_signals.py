"""Signals at random moments, to the driver, its agent or its workers: nothing is lost, doubled or left behind.

SIGNALS says how many are sent in all (see CONTRIBUTING.md).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from tests.faults import drivers, evidence, ledger, many_words, many_words_ledger, tolls
from tests.faults.ledger import Entry
from tests.patience import PATIENCE

FLOW = "tests.faults.many_words:flow"
COUNT = int(os.environ.get("SIGNALS", "8"))
EACH = 8
"""Signals of one run."""
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OTHERS = (
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGALRM,
    signal.SIGSEGV,
    signal.SIGPIPE,
    signal.SIGCHLD,
    signal.SIGCONT,
)
STOPPED = {128 + number for number in STOPPING}
"""How a driver ends that was asked to."""


def is_unbegun(output: str) -> bool:
    """Whether SIGINT ended the interpreter before it came to any code of ours: its traceback names no file of it."""
    return "KeyboardInterrupt" in output and f"{os.sep}sequent{os.sep}" not in output


def disturb(driver: int, chance: random.Random) -> list[signal.Signals]:
    """Send up to three signals to one process of a run; give which ones were sent to the driver."""
    with contextlib.suppress(psutil.NoSuchProcess):
        kind = chance.choice(("driver", "agent", "worker"))
        for process in tolls.processes_of(driver, kind, chance):
            if chance.random() < 0.2:
                process.suspend()
                time.sleep(chance.uniform(0, 0.5))
                process.resume()
                continue
            few = kind == "driver" and chance.random() < 0.8
            numbers = chance.choices(STOPPING if few else STOPPING + OTHERS, k=chance.randint(1, 3))
            for number in numbers:
                process.send_signal(number)
                time.sleep(chance.choice((0, 0, 0.05)))
            return numbers if kind == "driver" else []
    return []


def run_with_signals(store: Path, most: int, chance: random.Random) -> None:
    """Run, sending so many signals at random moments, and recover until it has succeeded."""
    done: set[tuple[str, str, str]] = set()
    sent = 0
    for _ in range(2 * most):
        driver = drivers.start_or_recover(store, FLOW)
        asked: list[signal.Signals] = []
        while sent < most and driver.poll() is None:
            if chance.random() < 0.8:
                tolls.wait_for_a_start(driver, store.with_name("ledger"))
            with contextlib.suppress(subprocess.TimeoutExpired):
                driver.wait(chance.uniform(0, 0.4))
            asked += disturb(driver.pid, chance) if driver.poll() is None else []
            sent += 1
        output, _ = driver.communicate(timeout=PATIENCE)
        now = tolls.succeeded(store)
        assert done <= now, "an outcome was lost"
        done = now
        if driver.returncode == 0:
            return
        if asked and is_unbegun(output):
            continue
        is_asked = driver.returncode in STOPPED or -driver.returncode in asked
        assert (asked and is_asked) or tolls.LOST in output or tolls.TOO_QUICK in output, (
            driver.returncode,
            asked,
            output,
        )
        assert "Traceback" not in output
    raise AssertionError("it does not end")


def check_one_at_a_time(entries: list[Entry]) -> None:
    """No attempt of a task gave a sign of life after a later one had begun."""
    for task in {entry.task for entry in entries}:
        lives = sorted(tolls.spans((entry for entry in entries if entry.task == task), 1))
        assert all(before.end <= after.begin for before, after in pairwise(lives)), task


@pytest.mark.parametrize("number", range(max(1, COUNT // EACH)))
def test_nothing_is_lost_doubled_or_left_whatever_signals_are_sent(store: Path, number: int) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    run_with_signals(store, EACH, random.Random(seed))
    evidence.note(21, signals=EACH, runs=1)
    entries = ledger.read(store.with_name("ledger"))
    check_one_at_a_time(entries)
    tolls.check_once(store, entries, most_again=EACH * many_words.SLOTS)
    many_words_ledger.check_values(entries)
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "db")) <= many_words.DB_SIZE
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "tape")) <= many_words.TAPE_SIZE
    tolls.check_nothing_is_left(store, store.with_name("ledger"))
