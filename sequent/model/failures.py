"""The failures in a step or container, as another step gets them."""

from __future__ import annotations

from collections.abc import Iterable

from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.showing import shown

MOST_TOLD = 100
"""The largest number of failures in detail; the rest is counted."""
CLASSES: dict[str, type] = {kind.__qualname__: kind for kind in (Failure, Problem, LogSpan)}
"""The records of which a failure consists."""


class Failures(list[Failure]):
    """The first hundred failures, by time of their attempts' start; ``total`` is how many there are."""

    def __init__(self, first: Iterable[Failure], total: int) -> None:
        super().__init__(first)
        self.total = total

    def _repr_html_(self) -> str | None:
        return shown(self)
