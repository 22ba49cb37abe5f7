"""A flow whose steps are executed on two other hosts, and keep one ledger with those that are executed here."""

from __future__ import annotations

import os
from pathlib import Path

from sequent import Pool, container, context, item, step
from tests.faults import ledger
from tests.faults.working import begin, live, work

SIZE = 3
DB = Pool("db", SIZE)
TURNS = 4
LINES = 5


def talk() -> str:
    """Work as long as the file HOLD is there, with a note and some lines for the log; return the token."""
    begin()
    context().note(f"left by {context().token}")
    for number in range(LINES):
        print(context().token, number, flush=True)
        live(0.02)
    hold = Path(os.environ[ledger.LEDGER]).with_name("HOLD")
    while hold.exists():
        live(0.02)
    ledger.note("end")
    return context().token


@container(max_concurrent=6)
class flow:
    """Before, copies of a loop, a step on one host alone, after."""

    @step(retries=20)
    def before(self) -> None:
        work()

    @container(requires=before, hosts=["near", "far"])
    class there:
        """Takes turns with a pool, then ends."""

        @step(repeats=range(TURNS), parallel=2, acquires={DB: 1}, retries=20)
        def many(self, number: int = item()) -> str:
            return talk()

        @step(requires=many, retries=20)
        def last(self) -> str:
            return talk()

    @step(requires=before, hosts=["far"], acquires={DB: 2}, retries=20)
    def alone(self) -> str:
        return talk()

    @step(requires=there & alone, retries=20)
    def after(self, token: str = alone.result) -> str:
        work()
        return token
