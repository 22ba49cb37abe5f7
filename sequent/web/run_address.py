"""The state of the list of runs, as it stands in its address: the filters, and the place in the list."""

from __future__ import annotations

import contextlib
from datetime import MAXYEAR, date
from urllib.parse import urlencode

from msgspec.structs import replace
from starlette.datastructures import QueryParams

from sequent.dashboard.run_query import RunQuery
from sequent.errors import UsageError
from sequent.model.record_text import MOST
from sequent.model.status import RunStatus

_FIRST_YEAR = 1970


class RunAddress(RunQuery, frozen=True, kw_only=True):
    """The runs to list, with the addresses of other lists."""

    def address(self, **changes: object) -> str:
        """Return the address of the list with these changes; it begins at the latest run unless they say otherwise."""
        wanted = replace(self, **{"before": MOST, **changes})
        before = str(wanted.before) if wanted.before != MOST else ""
        status = wanted.status.value if wanted.status else ""
        day = wanted.day.isoformat() if wanted.day else ""
        values = {"status": status, "flow": wanted.flow, "q": wanted.text, "day": day, "before": before}
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/?{query}" if query else "/"


def read_query(values: QueryParams) -> RunAddress:
    """Return the state in an address.

    Raises:
        UsageError: it has a value that no link of ours has.
    """
    status, day, before = values.get("status", ""), values.get("day", ""), values.get("before", "")
    known = [each.value for each in RunStatus]
    if status and status not in known:
        raise UsageError(f"no run has the status {status!r:.100}", hint=f"choose one of {', '.join(known)}")
    if before and not (before.isdecimal() and len(before) < 16):
        raise UsageError(f"{before!r:.100} is not the number of a run", hint="leave 'before' out")
    return RunAddress(
        flow=values.get("flow", ""),
        status=RunStatus(status) if status else None,
        text=values.get("q", "").strip(),
        day=_day(day) if day else None,
        before=int(before) if before else MOST,
    )


def _day(text: str) -> date:
    with contextlib.suppress(ValueError):
        day = date.fromisoformat(text)
        if _FIRST_YEAR <= day.year < MAXYEAR:
            return day
    raise UsageError(f"{text!r:.100} is not a day of runs", hint="write it as 2026-11-24")
