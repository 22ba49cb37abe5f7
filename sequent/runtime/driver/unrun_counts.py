"""The numbers of tasks that were not executed, written at the end of a run, and now and then while it goes on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.status import Status
from sequent.runtime.clock import Clock
from sequent.runtime.records import Unrun

_SECONDS = 0.5
"""The shortest time between two writes, so that they cost nothing."""
_KINDS = (Status.SKIPPED, Status.CANCELLED)


class UnrunTasks:
    """By step, the numbers of tasks that were skipped or cancelled, or that are ready and wait for pools.

    A recovery does not need them: it derives them again.
    """

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        self._settled: dict[int, dict[Status, int]] = {}
        self._queued: Mapping[int, int] = {}
        self._is_changed = False
        self._written = -math.inf

    def add(self, node: int, status: Status) -> None:
        """Count a task that has settled without an attempt."""
        if status in _KINDS:
            numbers = self._settled.setdefault(node, {})
            numbers[status] = numbers.get(status, 0) + 1
            self._is_changed = True

    def queue(self, numbers: Mapping[int, int]) -> None:
        """Set how many tasks of each step wait for pools."""
        self._queued = numbers
        self._is_changed = True

    def left(self) -> float | None:
        """Return the seconds until the next write; None if there is nothing new."""
        return max(0.0, self._written + _SECONDS - self._clock.monotonic()) if self._is_changed else None

    def take_due(self) -> Unrun | None:
        """Return the numbers to be written now, if any."""
        if not self._is_changed or self.left():
            return None
        self._is_changed = False
        self._written = self._clock.monotonic()
        queued = {node: {Status.READY: number} for node, number in self._queued.items()}
        return self._told(
            {node: {**queued.get(node, {}), **self._settled.get(node, {})} for node in [*queued, *self._settled]}
        )

    def at_end(self) -> Unrun:
        """Return the numbers at the end, when no task waits any more."""
        return self._told(self._settled)

    def _told(self, numbers: Mapping[int, Mapping[Status, int]]) -> Unrun:
        steps = ((self._plan.nodes[node], counts) for node, counts in numbers.items())
        return {dotted(step.path): counts for step, counts in steps if isinstance(step, StepPlan)}
