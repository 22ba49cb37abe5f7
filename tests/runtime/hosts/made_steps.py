"""A flow whose functions have no name in their module: a lambda, a closure, a bound method and a partial."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sequent import Sequent


def adder(amount: int) -> Callable[[], int]:
    def add() -> int:
        return 1 + amount

    return add


class Counter:
    def count(self) -> int:
        return 3


flow = Sequent(name="flow")
flow.add_step("nameless", func=lambda: 1)
flow.add_step("closure", func=adder(1))
flow.add_step("method", func=Counter().count)
flow.add_step("part", func=partial(sum, [1, 3]))
