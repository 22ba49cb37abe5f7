"""The calendar of outcomes: for each day, how its runs have ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec import Struct

from sequent.model.status import RunStatus
from sequent.runtime.records import PastRun

WEEKS = 13
"""Weeks that it shows."""
MOST_RUNS = 20_000
"""The runs that it counts at most; the earliest days are then incomplete."""
_FIRST = (
    RunStatus.FAILURE,
    RunStatus.DAMAGED,
    RunStatus.STOPPED,
    RunStatus.SUSPENDED,
    RunStatus.RUNNING,
    RunStatus.SUCCESS,
)
"""The order of outcomes for a day with several: the one that most needs attention comes first."""


class CalendarDay(Struct, frozen=True):
    """A day with the outcomes of its runs."""

    date: date
    counts: dict[RunStatus, int]

    @property
    def status(self) -> RunStatus | None:
        """The outcome that is shown for the day; None if no run began on it."""
        return next((status for status in _FIRST if self.counts.get(status)), None)

    @property
    def total(self) -> int:
        """The number of its runs."""
        return sum(self.counts.values())

    @property
    def text(self) -> str:
        """The day and its outcomes in words."""
        told = ", ".join(f"{count:,} {status.value}" for status, count in self.counts.items())
        return f"{self.date:%a %d %b}: {told or 'no runs'}"


def first_day(today: date) -> date:
    """Return the first day of the calendar: a Monday."""
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def weeks_of(runs: Iterable[PastRun], today: date) -> list[list[CalendarDay]]:
    """Return the weeks of the calendar, each from Monday on and until today."""
    counts: dict[date, Counter[RunStatus]] = {}
    for run in runs:
        counts.setdefault(datetime.fromtimestamp(run.created).astimezone().date(), Counter())[run.status] += 1
    first = first_day(today)
    days = [first + timedelta(days=at) for at in range((today - first).days + 1)]
    shown = [CalendarDay(day, dict(counts.get(day, {}))) for day in days]
    return [shown[at : at + 7] for at in range(0, len(shown), 7)]
