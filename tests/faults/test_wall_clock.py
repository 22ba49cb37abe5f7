"""Waits in real processes whose wall clock is set while they wait, and while nobody drives the run."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import drivers, evidence, ledger, tolls
from tests.faults.ledger import Entry
from tests.faults.shim import Shim
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


@pytest.fixture
def clock(shim_library: Path, tmp_path: Path) -> Iterator[Shim]:
    """The wall clock of all processes of a test."""
    with closing(Shim(shim_library, tmp_path / "shim")) as made:
        yield made


def entries_of(store: Path, path: str, event: str = "start") -> list[Entry]:
    return [entry for entry in ledger.read(store.with_name("ledger")) if (entry.path, entry.event) == (path, event)]


def wait_for_beats(store: Path, count: int, recovery: int) -> None:
    """Wait until the driver has been awake so often, now that it waits for both times."""
    done = len(entries_of(store, "beat"))
    wait_until(
        lambda: len(entries_of(store, "beat")) >= done + count and entries_of(store, "beat")[-1].recovery == recovery
    )


@pytest.mark.parametrize("jump", [HOUR, -HOUR, TEN_YEARS, -TEN_YEARS])
def test_a_wait_is_neither_short_nor_late_wherever_the_wall_clock_is_set(store: Path, clock: Shim, jump: float) -> None:
    driver = drivers.start(store, "run", FLOW, **clock.environment)
    wait_until(lambda: bool(entries_of(store, "first", "end") and entries_of(store, "again", "fail")))
    wait_until(lambda: len(tolls.rows(store, "wait")) == 2 if store.exists() else False)
    clock.set_clock(jump)
    wait_for_beats(store, 3, recovery=0)
    other = drivers.start(store, "recover", **clock.environment)
    output, _ = other.communicate(timeout=PATIENCE)
    assert other.returncode == 3, output
    os.kill(driver.pid, signal.SIGKILL)
    driver.communicate()
    clock.set_clock(-jump)
    driver = drivers.start(store, "recover", **clock.environment)
    wait_for_beats(store, 2, recovery=1)
    clock.set_clock(2 * jump)
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
    evidence.note(17, jumps=3, runs=1)


@pytest.mark.parametrize("jump", [HOUR, TEN_YEARS])
def test_a_lease_goes_by_the_clock_of_the_server_wherever_those_of_drivers_are_set(tmp_path, cluster, clock, jump):
    hold = tmp_path / "HOLD"
    hold.touch()
    variables = {**clock.environment, "SEQUENT_STORE": cluster.url(cluster.new_database())}

    def start(*words: str, at: str) -> subprocess.Popen[str]:
        """Start a command on a machine of that name, as far as its state directory tells."""
        return drivers.start(tmp_path / "unused", *words, XDG_STATE_HOME=str(tmp_path / at), **variables)

    driver = start("run", "tests.faults.three_levels:flow", at="here")
    drivers.wait_for_lines(tmp_path / "unused", 1)
    for shift in (jump, -jump):
        clock.set_clock(shift)
        other = start("recover", "latest", "--flow", "tests.faults.three_levels:flow", at="there")
        output, _ = other.communicate(timeout=PATIENCE)
        assert other.returncode == 3, output
    hold.unlink()
    output, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, output
    evidence.note(17, "PostgreSQL", jumps=2, runs=1)
