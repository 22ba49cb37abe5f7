"""Nothing is lost and nothing runs twice, whenever the driver is killed.

RECOVERIES says how often eight of them are started at once (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.faults import drivers, evidence, ledger, tolls
from tests.patience import LATE, PATIENCE, wait_until

TASKS = 4 * (3 * 3 + 1) + 2
FLOW = "tests.faults.three_levels:flow"


def check_ledger(entries: list[ledger.Entry], kills: int) -> None:
    """Every task ran to its end; only a killed driver's window lets one end twice; none overlapped itself."""
    ends = Counter((entry.path, entry.sequence) for entry in entries if entry.event == "end")
    assert len(ends) == TASKS
    assert sum(ends.values()) - TASKS <= 2 * kills
    open_since: dict[tuple[str, str], ledger.Entry] = {}
    for entry in entries:
        task = (entry.path, entry.sequence)
        if entry.event == "start":
            before = open_since.get(task)
            assert before is None or ledger.born(before.pid) != before.born, f"{task} ran twice at once"
            open_since[task] = entry
        else:
            open_since.pop(task, None)


def test_a_driver_killed_at_six_random_moments_recovers_each_time(store: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    kills = 0
    succeeded: set[tuple[str, str, str]] = set()
    for _ in range(6):
        process = drivers.start_or_recover(store, FLOW)
        tolls.wait_for_a_start(process, store.with_name("ledger"), chance.randint(0, 6))
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        kills += 1
        now = tolls.succeeded(store)
        assert succeeded <= now, f"seed {seed}: an outcome was lost"
        succeeded = now
    if process.poll() != 0:
        process = drivers.start_or_recover(store, FLOW)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"seed {seed}: {output}"
    assert kills
    evidence.note(1, kills=kills, runs=1)
    check_ledger(ledger.read(store.with_name("ledger")), kills)
    assert len(tolls.succeeded(store)) == TASKS


@pytest.mark.parametrize("number", range(int(os.environ.get("RECOVERIES", "1"))))
def test_of_eight_recoveries_at_once_one_drives_and_seven_are_refused_by_name(store: Path, number) -> None:
    hold = drivers.hold_from(store, 6)
    first = drivers.start(store, "run", FLOW)
    drivers.wait_for_lines(store, 6)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    others = [drivers.start(store, "recover") for _ in range(8)]
    wait_until(lambda: sum(process.poll() is not None for process in others) >= 7)
    refused = [process for process in others if process.poll() is not None]
    (winner,) = (process for process in others if process not in refused)
    hold.unlink()
    for process in refused:
        output, _ = process.communicate()
        assert process.returncode == 3, output
        assert str(winner.pid) in output
    output, _ = winner.communicate(timeout=PATIENCE)
    assert winner.returncode == 0, output
    evidence.note(9, recoveries=8, runs=1)
    assert len(tolls.succeeded(store)) == TASKS


def test_no_process_is_left_when_the_driver_is_killed(store: Path) -> None:
    drivers.hold_from(store, 8)
    process = drivers.start(store, "run", FLOW)
    drivers.wait_for_lines(store, 8)
    below = psutil.Process(process.pid).children(recursive=True)
    assert below
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(below, timeout=6 + LATE)
    assert not alive
