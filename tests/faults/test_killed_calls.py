"""Driver, agent or worker is killed at each call by which it changes anything: nothing is lost, doubled, early or left.

KILLED_CALLS says at how many calls of each kind of process of each flow (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults import evidence
from tests.faults.copied_drivers import CopiedDrivers
from tests.faults.shim import AGENT, DRIVER, WORKER, Action, Kind, Shim
from tests.faults.swept_flows import SWEPT, Swept
from tests.faults.swept_runs import SweptRun, sweep

COUNT = int(os.environ.get("KILLED_CALLS", "4"))
PROCESSES = {"driver": DRIVER, "agent": AGENT, "worker": WORKER}


@pytest.fixture(scope="module")
def drivers(shim_library: Path) -> Iterator[CopiedDrivers]:
    with CopiedDrivers(shim_library) as made:
        yield made


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize("flow", SWEPT, ids=[flow.name for flow in SWEPT])
def test_at_whichever_call_a_process_is_killed_the_run_is_recovered(drivers, tmp_path, flow: Swept, process) -> None:
    # One of the flows makes the store as well.
    make = partial(SweptRun, drivers, tmp_path, flow, makes_store=flow is SWEPT[0])
    kills, total, wrong = kill_at_each_call(make, PROCESSES[process], Kind.CHANGES)
    evidence.note(2 if process == "driver" else 4, kills=kills, points=total)
    assert not wrong, "\n".join(wrong)
    assert kills


def test_at_whichever_word_to_the_server_a_driver_is_killed_the_run_is_recovered(drivers, tmp_path, cluster) -> None:
    url = cluster.url(cluster.new_database())
    make = partial(SweptRun, drivers, tmp_path, SWEPT[1], makes_store=False, url=url)
    kills, total, wrong = kill_at_each_call(make, DRIVER, Kind.WORDS)
    evidence.note(2, "PostgreSQL", kills=kills, points=total)
    assert not wrong, "\n".join(wrong)
    assert kills


def kill_at_each_call(make: Callable[[], SweptRun], depth: int, kinds: Kind) -> tuple[int, int, list[str]]:
    """Run once for each call, which is killed there, and recover.

    Returns:
        how often was killed, how many points there are, and the errors.
    """
    kills = 0

    def shim(swept: SweptRun, number: int, action: Action) -> Shim:
        return swept.shim(depths=(depth,), kinds=kinds, number=number, action=action)

    def check(swept: SweptRun, shim: Shim) -> None:
        nonlocal kills
        code, output = swept.run(shim)
        kills += bool(shim.victim)
        assert code == 0 or shim.victim, output
        if code:
            swept.recover()
        swept.check()
        if kills % 10 == 1:
            swept.check_that_recovering_again_does_nothing()

    points, wrong = sweep(make, shim, check, COUNT)
    return kills, points, wrong
