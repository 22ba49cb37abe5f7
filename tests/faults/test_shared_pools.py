"""Runs that share a pool never hold more than there is, whichever drivers are killed, and all come to an end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults import drivers, ledger, one_pool, tolls
from tests.patience import PATIENCE, wait_until

FLOW = "tests.faults.one_pool:flow"
HOG = "tests.faults.one_pool:hog"
AMOUNTS = {"small": 1, "large": 2, "all_of_it": 2}


@pytest.fixture
def store(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Where drivers wake one another.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(store.parent))
    store.parent.chmod(0o700)
    return store


def most_held(store: Path) -> int:
    """The most that was certainly held of the pool at any instant."""
    entries = ledger.read(store.with_name("ledger"))
    return tolls.most_at_once(
        span
        for path, amount in AMOUNTS.items()
        for span in tolls.spans((entry for entry in entries if entry.path == path), amount)
    )


def is_known(store: Path, run: str) -> bool:
    """Whether a run was written down before its driver was killed, be it without any attempt."""
    return store.exists() and any(run in row for row in tolls.rows(store, "run"))


def start(store: Path, run: str) -> subprocess.Popen[str]:
    """Begin a run, or take it up again."""
    return (
        drivers.start(store, "recover", run)
        if is_known(store, run)
        else drivers.start(store, "run", FLOW, "--run-id", run)
    )


def test_three_runs_share_a_pool_of_two_while_their_drivers_are_killed(store: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    chance = random.Random(seed)
    drivers = {run: start(store, run) for run in ("one", "two", "three")}
    kills, most = 0, 6
    deadline = time.monotonic() + PATIENCE
    while drivers:
        assert time.monotonic() < deadline, f"these starve: {[*drivers]}"
        run = chance.choice([*drivers])
        time.sleep(chance.uniform(0.05, 0.4))
        driver = drivers[run]
        if driver.poll() is None and kills < most:
            kills += tolls.kill(driver.pid, chance.choice(("driver", "driver", "all")), chance) > 0
        if driver.poll() is None and kills < most:
            continue
        output, _ = driver.communicate(timeout=PATIENCE)
        if driver.returncode == 0:
            del drivers[run]
        else:
            assert driver.returncode == -signal.SIGKILL, output
            drivers[run] = start(store, run)
    assert most_held(store) == one_pool.SIZE
    entries = ledger.read(store.with_name("ledger"))
    tolls.check_once(store, entries, most_again=kills * 3)
    assert len(tolls.succeeded(store)) == 3 * (one_pool.TURNS + 1)
    tolls.check_nothing_is_left(store, store.with_name("ledger"))


def test_what_a_dead_driver_held_goes_to_others_once_its_steps_have_ended_too(store: Path) -> None:
    path = store.with_name("ledger")
    hold = store.with_name("HOLD")
    hold.touch()
    first = drivers.start(store, "run", HOG, "--run-id", "first")
    drivers.wait_for_lines(store, 3)
    second = drivers.start(store, "run", FLOW, "--run-id", "second")
    wait_until(lambda: waits_for_pool(store))
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    output, _ = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, output
    assert most_held(store) == one_pool.SIZE
    hold.unlink()
    again = drivers.start(store, "recover", "first")
    output, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, output
    tolls.check_nothing_is_left(store, path)


def waits_for_pool(store: Path) -> bool:
    """Whether somebody stands in line."""
    return tolls.rows(store, "ticket") != []
