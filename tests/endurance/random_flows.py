"""A flow drawn from a seed, whose steps keep a ledger: containers, repeats, requirements, pools, delays and retries."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from sequent import Pool, Sequent
from tests.faults import ledger
from tests.faults.working import begin, work

SEED = "ENDURANCE_SEED"
AGAIN = 5
"""Retries outlast a failure of the step's own."""


def stubborn() -> None:
    """Fail at the first attempt."""
    if not any(entry.event == "fail" for entry in begin()):
        ledger.note("fail")
        raise ValueError("not yet")
    ledger.note("end")


class Drawing:
    """Draws a flow.

    Args:
        chance: where it comes from.
        works: the functions of its steps.
    """

    def __init__(self, chance: Random, works: Sequence[Callable[[], None]] = (work, work, stubborn)) -> None:
        self._chance = chance
        self._works = works
        self._pool = Pool("room", 2)
        self.flow = Sequent("drawn", config={"max_concurrent": 3})
        self._fill(self.flow, depth=2)

    def _fill(self, block: Any, depth: int) -> None:
        """Add steps to the flow or to a container."""
        earlier: list[Any] = []
        for number in range(self._chance.randint(1, 4)):
            requires = self._chance.sample(earlier, min(len(earlier), self._chance.randint(0, 2)))
            earlier.append(self._add(block, f"s{number}", tuple(requires), depth))

    def _add(self, block: Any, name: str, requires: tuple[Any, ...], depth: int) -> Any:
        chance = self._chance
        options: dict[str, Any] = {"requires": requires} if requires else {}
        if chance.random() < 0.4:
            options |= {"repeats": list(range(chance.randint(1, 4))), "parallel": chance.choice((0, 1, 2))}
        if depth and chance.random() < 0.4:
            made = block.add_step(name, **options)
            self._fill(made, depth - 1)
            return made
        options |= {"acquires": {self._pool: 1}} if chance.random() < 0.3 else {}
        options |= {"delay": 0.1} if chance.random() < 0.2 else {}
        func = chance.choice(self._works)
        return block.add_step(name, func=func, retries=AGAIN, **options)


flow = Drawing(Random(os.environ.get(SEED, "0"))).flow
