"""Very many quick steps at once, each of which leaves two lines in a ledger; the next waits for all of them."""

from __future__ import annotations

from sequent import container, item, step
from tests.faults.ledger import note

COUNT = 1200


@container(max_concurrent=2)
class flow:
    """Quick enough to be handed over ahead."""

    @step(repeats=range(COUNT), parallel=0, retries=50)
    def leaf(number: int = item()) -> int:  # noqa: N805 - a step without self
        """Take hardly any time."""
        note("start")
        note("end")
        return number

    @step(retries=50)
    def total(numbers: list[int] = leaf.result) -> int:  # noqa: N805 - a step without self
        """Take all results."""
        note("start")
        note("end")
        return sum(numbers)
