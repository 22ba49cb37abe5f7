"""The recent pace of each step's tasks, so that quick ones may be handed over ahead."""

from __future__ import annotations

from sequent.runtime.orders import PaceChanged

QUICK = 0.005
"""Seconds below which a task is quick."""
SEVERAL = 8
"""Quick tasks in a row that make their step quick."""


class StepPace:
    """Which steps are quick: the last several tasks were, and a single slow one ends that."""

    def __init__(self) -> None:
        self._in_a_row: dict[int, int] = {}

    def is_quick(self, node: int) -> bool:
        """Return whether the step's recent tasks took hardly any time."""
        return self._in_a_row.get(node, 0) >= SEVERAL

    def took(self, node: int, seconds: float) -> PaceChanged | None:
        """Note that a task of the step took that long; return the change if it changes the step's pace."""
        count = self._in_a_row.get(node, 0)
        if seconds >= QUICK:
            self._in_a_row[node] = 0
            return PaceChanged(node, is_quick=False) if count >= SEVERAL else None
        if count >= SEVERAL:
            return None
        self._in_a_row[node] = count + 1
        return PaceChanged(node, is_quick=True) if count + 1 == SEVERAL else None
