"""What executions really take of pools, over all runs of a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from sequent.model.plan import Plan
from tests.simulation.executions import Execution, Ledger


@frozen
class PoolUser:
    """A run that takes amounts of pools."""

    plan: Plan
    ledger: Ledger
    counts: Callable[[Execution], bool]
    """Whether an execution counts: none does of which its driver cannot know."""

    shares: Callable[[], bool]
    """Whether its amounts of shared pools count: none do once others could take them."""

    def amounts(self, pool: str) -> Iterator[int]:
        """Yield the amounts that its executions take."""
        for execution in self.ledger.running:
            if self.counts(execution):
                yield self.amount(execution, pool)

    def amount(self, execution: Execution, pool: str) -> int:
        """Return the amount that an execution takes."""
        return dict(self.plan.step(execution.order.node).acquires).get(pool, 0)


class PoolUse:
    """The runs of a world, and the pools that they share."""

    def __init__(self) -> None:
        self.users: list[PoolUser] = []

    def excess(self, user: PoolUser, beginning: Execution) -> tuple[str, int, int] | None:
        """Return a pool of which more is taken than there is once an execution begins, with its amount and size."""
        for pool in user.plan.pools:
            users = [each for each in self.users if each.shares()] if pool.is_shared else [user]
            taken = sum(amount for each in users for amount in each.amounts(pool.name))
            taken += user.amount(beginning, pool.name) if user in users and user.counts(beginning) else 0
            if taken > pool.capacity:
                return pool.name, taken, pool.capacity
        return None
