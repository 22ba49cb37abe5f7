"""A flow, several runs of which take turns with a pool that they share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sequent import Pool, container, item, step
from tests.faults import ledger
from tests.faults.working import begin, live, work

SIZE = 2
LINE = Pool("line", SIZE, shared=True)
TURNS = 5


@container(max_concurrent=3)
class flow:
    """Many small requests, and a large one that they must not starve."""

    @step(repeats=range(TURNS), parallel=0, acquires={LINE: 1}, retries=20)
    def small(self, number: int = item()) -> None:
        work(0.08)

    @step(acquires={LINE: 2}, retries=20)
    def large(self) -> None:
        work(0.08)


@container
class hog:
    """Has the whole pool for as long as the file HOLD is there, and will not be told to end."""

    @step(acquires={LINE: 2}, retries=20)
    def all_of_it(self) -> None:
        hold = Path(os.environ[ledger.LEDGER]).with_name("HOLD")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        begin()
        while hold.exists():
            live(0.02)
        ledger.note("end")
