"""The events of a simulated run, as its author sees them."""

from __future__ import annotations

from enum import StrEnum

from attrs import field, frozen

from sequent.model.outcome import Problem
from sequent.model.scope import Sequence, path_on_host, read_sequence
from sequent.model.status import Status


class Kind(StrEnum):
    """The kinds of events."""

    STARTED = "started"
    """An attempt of a task began."""
    ENDED = "ended"
    """An attempt ended, as a success or a failure."""
    LOST = "lost"
    """An attempt is gone without an outcome."""
    SKIPPED = "skipped"
    """A task never runs: its requirement can no longer come true."""
    CANCELLED = "cancelled"
    """A task does not run, since its container has stopped."""
    PASSED = "passed"
    """A recovery passes a task over."""
    ASKED = "asked"
    """A question is put; its answer is an attempt, which starts and ends at once."""
    WAITS = "waits"
    """A delay begins, or the wait before a further attempt."""
    OPENED = "opened"
    """An iteration of a container began."""
    CLOSED = "closed"
    """An iteration of a container settled."""


@frozen(kw_only=True)
class Event:
    """One event."""

    at: float
    """Simulated seconds since the beginning of the first simulation of the run."""
    kind: Kind
    path: str
    """The dotted path."""
    sequence: str
    """The iteration numbers from the outermost inwards: ``1.2``; a container's own iteration is the last."""
    host: str = ""
    """The host of the copy; '' if there are no copies."""
    attempt: int = 0
    """The number of a task's attempt, from 1; 0 for other events."""
    status: Status | None = None
    """The status at the end."""
    until: float | None = None
    """The end of a wait, in simulated seconds."""
    problem: Problem | None = field(default=None, repr=False)
    """The reason for a failure."""
    host_depth: int = field(default=0, repr=False)
    """How many names of the path lead to the step or container that has the copies."""

    @property
    def address(self) -> Sequence:
        """The sequence, with the host in its place."""
        return read_sequence(self.sequence, self.host, self.host_depth)

    def __str__(self) -> str:
        text = f"{path_on_host(self.path, self.host, self.host_depth)}/{self.sequence} {self.kind.value}"
        if self.attempt > 1:
            text += f" (attempt {self.attempt})"
        if self.until is not None:
            text += f" until {self.until:.3f}"
        if self.status is not None:
            text += f": {self.status.value}"
        if self.problem is not None:
            text += f" ({self.problem.type}: {self.problem.message})"
        return f"{self.at:12.3f}  {text}"
