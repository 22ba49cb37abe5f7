"""Drawn flows that are run with kills, one after another, until time is up."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.endurance.random_flows import SEED
from tests.faults import ledger, tolls
from tests.faults.drivers import start

FLOW = "tests.endurance.random_flows:flow"
MOST_KILLS = 4


def drawn_runs(seeds: Iterator[int], until: float) -> tuple[int, int]:
    """Run the flow of each seed; return the numbers of runs and of kills.

    Args:
        seeds: the seeds.
        until: the moment of the monotonic clock after which no further run begins.
    """
    runs = kills = 0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as name:
            try:
                kills += run_drawn(seed, Path(name))
            except AssertionError as error:
                error.add_note(f"seed {seed}")
                raise
            finally:
                tolls.end_all(Path(name, "ledger"))
        runs += 1
        if time.monotonic() > until:
            break
    return runs, kills


def run_drawn(seed: int, directory: Path) -> int:
    """Run the flow of a seed, with kills of its driver or of all its processes, until it has succeeded.

    Returns:
        the number of kills.
    """
    chance = random.Random(seed)
    store, told = directory / "store.db", directory / "ledger"
    most, kills = chance.randint(0, MOST_KILLS), 0
    while True:
        words = ["recover"] if tolls.has_run(store) else ["run", FLOW]
        driver = start(store, *words, **{SEED: str(seed)})
        if kills < most:
            tolls.wait_for_a_start(driver, told, chance.randint(0, 4))
            time.sleep(chance.uniform(0, 0.3))
            if driver.poll() is None:
                tolls.kill(driver.pid, chance.choice(("driver", "all")), chance)
                kills += 1
        output, _ = driver.communicate()
        if driver.returncode == 0:
            break
        assert driver.returncode == -signal.SIGKILL, output
    tolls.check_once(store, ledger.read(told), most_again=10 * kills)
    tolls.check_nothing_is_left(store, told)
    return kills
