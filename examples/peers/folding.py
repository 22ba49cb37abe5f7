"""A fold: each day's balance comes from the one before, and is kept, so that a recovery goes on in the middle.

The peer: a loop in a flow of Prefect. It needs a stored result and a cache key for each pass, or else the whole loop in
one task, which starts over when it fails.

Try it in a directory with a `book` of such files: `sequent run examples/peers/folding.py:ledger`
"""

from pathlib import Path

from sequent import container, item, outer, param, previous, step


@container
class ledger:
    """Close day after day."""

    opening: float = param(default=100.0, help="the balance before the first day")
    book: Path = param(default=Path("book"), help="a file for each day: what came in, and what went out")

    @step
    def days(self) -> list[Path]:
        """The days, in their order."""
        return sorted(self.book.iterdir())

    @container(repeats=days.result)
    class day:
        """One day, on top of the day before."""

        file: Path = item()
        before: float = previous(outer.opening)

        @step
        def close(self) -> float:
            """The balance in the evening."""
            balance = self.before + sum(float(word) for word in self.file.read_text().split())
            if balance < 0:
                raise ValueError(f"overdrawn by {-balance:.2f}")
            return balance

        result = close

    @step
    def highest(self, balances: list[float] = day.result, last: float = day.result[-1]) -> tuple[float, float]:
        """The highest and the last balance: every day's is still there."""
        return max(balances), last

    result = highest
