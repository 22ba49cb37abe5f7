"""A machine that goes off at each call by which a run changes anything, with or without what it had not flushed.

POWER_CUTS says at how many calls of each flow (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults import evidence, ledger, power_cuts, tolls
from tests.faults.copied_drivers import CopiedDrivers
from tests.faults.shim import DRIVER, Action, Shim, is_flushed
from tests.faults.swept_flows import SWEPT, Swept
from tests.faults.swept_runs import SweptRun, sweep

COUNT = int(os.environ.get("POWER_CUTS", "6"))


@pytest.fixture(scope="module")
def drivers(shim_library: Path) -> Iterator[CopiedDrivers]:
    with CopiedDrivers(shim_library) as made:
        yield made


@pytest.mark.parametrize("flow", SWEPT, ids=[flow.name for flow in SWEPT])
def test_at_whichever_call_the_power_goes_no_outcome_that_was_told_is_lost(drivers, tmp_path, flow: Swept) -> None:
    chance = random.Random(5)
    cuts = lost = 0

    def shim(swept: SweptRun, number: int, action: Action) -> Shim:
        return swept.shim(watched=swept.place, number=number, action=action, kills_all=True)

    def check(swept: SweptRun, shim: Shim) -> None:
        """Run, cut the power, recover."""
        nonlocal cuts, lost
        code, output = swept.run(shim)
        assert code == 0 or shim.victim, output
        shim.end_all()
        cuts += 1
        # The disk has all that was written, nothing that was not flushed, or some of it.
        how = chance.choice((None, None, chance))
        lost += power_cuts.cut(shim.journal, swept.place, how)[1] if chance.random() < 0.8 else 0
        check_what_was_told(swept, code)
        swept.recover()
        swept.check()

    make = partial(SweptRun, drivers, tmp_path, flow, makes_store=flow is SWEPT[0])
    points, wrong = sweep(make, shim, check, COUNT)
    evidence.note(6, power_cuts=cuts, points=points, lost_changes=lost)
    assert not wrong, "\n".join(wrong)
    assert lost > 0


def check_what_was_told(swept: SweptRun, code: int) -> None:
    """What a step rests on that has begun, and all if the run was said to have succeeded, is in the store."""
    found = tolls.succeeded(swept.store) if swept.store.exists() else set()
    names = {(path, sequence) for _, path, sequence in found}
    if code == 0:
        assert names == swept.flow.tasks
    began = {entry.path for entry in ledger.read(swept.ledger) if entry.event == "start"}
    for path in began:
        for before in swept.flow.after.get(path, set()):
            wanted = {task for task in swept.flow.tasks if task[0] == before}
            assert wanted <= names, f"{path} had begun, and {wanted - names} is not in the store"


def test_a_driver_tells_nobody_anything_before_what_it_has_written_is_flushed(drivers, tmp_path) -> None:
    swept = SweptRun(drivers, tmp_path, SWEPT[0], makes_store=False)
    shim = swept.shim(depths=(DRIVER,))
    code, output = swept.run(shim)
    assert code == 0, output
    calls = shim.calls()
    swept.end()
    told = [call for call in calls if call.name in ("send", "sendto", "sendmsg") and call.about.startswith("socket:")]
    assert len(told) > 3
    wal = f"{swept.store}-wal"
    written = [call for call in calls if call.about == wal and call.name.startswith("pwrite")]
    assert len(written) > 10
    late = [call for call in told if not is_flushed(call, written, calls)]
    assert late == []
