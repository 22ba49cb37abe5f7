"""Nothing is lost and nothing runs twice, whenever the driver is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from sequent.model.status import Status
from sequent.runtime.store import open_store
from tests.faults import ledger
from tests.patience import LATE, PATIENCE, wait_until

ROOT = Path(__file__).parents[2]
TASKS = 4 * (3 * 3 + 1) + 2
FLOW = "tests.faults.three_levels:flow"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def command(store: Path, *words: str) -> subprocess.Popen[str]:
    """Start the command line with a ledger beside the store."""
    environment = {**os.environ, ledger.LEDGER: str(store.parent / "ledger"), "SEQUENT_STORE": str(store)}
    return subprocess.Popen(
        [sys.executable, "-m", "sequent", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def settled(store: Path) -> set[tuple[str, str]]:
    """The tasks that the store has as successes, by path and sequence; none while there is no run."""
    if not store.exists():
        return set()
    opened = open_store(str(store))
    try:
        runs = opened.runs()
        attempts = opened.attempts(runs[0]) if runs else iter(())
        return {(attempt.path, attempt.sequence) for attempt in attempts if attempt.status is Status.SUCCESS}
    finally:
        opened.close()


def has_run(store: Path) -> bool:
    """Whether a run was written down before its driver was killed."""
    if not store.exists():
        return False
    opened = open_store(str(store))
    try:
        return bool(opened.runs())
    finally:
        opened.close()


def check_ledger(entries: list[ledger.Entry], kills: int) -> None:
    """Every task ran to its end; only a killed driver's window lets one end twice; none overlapped itself."""
    ends = Counter((entry.path, entry.sequence) for entry in entries if entry.event == "end")
    assert len(ends) == TASKS
    assert sum(ends.values()) - TASKS <= 2 * kills
    open_since: dict[tuple[str, str], int] = {}
    for entry in entries:
        task = (entry.path, entry.sequence)
        if entry.event == "start":
            before = open_since.get(task)
            assert before is None or not psutil.pid_exists(before), f"{task} ran twice at once"
            open_since[task] = entry.pid
        else:
            open_since.pop(task, None)


def test_a_driver_killed_at_a_dozen_random_moments_recovers_each_time(store: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    kills = 0
    words: tuple[str, ...] = ("run", FLOW)
    succeeded: set[tuple[str, str]] = set()
    for _ in range(12):
        process = command(store, *words)
        try:
            process.wait(chance.uniform(0.3, 1.1))
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
        if has_run(store):
            words = ("recover",)
            now = settled(store)
            assert succeeded <= now, f"seed {seed}: an outcome was lost"
            succeeded = now
    if process.poll() != 0:
        process = command(store, *words)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"seed {seed}: {output}"
    check_ledger(ledger.read(store.parent / "ledger"), kills)
    assert len(settled(store)) == TASKS


def test_of_six_recoveries_at_once_one_drives_and_five_are_refused_by_name(store: Path) -> None:
    first = command(store, "run", FLOW)
    wait_for_lines(store.parent / "ledger", 6)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    hold = store.with_name("HOLD")
    hold.touch()
    others = [command(store, "recover") for _ in range(6)]
    wait_until(lambda: sum(process.poll() is not None for process in others) >= 5)
    refused = [process for process in others if process.poll() is not None]
    (winner,) = (process for process in others if process not in refused)
    hold.unlink()
    for process in refused:
        output, _ = process.communicate()
        assert process.returncode == 3, output
        assert str(winner.pid) in output
    output, _ = winner.communicate(timeout=PATIENCE)
    assert winner.returncode == 0, output
    assert len(settled(store)) == TASKS


def test_no_process_is_left_when_the_driver_is_killed(store: Path) -> None:
    process = command(store, "run", FLOW)
    wait_for_lines(store.parent / "ledger", 8)
    below = psutil.Process(process.pid).children(recursive=True)
    assert below
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(below, timeout=6 + LATE)
    assert not alive


def wait_for_lines(path: Path, count: int) -> None:
    """Wait until the ledger has that many lines."""
    wait_until(lambda: len(ledger.read(path)) >= count)
