"""A flow of three levels, 4 x (3 x 3 + 1) + 2 tasks, whose steps keep a ledger."""

from __future__ import annotations

import time

from sequent import container, item, step
from tests.faults import ledger


def work(seconds: float = 0.01) -> None:
    """Take a little time, between two lines of the ledger; longer while it is held."""
    ledger.note("start")
    time.sleep(seconds)
    ledger.wait_while_held(seconds)
    ledger.note("end")


@container
class flow:
    """Before, a loop of loops, after."""

    @step
    def before(self) -> None:
        work()

    @container(requires=before, repeats=["a", "b", "c", "d"], parallel=2)
    class outside:
        """Four times: a loop, and a step after it."""

        name: str = item()

        @container(repeats=range(3))
        class inside:
            """Three times: three steps, one after another."""

            @step
            def first(self) -> None:
                work()

            @step(requires=first)
            def second(self) -> None:
                work()

            @step(requires=second)
            def third(self) -> None:
                work()

        @step(requires=inside)
        def last(self) -> None:
            work()

    @step(requires=outside)
    def after(self) -> None:
        work()
