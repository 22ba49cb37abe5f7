"""A fold: each day's balance comes from the one before, and is kept, so that a recovery goes on in the middle.

The peer: a loop in a flow of Prefect. It needs a stored result and a cache key for each pass, or else the whole loop in
one task, which starts over when it fails.

Try it: `sequent run examples/peers/folding.py:ledger`
"""

from pathlib import Path

from sequent import container, item, outer, param, previous, step


@container
class ledger:
    """Close day after day."""

    opening: float = param(default=100.0, help="the balance before the first day")
    book: Path = param(default=Path("book.txt"), help="a line for each day: what came in and what went out")

    @step
    def read(self) -> list[str]:
        """The days."""
        return self.book.read_text().splitlines()

    @container(repeats=read.result)
    class day:
        """One day, on top of the day before."""

        line: str = item()
        before: float = previous(outer.opening)

        @step
        def close(self) -> float:
            """The balance in the evening."""
            balance = self.before + sum(float(word) for word in self.line.split())
            if balance < 0:
                raise ValueError(f"overdrawn by {-balance:.2f}")
            return balance

        result = close

    @step
    def highest(self, balances: list[float] = day.result, last: float = day.result[-1]) -> tuple[float, float]:
        """The highest and the last balance: every day's is still there."""
        return max(balances), last

    result = highest
