"""A delay and a wait before a second attempt, beside steps that keep the driver awake for as long as HOLD is there."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from sequent import container, step
from tests.faults import ledger
from tests.faults.working import begin, work

DELAY = 7.0


def endless() -> Iterator[int]:
    """Count."""
    return itertools.count()


@container(max_concurrent=1)
class flow:
    """Wait twice."""

    @step
    def first(self) -> None:
        work()

    @step(requires=first, delay=DELAY)
    def delayed(self) -> None:
        work()

    @step(retries=3, backoff=DELAY)
    def again(self) -> None:
        """Fail once."""
        if any(entry.event == "fail" for entry in begin()):
            ledger.note("end")
            return
        ledger.note("fail")
        raise ValueError("not yet")

    @step(repeats=endless, until=True)
    def beat(self) -> bool:
        """Show that the driver is there, and how soon it gives out work."""
        work(0.05)
        return not Path(os.environ[ledger.LEDGER]).with_name("HOLD").exists()
