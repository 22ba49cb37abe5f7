"""The filters of a list of runs, the place in the list, and the runs there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.record_text import LATEST, MOST
from sequent.model.status import RunStatus

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

PAGE = 50
"""Runs that are shown at once."""
_AT_ONCE = 200
_LOOKED_AT = 2_000
"""The maximum number of runs that one request looks through; the next page goes on from there."""


class RunQuery(Struct, frozen=True, kw_only=True):
    """The runs to list."""

    flow: str = ""
    status: RunStatus | None = None
    text: str = ""
    day: date | None = None
    before: int = MOST
    """Only runs with a lower number."""

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves out any run."""
        return bool(self.flow or self.status or self.text or self.day)

    def has(self, record: RunRecord) -> bool:
        """Return whether a run is wanted, whatever its day."""
        if self.flow not in ("", record.target.flow) or self.status not in (None, record.status):
            return False
        words = (record.id, record.target.flow, record.reason, *record.params, *record.params.values())
        return not self.text or any(self.text.casefold() in word.casefold() for word in words)

    def bounds(self) -> tuple[float, float]:
        """Return the beginning and the end of the day, or of all time."""
        if self.day is None:
            return 0.0, LATEST
        start = datetime.combine(self.day, time()).astimezone()
        return start.timestamp(), datetime.combine(self.day + timedelta(days=1), time()).astimezone().timestamp()


class RunPage(Struct, frozen=True):
    """The runs on a page, and the number from which the next page goes on; 0 if there are no more."""

    runs: list[RunRecord]
    next: int = 0


def found_page(store: Store, query: RunQuery) -> RunPage:
    """Return a page of the wanted runs; it may be short if many others lie between them."""
    found: list[RunRecord] = []
    last = 0
    for number, record in _looked_at(store, query):
        last = number
        if query.has(record):
            found.append(record)
        if len(found) > PAGE:
            return RunPage(found[:PAGE], found[PAGE - 1].number)
    return RunPage(found, last)


def _looked_at(store: Store, query: RunQuery) -> Iterator[tuple[int, RunRecord]]:
    """Yield runs to look at; the last of them bears a 0 if there are no more."""
    since, until = query.bounds()
    before, left = query.before, _LOOKED_AT
    while left > 0:
        rows = min(PAGE + 1 if not query.is_narrowed else _AT_ONCE, left)
        records = store.runs_within(since, until, rows, before)
        left -= rows
        is_end = len(records) < rows
        for at, record in enumerate(records, 1):
            yield (0 if is_end and at == len(records) else record.number), record
        if is_end:
            return
        before = records[-1].number
