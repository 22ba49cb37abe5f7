"""The rows of a run as a store in memory has them."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define

from sequent.model.outcome import LogSpan, Problem
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import PASSED, AttemptRecord
from sequent.runtime.store.open_rows import Span


@define
class AttemptCell:
    token: bytes
    started: float
    item: str | None
    status: Status = Status.ACTIVE
    ended: float | None = None
    result: str | None = None
    verdict: Verdict = Verdict.UNKNOWN
    problem: Problem | None = None
    log: LogSpan | None = None
    recovery: int = 0
    begun: float | None = None
    is_outdated: bool = False
    is_superseded: bool = False

    def lose(self, at: float, *, is_earlier: bool) -> None:
        """It died with whoever drove the run, if its task is begun again and it has no outcome."""
        if is_earlier and self.status is Status.ACTIVE:
            self.status, self.ended = Status.WAITING, at


@define
class FrameCell:
    id: int
    item: str | None
    status: Status = Status.ACTIVE


@define
class RepeatCell:
    items: str | None = None
    status: Status | None = None
    problem: Problem | None = None


def span_of(attempts: Iterable[AttemptCell]) -> Span:
    """In which recoveries these are."""
    recovery = ran_in = -1
    for cell in attempts:
        recovery = max(recovery, cell.recovery)
        if cell.token != PASSED and not cell.is_superseded:
            ran_in = max(ran_in, cell.recovery)
    return Span(recovery, ran_in)


def first_failures(attempts: Iterable[AttemptRecord], limit: int) -> tuple[int, list[AttemptRecord]]:
    """How many of these failed, and those that did so first."""
    failed = [told for told in attempts if told.status is Status.FAILURE]
    return len(failed), sorted(failed, key=lambda told: told.started)[:limit]


def is_truthy(task: dict[int, AttemptCell]) -> bool:
    """Whether the last attempt of a task is a success with a truthy result."""
    last = task[max(task)] if task else None
    return last is not None and last.status is Status.SUCCESS and last.verdict is Verdict.TRUTHY
