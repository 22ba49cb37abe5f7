"""Nothing is lost and nothing begins twice, whoever is killed while workers hold attempts ahead."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import psutil
import pytest

from sequent.model.status import Status
from sequent.runtime.store import open_store
from tests.faults import drivers, evidence, ledger, tolls
from tests.faults.many_quick import COUNT
from tests.patience import PATIENCE

FLOW = "tests.faults.many_quick:flow"
WORKERS = 2


def victim_of(driver: subprocess.Popen[str], kind: str) -> psutil.Process | None:
    """The driver, its agent, or one of the workers, if there is one yet."""
    process = psutil.Process(driver.pid)
    if kind == "driver":
        return process
    for agent in process.children():
        if kind == "agent":
            return agent
        workers = agent.children()
        return random.choice(workers) if workers else None
    return None


def run_with_kills(store: Path, kind: str, most: int, chance: random.Random) -> int:
    """Run, killing so many times at random moments, and recover until it has succeeded; give how many were killed."""
    kills = 0
    while True:
        driver = drivers.start_or_recover(store, FLOW)
        while driver.poll() is None:
            tolls.wait_for_a_start(driver, store.with_name("ledger"), chance.randint(1, COUNT // most))
            if kills < most and driver.poll() is None:
                with contextlib.suppress(psutil.NoSuchProcess):
                    victim = victim_of(driver, kind)
                    if victim is not None:
                        os.kill(victim.pid, signal.SIGKILL)
                        kills += 1
        output, _ = driver.communicate(timeout=PATIENCE)
        if driver.returncode == 0:
            return kills
        assert kills, output
        assert driver.returncode == -signal.SIGKILL or (kind == "agent" and tolls.TOO_QUICK in output), output


def check(store: Path, kills: int, most_again: int) -> None:
    """Each attempt began once, each success ended once, and hardly anything ran again that had ended."""
    entries = ledger.read(store.parent / "ledger")
    began = Counter((it.path, it.sequence, it.attempt) for it in entries if it.event == "start")
    assert set(began.values()) == {1}
    ended = {(it.path, it.sequence, it.attempt) for it in entries if it.event == "end"}
    opened = open_store(str(store))
    try:
        attempts = [*opened.attempts(opened.runs()[0])]
    finally:
        opened.close()
    succeeded = {(it.path, it.sequence, it.attempt) for it in attempts if it.status is Status.SUCCESS}
    assert len(succeeded) == COUNT + 1
    assert succeeded <= ended
    assert len(ended) - len(succeeded) <= kills * most_again
    executing = 0
    whole = [it for it in entries if (it.path, it.sequence, it.attempt) in ended]
    for entry in sorted(whole, key=lambda entry: entry.at):
        executing += 1 if entry.event == "start" else -1
        assert executing <= WORKERS


@pytest.mark.parametrize(
    ("kind", "most", "most_again"),
    # What a worker has ended it has told, unless it was killed in between; what a driver was told may be unwritten.
    [("worker", 12, 1), ("agent", 4, WORKERS), ("driver", 5, 2 * 64 + WORKERS)],
)
def test_each_of_very_many_quick_steps_runs_once_whoever_is_killed(store: Path, kind, most, most_again) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    kills = run_with_kills(store, kind, most, random.Random(seed))
    assert kills
    evidence.note(1 if kind == "driver" else 4, kills=kills, runs=1)
    check(store, kills, most_again)


def test_a_stop_takes_back_what_has_not_begun_and_what_has_ended_is_kept(store: Path) -> None:
    driver = drivers.start(store, "run", FLOW)
    drivers.wait_for_lines(store, 200)
    os.kill(driver.pid, signal.SIGINT)
    output, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode in (0, 130), output
    opened = open_store(str(store))
    try:
        assert {it.status for it in opened.attempts(opened.runs()[0])} == {Status.SUCCESS}
    finally:
        opened.close()
    if driver.returncode:
        recovery = drivers.start(store, "recover")
        output, _ = recovery.communicate(timeout=PATIENCE)
        assert recovery.returncode == 0, output
    check(store, kills=0, most_again=0)
