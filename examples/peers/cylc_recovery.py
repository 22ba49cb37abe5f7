"""A model that may fail and then is run in another way, at a time of the clock, with a branch for each end.

The peer: Cylc's recovery tasks and clock triggers. It needs optional outputs (`model:fail?`), a graph line for either
branch, a third that joins them (`model | retry => products`), and an `@wall_clock` trigger with an offset.

Try it: `sequent run examples/peers/cylc_recovery.py:forecast --not-before 2026-11-24T06:00:00+00:00`
"""

from datetime import UTC, datetime
from pathlib import Path

from sequent import container, param, step


@container
class forecast:
    """Run a model, with small steps if it does not come through with large ones."""

    not_before: datetime = param(default=datetime(2026, 1, 1, tzinfo=UTC), help="when observations are complete")
    largest: int = param(default=30, help="the largest step with which the model is stable, in minutes")

    # The moment is kept in the store: a recovery tomorrow does not wait for it again.
    @step(delay=not_before)
    def observe(self) -> list[float]:
        """Read what was measured, once it is there."""
        return [float(word) for word in Path("observed.txt").read_text().split()]

    @step
    def model(self, observed: list[float] = observe.result) -> float:
        """The forecast with large time steps."""
        return integrate(observed, minutes=60, largest=self.largest)

    @step(requires=model.failed)
    def retry(self, observed: list[float] = observe.result) -> float:
        """With small ones. It handles the failure: the flow is a success if this is one."""
        return integrate(observed, minutes=15, largest=self.largest)

    # A short while after either, as other centres read the same disk at once.
    @step(requires=model | retry, delay="0.05s")
    def products(self, coarse: float | None = model.result_or(None), fine: float | None = retry.result_or(None)) -> str:
        """Whichever came through."""
        return f"coarse {coarse:.1f}" if coarse is not None else f"fine {fine:.1f}"

    @step(requires=retry.failed, handles=False)
    def call(self) -> None:
        """Neither came through: call somebody, and fail."""
        Path("called.txt").write_text("no forecast\n")

    result = products


def integrate(observed: list[float], *, minutes: int, largest: int) -> float:
    """Stands for the model: half of the trend, an hour on."""
    if minutes > largest:
        raise ArithmeticError(f"unstable with steps of {minutes} minutes")
    return observed[-1] + (observed[-1] - observed[0]) / 2
