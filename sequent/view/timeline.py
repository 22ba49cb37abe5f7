"""Lines the attempts of a run up by step: as bars, or as numbers over time where there are too many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import TypeVar

from msgspec import Struct

from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord
from sequent.runtime.task_list_port import AttemptPiece
from sequent.view.attempts import Attempts, word_of
from sequent.view.buckets import Bucket, Stretch, buckets_of
from sequent.view.predecessors import Predecessors
from sequent.view.step_durations import Band, is_late
from sequent.view.time_axis import TimeAxis, axis_of

_Drawn = TypeVar("_Drawn", AttemptRecord, AttemptPiece)

MOST_BARS = 500
"""The number of bars of a timeline above which attempts are counted in buckets."""
MOST_LANES = 4
"""The number of a step's attempts at one time above which they are counted in buckets."""
MOST_ROWS = 100
"""The number of rows above which containers are folded."""


class Bar(Struct, frozen=True, kw_only=True):
    """One attempt."""

    word: str
    """Its outcome."""
    sequence: str
    attempt: int
    recovery: int
    host: str
    ready: float | None
    """When the task that it waited for had ended; None if it is not known."""
    started: float
    ended: float
    """The present moment if it is active."""
    lane: int
    """The place among others at the same time, from 0."""
    is_late: bool


class TimelineRow(Struct, frozen=True, kw_only=True):
    """One step, its copy on one host, or a folded container."""

    path: str
    located: str
    """The path with the host of a copy."""
    attempts: int
    failed: int
    bars: tuple[Bar, ...] = ()
    lanes: int = 1
    buckets: tuple[Bucket, ...] = ()
    """Instead of bars."""


class Timeline(Struct, frozen=True, kw_only=True):
    """The attempts of a run over time."""

    axis: TimeAxis
    rows: tuple[TimelineRow, ...] = ()
    hidden: int = 0
    """The number of rows that are left out."""
    fold: int = 0
    """The number of names after which paths are cut, since there are too many steps; 0: none is cut."""


def timeline_of(
    attempts: Attempts,
    predecessors: Predecessors,
    usual: Mapping[str, Band],
    span: tuple[float, float],
    *,
    is_driven: bool,
) -> Timeline:
    """Return the timeline of a run.

    Args:
        attempts: its attempts.
        predecessors: the tasks that each waited for.
        usual: the usual durations, by path.
        span: the start of the run, and its end or the present moment.
        is_driven: whether a process drives the run.
    """
    each = [*chain.from_iterable(attempts.values())]
    axis = axis_of(((one.started, one.started if one.ended is None else one.ended) for one in each), *span)
    rows, fold = _rows(attempts, attrgetter("located"))
    total = len(each)
    drawing = _Drawing(predecessors, usual, axis, is_driven=is_driven)
    made = [
        drawing.row(located, many, may_have_bars=total <= MOST_BARS and not fold)
        for located, many in list(rows.items())[:MOST_ROWS]
    ]
    return Timeline(axis=axis, rows=tuple(made), hidden=max(0, len(rows) - MOST_ROWS), fold=fold)


def timeline_of_pieces(
    pieces: Iterable[AttemptPiece], order: Iterable[str], span: tuple[float, float], *, is_driven: bool
) -> Timeline:
    """Return the timeline of a run with more attempts than bars: with numbers over time alone.

    Args:
        pieces: its attempts, by pieces of its time.
        order: all paths, in the order of the flow.
        span: the start of the run, and its end or the present moment.
        is_driven: whether a process drives the run.
    """
    by_path: dict[str, list[AttemptPiece]] = {path: [] for path in order}
    for piece in pieces:
        by_path.setdefault(piece.path, []).append(piece)
    rows, fold = _rows({path: many for path, many in by_path.items() if many}, attrgetter("path"))
    stretches = {path: [_stretch(piece, is_driven=is_driven) for piece in many] for path, many in rows.items()}
    axis = axis_of(((one.started, one.ended) for many in stretches.values() for one in many), *span)
    made = [
        TimelineRow(
            path=path,
            located=path,
            attempts=sum(piece.attempts for piece in rows[path]),
            failed=sum(one.failed for one in many),
            buckets=buckets_of(many, axis),
        )
        for path, many in list(stretches.items())[:MOST_ROWS]
    ]
    return Timeline(axis=axis, rows=tuple(made), hidden=max(0, len(rows) - MOST_ROWS), fold=fold)


def _stretch(piece: AttemptPiece, *, is_driven: bool) -> Stretch:
    """Return the attempts of a piece, spread evenly over their time."""
    length = max(piece.ended - piece.started, 0.0)
    if piece.status is Status.ACTIVE:
        # One that no process drives was lost at a moment that nobody knows.
        return Stretch(piece.started, piece.started + length * is_driven, piece.attempts, 0)
    running = piece.seconds / length if length else 0.0
    failed = piece.attempts if piece.status is Status.FAILURE else 0
    return Stretch(piece.started, piece.started + length, running, failed)


def _rows(
    found: Mapping[str, Sequence[_Drawn]], name_of: Callable[[_Drawn], str]
) -> tuple[dict[str, list[_Drawn]], int]:
    """Return the contents of each row, by its name, and the number of names after which paths are cut."""
    rows: dict[str, list[_Drawn]] = {}
    for many in found.values():
        for one in many:
            rows.setdefault(name_of(one), []).append(one)
    depth = max((path.count(".") + 1 for path in found), default=1)
    fold = 0
    while len(rows) > MOST_ROWS and depth > 1:
        depth -= 1
        fold = depth
        rows = {}
        for path, many in found.items():
            rows.setdefault(".".join(path.split(".")[:depth]), []).extend(many)
    return rows, fold


class _Drawing:
    """Makes the rows."""

    def __init__(
        self, predecessors: Predecessors, usual: Mapping[str, Band], axis: TimeAxis, *, is_driven: bool
    ) -> None:
        self._predecessors = predecessors
        self._usual = usual
        self._axis = axis
        self._is_driven = is_driven

    def row(self, located: str, attempts: Sequence[AttemptRecord], *, may_have_bars: bool) -> TimelineRow:
        path = attempts[0].path if may_have_bars else located
        failed = sum(attempt.status is Status.FAILURE for attempt in attempts)
        lanes = self._lanes(attempts) if may_have_bars else []
        return TimelineRow(
            path=path,
            located=located,
            attempts=len(attempts),
            failed=failed,
            bars=tuple(self._bar(attempt, lane) for attempt, lane in zip(attempts, lanes, strict=bool(lanes))),
            lanes=max(lanes, default=0) + 1,
            buckets=() if lanes else buckets_of(map(self._stretch, attempts), self._axis),
        )

    def _lanes(self, attempts: Sequence[AttemptRecord]) -> list[int]:
        """Return the lane of each attempt, the first that is free; none if that needs too many."""
        free: list[float] = []
        lanes: list[int] = []
        for attempt in attempts:
            lane = next((at for at, until in enumerate(free) if until <= attempt.started), len(free))
            if lane == MOST_LANES:
                return []
            free[lane : lane + 1] = [self._end(attempt)]
            lanes.append(lane)
        return lanes

    def _stretch(self, attempt: AttemptRecord) -> Stretch:
        return Stretch(attempt.started, self._end(attempt), 1.0, int(attempt.status is Status.FAILURE))

    def _end(self, attempt: AttemptRecord) -> float:
        if attempt.ended is not None:
            return attempt.ended
        return self._axis.ended if self._is_driven and attempt.status is Status.ACTIVE else attempt.started

    def _bar(self, attempt: AttemptRecord, lane: int) -> Bar:
        word = word_of(attempt, is_driven=self._is_driven)
        ended = self._end(attempt)
        return Bar(
            word=word,
            sequence=attempt.sequence,
            attempt=attempt.attempt,
            recovery=attempt.recovery,
            host=attempt.host,
            ready=self._ready(attempt),
            started=attempt.started,
            ended=ended,
            lane=lane,
            is_late=word in ("success", "active") and is_late(ended - attempt.started, self._usual.get(attempt.path)),
        )

    def _ready(self, attempt: AttemptRecord) -> float | None:
        before = self._predecessors.of(attempt)
        if before is not None:
            return before.ended
        # Of a step that was cancelled or skipped, no moment is known.
        return self._axis.started if self._predecessors.may_start_at_once(attempt) else None
