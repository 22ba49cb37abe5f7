"""A question about a future run of a flow, and those who watch while it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.forecast.limits import LimitChanges
from sequent.view.earlier_runs import MOST_RUNS

Watch: TypeAlias = Callable[[str, int, int], object]
"""Is told the work under way, how much of it is done, and how much there is."""


@frozen(kw_only=True, eq=False, repr=False)
class ForecastRequest(ByFields):
    """A question about a future run of a flow."""

    start: float
    """When the run would begin, in seconds since 1970."""
    params: Mapping[str, object] = field(factory=dict[str, object])
    """The parameters that differ from those of the latest run."""
    changes: LimitChanges = field(factory=LimitChanges)
    most_runs: int = MOST_RUNS
