"""Pools, some of which is kept and given back, retries, delays, a timeout, a fold, branches and parallel repeats."""

from __future__ import annotations

import signal
import subprocess

from sequent import Pool, container, item, previous, step
from tests.faults import ledger
from tests.faults.working import begin, live, work

DB, DB_SIZE = Pool("db", 4), 4
TAPE, TAPE_SIZE = Pool("tape", 2), 2
SLOTS = 5
DELAY = 0.5
PAUSE = 0.2
FIRST_WAIT = 0.15
TIMEOUT = 0.4
FAILURES = 2
AGAIN = 40
"""So many retries outlast all kills."""


@container(max_concurrent=SLOTS)
class flow:
    """Some of everything that takes time or room."""

    @step(acquires={DB: 2}, releases=[], retries=AGAIN)
    def keep(self) -> None:
        """Leave two of the pool with the run."""
        work()

    @step(requires=keep, delay=DELAY, retries=AGAIN)
    def delayed(self) -> None:
        work()

    @step(requires=delayed, releases={DB: 2}, retries=AGAIN)
    def give(self) -> None:
        """Give back what was kept."""
        work()

    @step(acquires={TAPE: 1}, retries=AGAIN, backoff=(FIRST_WAIT, 1.5, 1))
    def stubborn(self) -> str:
        """Fail a few times, and choose a branch."""
        before = begin()
        live(0.02)
        if sum(entry.event == "fail" for entry in before) < FAILURES:
            ledger.note("fail")
            raise ValueError("not yet")
        ledger.note("end")
        return "left"

    @step(requires=stubborn.returned("left"), acquires={DB: 1, TAPE: 2}, retries=AGAIN)
    def left(self) -> None:
        work()

    @step(requires=stubborn.returned("right"))
    def right(self) -> None:
        work()

    @step(timeout=TIMEOUT, retries=AGAIN)
    def slow(self) -> None:
        """Take too long at first, and have a child that takes longer."""
        before = begin()
        if sum(entry.event == "start" for entry in before) < FAILURES:
            subprocess.Popen(["sleep", "60"], start_new_session=True)
            live(30)
        ledger.note("end")

    @step(retries=AGAIN)
    def headstrong(self) -> None:
        """Go on when told to end, so that it may outlive its driver by a while."""
        before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        work(2.5)
        signal.signal(signal.SIGTERM, before)

    @step(repeats=range(1, 5), delay=PAUSE, retries=AGAIN)
    def fold(self, number: int = item(), total: int = previous(0)) -> int:
        work()
        return total + number

    @step(retries=AGAIN)
    def total(self, totals: list[int] = fold.result) -> None:
        """Say what was folded."""
        begin()
        ledger.note("totals=" + ",".join(str(total) for total in totals))
        ledger.note("end")

    @container(repeats=["a", "b", "c", "d", "e"], parallel=3)
    class wide:
        """More at once than the pool has room for."""

        @step(acquires={DB: 1}, retries=AGAIN)
        def small(self) -> None:
            work(0.1)

        @step(requires=small, acquires={DB: 2}, retries=AGAIN)
        def large(self) -> None:
            work(0.05)

    @container(acquires={TAPE: 1}, requires=keep)
    class holding:
        """Hold while two steps run, one of which takes more."""

        @step(retries=AGAIN)
        def first(self) -> None:
            work()

        @step(requires=first, acquires={TAPE: 1}, retries=AGAIN)
        def second(self) -> None:
            work(0.1)

    @step(requires=left & give & wide & holding & slow & headstrong, retries=AGAIN)
    def last(self) -> None:
        work()
