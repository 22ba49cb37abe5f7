"""The events of a simulated run, as its author sees them."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from sequent.model.outcome import Problem
from sequent.model.status import Status


class Kind(StrEnum):
    """The kinds of events."""

    STARTED = "started"
    """An attempt of a task."""
    ENDED = "ended"
    """An attempt, as a success or a failure."""
    LOST = "lost"
    """An attempt is gone without an outcome."""
    SKIPPED = "skipped"
    """A task never runs: its requirement can no longer come true."""
    CANCELLED = "cancelled"
    """A task would have run, but its container has stopped."""
    PASSED = "passed"
    """A recovery passes a task over."""
    WAITS = "waits"
    """A delay begins, or the wait before a further attempt."""
    OPENED = "opened"
    """An iteration of a container."""
    CLOSED = "closed"
    """An iteration of a container has settled."""


@frozen(kw_only=True)
class Event:
    """One thing that happened."""

    at: float
    """Simulated seconds since the beginning of the first simulation of the run."""
    kind: Kind
    path: str
    """Dotted."""
    sequence: str
    """The iteration numbers from outermost in: ``1.2``; of a container, its own iteration is the last."""
    attempt: int = 0
    """Of a task, from 1; 0 where there is none."""
    status: Status | None = None
    """How it ended."""
    until: float | None = None
    """Of a wait: when it is over, in simulated seconds."""
    problem: Problem | None = field(default=None, repr=False)
    """Why it failed."""

    def __str__(self) -> str:
        what = f"{self.path}/{self.sequence} {self.kind.value}"
        if self.attempt > 1:
            what += f" (attempt {self.attempt})"
        if self.until is not None:
            what += f" until {self.until:.3f}"
        if self.status is not None:
            what += f": {self.status.value}"
        if self.problem is not None:
            what += f" ({self.problem.type}: {self.problem.message})"
        return f"{self.at:12.3f}  {what}"
