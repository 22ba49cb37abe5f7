"""The same work for each day of some weeks, several days at a time; days that failed are done again, and only those.

The peers: Airflow's backfill and Luigi's ranges. They need a start date, catch-up and a limit of active runs, or a task
of its own (`RangeDaily`) and a target whose file's existence says that a day is done.

Try it: `sequent run examples/peers/backfill.py:history --first 2026-02-26 --last 2026-03-02`
"""

from datetime import date, timedelta
from pathlib import Path

from sequent import container, context, item, param, step


@container
class history:
    """Fill in what is missing."""

    first: date = param(help="the first day")
    last: date = param(help="the last day")

    @step
    def days(self) -> list[date]:
        """What there is to fill in: any days, of any calendar."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    # A day that fails leaves the others alone, and the whole is a failure in the end.
    @container(repeats=days.result, parallel=2, stop_on_exception=False)
    class each:
        """One day."""

        day: date = item()

        @step
        def extract(self) -> int:
            """What happened on that day."""
            text = Path("closed.txt").read_text() if Path("closed.txt").exists() else ""
            if f"{self.day}" in text:
                raise LookupError(f"the archive of {self.day} is closed")
            return self.day.day * 10

        @step
        def load(self, sold: int = extract.result) -> int:
            """Keep it, once."""
            with Path("ledger.txt").open("a") as file:
                file.write(f"{self.day} {sold}\n")
            return sold

        result = load

    @step
    def total(self, sold: list[int] = each.result) -> int:
        """Of all days."""
        return sum(sold)

    # For those who wait: which days are open, whether or not all went well.
    @step(requires=each.failed, handles=False)
    def open_days(self, days: list[date] = days.result) -> None:
        """Say how many days were asked for."""
        Path("open.txt").write_text(f"of {len(days)} days some are open: sequent recover {context().run_id}\n")

    result = total
