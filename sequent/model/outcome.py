"""How things ended, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.model.record_text import Count, Number
from sequent.model.showing import shown
from sequent.model.status import RunStatus, Status

MOST_TOLD = 100
"""The largest number of failures in detail; the rest is counted."""


@frozen(kw_only=True, eq=False, repr=False)
class Problem(ByFields):
    """Why an attempt failed."""

    type: str
    """The exception's class, or ``ExitStatus``, ``Signal``, ``Lost``."""
    message: str
    traceback: str = ""
    """The author's part of it, as Python prints it."""
    file: str = ""
    line: Count = 0
    """The innermost line of the author's own code."""
    exit_code: Number | None = None
    signal: Number | None = None
    types: tuple[str, ...] = ()
    """The qualified names (``module.Class``) of the exception's class and of its bases."""


@frozen(kw_only=True, eq=False, repr=False)
class LogSpan(ByFields):
    """The place of an attempt's output: a number of bytes of a segment, from an offset."""

    segment: str
    offset: Count
    length: Count
    dropped: Count = 0
    """Bytes that were cut out of the middle, because the attempt wrote more than the cap."""


@frozen(kw_only=True, eq=False, repr=False)
class Failure(ByFields):
    """A failure that needs attention."""

    path: str
    sequence: str
    host: str = ""
    """Where it was; empty where the run was started."""
    attempt: int = 1
    problem: Problem
    log: LogSpan | None = None

    @property
    def type(self) -> str:
        """The exception's class, or ``ExitStatus``, ``Signal``, ``Lost``."""
        return self.problem.type

    @property
    def message(self) -> str:
        """What it says."""
        return self.problem.message

    @property
    def exit_code(self) -> int | None:
        """Of a command, where it ended with one."""
        return self.problem.exit_code

    def _repr_html_(self) -> str | None:
        return shown(self)


class Failures(list[Failure]):
    """The first hundred failures, by time of their attempts' start; ``total`` is how many there are."""

    def __init__(self, first: Iterable[Failure], total: int) -> None:
        super().__init__(first)
        self.total = total

    def _repr_html_(self) -> str | None:
        return shown(self)


FAILURE_CLASSES: dict[str, type] = {kind.__qualname__: kind for kind in (Failure, Problem, LogSpan)}
"""The records of which a failure consists."""


@frozen(kw_only=True, repr=False)
class Outcome:
    """How a run ended; true only on success."""

    run_id: str
    status: RunStatus
    recovery: int = 0
    result: object = None
    counts: Mapping[Status, int] = field(factory=dict[Status, int])
    failures: tuple[Failure, ...] = ()
    """The first hundred."""
    failed: int = 0
    """How many attempts failed in all."""
    store: str = ""
    stopped_by: int = 0
    """The number of the signal that stopped it; 0 where none did."""
    reason: str = ""
    """The reason for its end, if it is neither a failure nor a signal: a deadlock of pools, or a full disk."""
    due: float | None = None
    """When something is due next in a run that is suspended, in seconds since 1970; None of any other."""

    def __bool__(self) -> bool:
        return self.status is RunStatus.SUCCESS

    def __repr__(self) -> str:
        recovery = f", recovery {self.recovery}" if self.recovery else ""
        counts = "".join(f", {self.counts[status]:,} {status.value}" for status in Status if self.counts.get(status))
        return f"<run {self.run_id}{recovery}: {self.status.value}{counts}>"

    def _repr_html_(self) -> str | None:
        return shown(self)
