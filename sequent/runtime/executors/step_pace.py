"""How long the tasks of each step lately took, so that quick ones may be handed over ahead."""

from __future__ import annotations

from sequent.runtime.orders import PaceChanged

QUICK = 0.005
"""Seconds below which a task is quick."""
SEVERAL = 8
"""How many quick ones in a row make their step quick."""


class StepPace:
    """Which steps are quick: the last several of their tasks were, and a single slow one ends it."""

    def __init__(self) -> None:
        self._in_a_row: dict[int, int] = {}

    def is_quick(self, node: int) -> bool:
        """Whether the step's tasks lately took hardly any time."""
        return self._in_a_row.get(node, 0) >= SEVERAL

    def took(self, node: int, seconds: float) -> PaceChanged | None:
        """A task of the step took that long; say so where that changes its pace."""
        count = self._in_a_row.get(node, 0)
        if seconds >= QUICK:
            self._in_a_row[node] = 0
            return PaceChanged(node, is_quick=False) if count >= SEVERAL else None
        if count >= SEVERAL:
            return None
        self._in_a_row[node] = count + 1
        return PaceChanged(node, is_quick=True) if count + 1 == SEVERAL else None
