"""Picks the attempts of a run that a table shows."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest

from msgspec import Struct

from sequent.runtime.records import AttemptRecord
from sequent.view.attempts import Attempts, word_of
from sequent.view.step_durations import Band, is_late

MOST_ROWS = 300
_FIRST = {"failure": 4, "active": 3, "lost": 2}
"""The attempts that need attention most."""


class TaskRow(Struct, frozen=True, kw_only=True):
    """One attempt."""

    attempt: AttemptRecord
    word: str
    seconds: float
    is_late: bool


class TaskTable(Struct, frozen=True, kw_only=True):
    """Attempts of a run by start: all, or those that need attention and the longest ones."""

    rows: tuple[TaskRow, ...]
    total: int


def task_table(
    attempts: Attempts, usual: Mapping[str, Band], now: float, *, is_driven: bool, most: int = MOST_ROWS
) -> TaskTable:
    """Return the table of a run's attempts.

    Args:
        attempts: the attempts.
        usual: the usual durations, by path.
        now: the end of active attempts.
        is_driven: whether a process drives the run.
        most: the most rows.
    """
    found = [attempt for many in attempts.values() for attempt in many]

    def weight(attempt: AttemptRecord) -> tuple[int, float]:
        # Most attempts have succeeded: their words need not be asked for.
        return (_FIRST.get(attempt.status.value, 0), (attempt.ended or now) - attempt.started)

    chosen = found if len(found) <= most else nlargest(most, found, key=weight)
    rows = [_row(attempt, usual, now, is_driven=is_driven) for attempt in sorted(chosen, key=lambda one: one.started)]
    return TaskTable(rows=tuple(rows), total=len(found))


def _row(attempt: AttemptRecord, usual: Mapping[str, Band], now: float, *, is_driven: bool) -> TaskRow:
    word = word_of(attempt, is_driven=is_driven)
    until = attempt.ended if attempt.ended is not None else now if word == "active" else attempt.started
    seconds = until - attempt.started
    late = word in ("success", "active") and is_late(seconds, usual.get(attempt.path))
    return TaskRow(attempt=attempt, word=word, seconds=seconds, is_late=late)
