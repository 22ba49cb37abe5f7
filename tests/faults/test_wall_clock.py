"""Waits in real processes whose wall clock is set while they wait, and while nobody drives the run."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.faults import drivers, ledger, shifted, tolls
from tests.faults.ledger import Entry
from tests.faults.two_waits import DELAY
from tests.patience import PATIENCE, wait_until

FLOW = "tests.faults.two_waits:flow"
HOUR = 3600.0
TEN_YEARS = 10 * 365 * 24 * HOUR
SECOND = 1_000_000_000


@pytest.fixture
def store(store: Path) -> Path:
    store.with_name("HOLD").touch()
    return store


def start(store: Path, *words: str) -> subprocess.Popen[str]:
    """Start the command line with a wall clock that the test sets."""
    offset = {shifted.OFFSET: str(store.with_name("offset"))}
    return drivers.start(store, *words, module="tests.faults.shifted", **offset)


def set_clock(store: Path, seconds: float) -> None:
    """Set the wall clock of the processes, at once for all of them."""
    new = store.with_name("offset.new")
    new.write_text(str(seconds))
    new.rename(store.with_name("offset"))


def entries_of(store: Path, path: str, event: str = "start") -> list[Entry]:
    return [entry for entry in ledger.read(store.with_name("ledger")) if (entry.path, entry.event) == (path, event)]


def wait_for_beats(store: Path, count: int, recovery: int) -> None:
    """Wait until the driver has been awake so often, now that it waits for both times."""
    done = len(entries_of(store, "beat"))
    wait_until(
        lambda: len(entries_of(store, "beat")) >= done + count and entries_of(store, "beat")[-1].recovery == recovery
    )


@pytest.mark.parametrize("jump", [HOUR, -HOUR, TEN_YEARS, -TEN_YEARS])
def test_a_wait_is_neither_short_nor_late_wherever_the_wall_clock_is_set(store: Path, jump: float) -> None:
    driver = start(store, "run", FLOW)
    wait_until(lambda: bool(entries_of(store, "first", "end") and entries_of(store, "again", "fail")))
    wait_until(lambda: len(tolls.rows(store, "wait")) == 2 if store.exists() else False)
    set_clock(store, jump)
    wait_for_beats(store, 3, recovery=0)
    other = start(store, "recover")
    output, _ = other.communicate(timeout=PATIENCE)
    assert other.returncode == 3, output
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    set_clock(store, -jump)
    driver = start(store, "recover")
    wait_for_beats(store, 2, recovery=1)
    set_clock(store, 2 * jump)
    wait_until(lambda: bool(entries_of(store, "delayed", "end") and entries_of(store, "again", "end")))
    store.with_name("HOLD").unlink()
    output, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, output
    beats = [entry.at for entry in entries_of(store, "beat") if entry.recovery == 1]
    # A machine that has no time for the beats has none for what is due either.
    patience = SECOND + max(after - before for before, after in itertools.pairwise(beats))
    for began, ended in (
        (entries_of(store, "first", "end")[0], entries_of(store, "delayed")[0]),
        (entries_of(store, "again", "fail")[0], entries_of(store, "again")[1]),
    ):
        due = began.at + int(DELAY * SECOND)
        assert due <= ended.at <= max(due, beats[0]) + patience
