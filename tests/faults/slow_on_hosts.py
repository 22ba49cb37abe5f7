"""A flow whose steps on two other hosts take a random time each, up to the seconds in the variable SLOWEST."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from sequent import container, context, item, step
from tests.faults import ledger
from tests.faults.on_hosts import LINES
from tests.faults.working import begin

SLOWEST = "SLOWEST"
ITEMS = 3
TASKS = 2 * (ITEMS + 1)
GONE, BACK = "GONE", "BACK"
"""The files beside the ledger for which the first two items wait: the driver is gone, and it is back."""


def take_a_while(part: float, awaited: str = "") -> str:
    """Begin, leave a note, write to the log over a random time, up to a part of the longest, end; return the token.

    A step that waits for a file takes no other time.
    """
    begin()
    context().note(f"left by {context().token}")
    chance = random.Random(f"{os.environ[ledger.LEDGER]} {ledger.calling_task()}")
    pause = 0 if awaited else part * chance.uniform(0, float(os.environ[SLOWEST])) / LINES
    for number in range(LINES):
        print(context().token, number, flush=True)
        time.sleep(pause)
    while awaited and not Path(os.environ[ledger.LEDGER]).with_name(awaited).exists():
        time.sleep(0.02)
    ledger.note("end")
    return context().token


@container
class flow:
    """Several steps at once on each host, then one more there."""

    @container(hosts=["near", "far"])
    class there:
        @step(repeats=range(ITEMS), parallel=ITEMS)
        def first(self, number: int = item()) -> str:
            return take_a_while(1, (GONE, BACK, "")[number])

        @step(requires=first)
        def last(self) -> str:
            return take_a_while(0.1)
