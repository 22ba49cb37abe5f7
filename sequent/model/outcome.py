"""Records of how runs, attempts and tasks ended, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.model.record_text import Count, Number
from sequent.model.scope import path_on_host
from sequent.model.showing import shown
from sequent.model.status import RunStatus, Status

MOST_TOLD = 100
"""The maximum number of failures in detail; the others are only counted."""


@frozen(kw_only=True, eq=False, repr=False)
class Problem(ByFields):
    """The reason for the failure of an attempt."""

    type: str
    """The exception's class, or ``ExitStatus``, ``Signal``, ``Lost``."""
    message: str
    traceback: str = ""
    """The author's part of the traceback, as Python prints it."""
    file: str = ""
    line: Count = 0
    """The innermost line of the author's code."""
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
    """The host of the attempt; '' if it ran where the run was started."""
    host_depth: Count = 0
    """How many names of the path lead to the step or container that has a copy on each host."""
    attempt: int = 1
    problem: Problem
    log: LogSpan | None = None

    @property
    def located(self) -> str:
        """The path with the host in its place: ``load@etl2``."""
        return path_on_host(self.path, self.host, self.host_depth)

    @property
    def type(self) -> str:
        """The exception's class, or ``ExitStatus``, ``Signal``, ``Lost``."""
        return self.problem.type

    @property
    def message(self) -> str:
        """The message of the problem."""
        return self.problem.message

    @property
    def exit_code(self) -> int | None:
        """The exit code of a command, if it has one."""
        return self.problem.exit_code

    def _repr_html_(self) -> str | None:
        return shown(self)


class Failures(list[Failure]):
    """The first hundred failures, by start of their attempts; ``total`` is the number of all."""

    def __init__(self, first: Iterable[Failure], total: int) -> None:
        super().__init__(first)
        self.total = total

    def _repr_html_(self) -> str | None:
        return shown(self)


FAILURE_CLASSES: dict[str, type] = {kind.__qualname__: kind for kind in (Failure, Problem, LogSpan)}
"""The classes of the records in a failure."""


@frozen(kw_only=True, repr=False)
class Outcome:
    """The end of a run; true only for a success."""

    run_id: str
    status: RunStatus
    recovery: int = 0
    result: object = None
    counts: Mapping[Status, int] = field(factory=dict[Status, int])
    failures: tuple[Failure, ...] = ()
    """The first hundred."""
    failed: int = 0
    """The total number of failed attempts."""
    store: str = ""
    stopped_by: int = 0
    """The number of the signal that stopped the run; 0 if none did."""
    reason: str = ""
    """The reason for its end, if it is neither a failure nor a signal: a deadlock of pools, or a full disk."""
    due: float | None = None
    """The time of the next event of a suspended run, in seconds since 1970; None for others."""

    def __bool__(self) -> bool:
        return self.status is RunStatus.SUCCESS

    def __repr__(self) -> str:
        recovery = f", recovery {self.recovery}" if self.recovery else ""
        counts = "".join(f", {self.counts[status]:,} {status.value}" for status in Status if self.counts.get(status))
        return f"<run {self.run_id}{recovery}: {self.status.value}{counts}>"

    def _repr_html_(self) -> str | None:
        return shown(self)
