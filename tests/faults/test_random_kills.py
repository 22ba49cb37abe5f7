"""Drivers that are killed at moments drawn at random, again and again, until their run has succeeded.

RANDOM_KILLS says how many are killed (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from tests.faults import evidence, tolls
from tests.faults.copied_drivers import CopiedDrivers
from tests.faults.swept_flows import SWEPT, Swept
from tests.faults.swept_runs import SweptRun

COUNT = int(os.environ.get("RANDOM_KILLS", "12"))
EACH = 4
"""Kills of one run, at most."""
PARTS = 4
"""Tests that share them, to be run at once."""


@pytest.fixture(scope="module")
def drivers(shim_library: Path) -> Iterator[CopiedDrivers]:
    with CopiedDrivers(shim_library) as made:
        yield made


def run_with_kills(swept: SweptRun, most: int, chance: random.Random, longest: float) -> int:
    """Run and recover, killing the driver at random; give how often it was killed."""
    kills = 0
    done: set[tuple[str, str, str]] = set()
    while True:
        # The next driver comes while processes of the last one may still be there.
        driver = swept.start(swept.shim(), recovers=tolls.has_run(swept.store))
        if kills < most and not driver.has_ended(chance.uniform(0, 1.2 * longest)):
            driver.kill()
        code, output = driver.wait()
        now = tolls.succeeded(swept.store)
        # A recovery runs a failure again, and then its handler.
        lost = {task for task in done - now if task[1] not in swept.flow.again}
        assert not lost, f"outcomes of {lost} were lost: {output}"
        done = now
        if code == 0:
            swept.check(kills)
            return kills
        assert code == -signal.SIGKILL, (code, output)
        kills += 1


@pytest.mark.parametrize("part", range(PARTS))
def test_no_outcome_is_lost_or_doubled_whenever_drivers_are_killed(drivers, tmp_path, part) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    kills = runs = 0
    longest: dict[str, float] = {}
    flows: Iterator[Swept] = cycle(SWEPT[part % len(SWEPT) :] + SWEPT[: part % len(SWEPT)])
    for flow in evidence.in_time(flows):
        if kills >= COUNT / PARTS:
            break
        swept = SweptRun(drivers, tmp_path, flow, makes_store=chance.random() < 0.3)
        began = time.monotonic()
        try:
            if flow.name not in longest:
                run_with_kills(swept, 0, chance, 0)
                longest[flow.name] = time.monotonic() - began
                continue
            kills += run_with_kills(swept, EACH, chance, longest[flow.name])
        except AssertionError as error:
            error.add_note(f"seed {seed}, {flow.name}, after {kills} kills")
            raise
        finally:
            swept.end()
        runs += 1
    evidence.note(1, kills=kills, runs=runs)
