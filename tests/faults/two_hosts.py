"""A flow on two hosts, which are this machine with other homes: what is executed there is told by the ledger."""

from __future__ import annotations

import time

from sequent import container, item, step
from tests.faults import ledger

HOSTS = ("near", "far")
ITEMS = 4
TASKS = len(HOSTS) * ITEMS * 2 + 1


@container
class flow:
    @container(hosts=list(HOSTS))
    class there:
        @container(repeats=range(ITEMS), parallel=2)
        class each:
            @step
            def first(self, number: int = item()) -> int:
                ledger.note("start")
                time.sleep(0.1)
                ledger.wait_while_held()
                ledger.note("end")
                return number

            @step(requires=first)
            def second(self, number: int = first.result) -> int:
                print("second of", number)
                ledger.note("start")
                time.sleep(0.05)
                ledger.wait_while_held()
                ledger.note("end")
                return number

    @step(requires=there)
    def last(self) -> None:
        ledger.note("start")
        ledger.note("end")
