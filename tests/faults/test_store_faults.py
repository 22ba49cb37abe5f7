"""A store whose disk is full, or that another process locks, at random moments of a run: nothing is lost or doubled.

STORE_FAULTS says how many runs there are of each kind (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.disks import SmallDisk, small_disk
from tests.faults import drivers, evidence, ledger, many_words, many_words_ledger, tolls
from tests.patience import PATIENCE

FLOW = "tests.faults.many_words:flow"
COUNT = int(os.environ.get("STORE_FAULTS", "1"))
EACH = 3
"""Faults of one run, at most."""
LONGEST = 1.0
PATIENT = 30
"""Seconds for which a locked store is waited for."""
MANY = 10
"""So many runs are too long for ``./check``, and so is that wait."""


def fill(disk: SmallDisk, store: Path, seconds: float) -> None:
    """Leave no room for a while."""
    disk.fill()
    time.sleep(seconds)
    disk.free()


def lock(disk: SmallDisk, store: Path, seconds: float) -> None:
    """Let nobody else write for a while."""
    with closing(sqlite3.connect(store, isolation_level=None, timeout=PATIENCE)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")


KINDS: dict[str, tuple[str, Callable[[SmallDisk, Path, float], None], int]] = {
    "store": ("disk", fill, 7),
    "logs": ("disk/store.db.runs", fill, 7),
    "locked": ("disk", lock, 12),
}
"""By name: the place of a small disk, what happens, and the row of the matrix."""


@pytest.fixture
def path(tmp_path: Path):
    yield tmp_path / "ledger"
    tolls.end_all(tmp_path / "ledger")


@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.parametrize("kind", KINDS)
def test_a_store_that_takes_nothing_for_a_while_costs_nothing_but_time(tmp_path, path, kind, number) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    chance = random.Random(seed)
    place, disturb, row = KINDS[kind]
    store = tmp_path / "disk" / "store.db"
    faults = 0
    with small_disk(tmp_path / place, "8m") as disk:
        driver = drivers.start(store, "run", FLOW, **{ledger.LEDGER: str(path)})
        while faults < EACH and driver.poll() is None:
            tolls.wait_for_a_start(driver, path, chance.randint(1, 6))
            if driver.poll() is None:
                disturb(disk, store, chance.uniform(0, LONGEST))
                faults += 1
        output, _ = driver.communicate(timeout=PATIENCE)
        assert driver.returncode == 0, output
        assert faults
        evidence.note(row, faults=faults, runs=1)
        check(store, path)


def check(store: Path, path: Path, again: int = 0) -> None:
    """All is as it must be, with so many attempts that were lost."""
    entries = ledger.read(path)
    tolls.check_once(store, entries, most_again=again)
    many_words_ledger.check_values(entries)
    many_words_ledger.check_waits(entries, store)
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "db")) <= many_words.DB_SIZE
    assert tolls.most_at_once(many_words_ledger.certainly_held(entries, "tape")) <= many_words.TAPE_SIZE
    tolls.check_nothing_is_left(store, path)


if COUNT >= MANY:

    @pytest.mark.parametrize("number", range(COUNT // MANY))
    def test_a_store_that_is_locked_for_too_long_leaves_a_run_to_be_recovered(tmp_path, path, number) -> None:
        store = tmp_path / "store.db"
        driver = drivers.start(store, "run", FLOW)
        tolls.wait_for_a_start(driver, path, 3)
        with closing(sqlite3.connect(store, isolation_level=None, timeout=PATIENCE)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            output, _ = driver.communicate(timeout=PATIENT + PATIENCE)
            connection.execute("ROLLBACK")
        assert driver.returncode == 4, output
        assert "is locked by another process" in output
        output, _ = drivers.start(store, "recover").communicate(timeout=PATIENCE)
        evidence.note(12, faults=1, runs=1)
        check(store, path, many_words.SLOTS)
