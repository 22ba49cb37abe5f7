"""The rows of a run as a store in memory has them."""

from __future__ import annotations

from attrs import define

from sequent.model.outcome import LogSpan, Problem
from sequent.model.status import Status, Verdict


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
