"""Defines ``ls``, which lists the runs of a store without loading a flow."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.run_text import origin_text, reason_text
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, brief_reason, columns, counts, duration, moment, safe, task_name
from sequent.errors import StoreError
from sequent.model.commands import typed
from sequent.model.record_text import LATEST, MOST
from sequent.model.status import WITH_WAITS, RunStatus, Status
from sequent.runtime.reading.run_counts import with_counts
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Limit
    from sequent.runtime.ports import Store

_MOST_READ = 1_000
"""The latest runs whose flows are named."""
_READ_AT_ONCE = 200
"""Runs that are read at once, if only some of them are wanted."""
_MOST_SEARCHED = 1_000
"""The number of a run's tasks above which its first failure is not searched for."""
_LEAST_ROOM = 20
"""The columns that must be left on a line for a failure to be told there."""


def ls(
    *,
    flow: Annotated[str | None, Parameter(help="Only runs of the flow with this name.")] = None,
    status: Annotated[
        tuple[RunStatus, ...], Parameter(negative="", help="Only runs in this status; may be repeated.")
    ] = (),
    limit: Limit = 20,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """List the runs of the store, latest first."""
    with opened_store(options) as store:
        runs = islice(_in_status(store, flow, status), limit or None) if status else store.runs(flow, limit or None)
        records = [with_counts(store, record) for record in runs]
        if records or options.json:
            _list(store, records, options)
        else:
            _tell_no_runs(store, flow, status, options)
    return 0


def _in_status(store: Store, flow: str | None, statuses: tuple[RunStatus, ...]) -> Iterator[RunRecord]:
    """Yield the runs in these statuses, latest first; only a run that was read tells whether it is interrupted."""
    before = MOST
    while records := store.runs_within(0.0, LATEST, _READ_AT_ONCE, before):
        yield from (each for each in records if each.status in statuses and flow in (None, each.target.flow))
        before = records[-1].number


def _tell_no_runs(store: Store, flow: str | None, statuses: tuple[RunStatus, ...], options: GlobalOptions) -> None:
    """Say that there are no such runs, and name the flows of the latest runs if none is of the requested flow."""
    whose = "" if flow is None else f" of the flow {safe(repr(flow))}"
    which = f" with the status {' or '.join(statuses)}" if statuses else ""
    options.say(f"no runs{whose}{which} in {safe(store.name)}")
    if flow is None:
        return
    from sequent.model.wording import did_you_mean

    known = {record.target.flow for record in store.runs(None, _MOST_READ) if record.target.flow}
    if known and flow not in known:
        options.say(f"  hint: {safe(did_you_mean(flow, known))}")


def _list(store: Store, records: list[RunRecord], options: GlobalOptions) -> None:
    dues = [_due(store, record) for record in records]
    if options.json:
        from sequent.cli.output import json_output

        runs = [json_output.run_document(record, due) for record, due in zip(records, dues, strict=True)]
        json_output.write({"store": store.name, "runs": runs})
    else:
        # The status is painted after the columns are aligned: escapes would count as width.
        rows = [("run", "flow", "started", "took", "status", "tasks"), *map(_row, records, dues)]
        if any(record.origin for record in records):
            origins = ["started by", *(origin_text(record.origin, store.name) for record in records)]
            rows = [(*row, told) for row, told in zip(rows, origins, strict=True)]
        paint, width = Paint.of(sys.stdout), _width()
        heading, *lines = columns(rows)
        out(paint.faint(heading))
        for line, record in zip(lines, records, strict=True):
            plain = Paint(is_on=False).status(record.status)
            told = _with_failure(line, _failure_text(store, record), width)
            out(told.replace(plain, paint.status(record.status), 1))


def _width() -> int:
    """Return the columns of the terminal; 0 if the list does not go to one."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 0


def _with_failure(line: str, failure: str, width: int) -> str:
    """Return a run's line with its first failure, as far as there is room for it."""
    told = f"{line}  failed: {failure}" if failure else line
    if not width or len(told) <= width:
        return told
    return f"{told[: width - 1]}…" if width - len(line) >= _LEAST_ROOM else line


def _failure_text(store: Store, record: RunRecord) -> str:
    first = _first_failure(store, record)
    more = record.counts.get(Status.FAILURE, 0) - 1
    return f"{safe(first)}, +{more:,} more" if first and more > 0 else safe(first)


def _first_failure(store: Store, record: RunRecord) -> str:
    """Return the task whose failure stopped a run that failed, or else the first that failed; '' if it takes a search.

    The end of a run has the former; there is no index of the latter. A container fails by itself if its items cannot be
    computed.
    """
    if record.status is not RunStatus.FAILURE:
        return ""
    if record.cause:
        return record.cause
    if sum(record.counts.values()) <= _MOST_SEARCHED:
        with suppress(StoreError):
            for attempt in store.tasks(record).failed_attempts(1)[1]:
                return task_name(attempt.located, attempt.sequence)
            for failure in store.container_problems(record):
                return task_name(failure.located, failure.sequence)
    return ""


def _due(store: Store, record: RunRecord) -> float | None:
    """Return the time of the next event in a run that still waits."""
    if record.status not in WITH_WAITS:
        return None
    with suppress(StoreError):
        return min((wait.due for wait in store.pending(record)), default=None)
    return None


def _row(record: RunRecord, due: float | None) -> tuple[str, ...]:
    took = duration(record.ended - record.created) if record.ended is not None else ""
    status = Paint(is_on=False).status(record.status)
    tasks = counts(record.counts, has_ended=record.ended is not None)
    if record.status is RunStatus.SUSPENDED or (record.status is RunStatus.RUNNING and record.reason):
        tasks = f"{tasks}, {safe(brief_reason(reason_text(record, due)))}"
    if record.status is RunStatus.DAMAGED:
        return (safe(record.id), "?", "?", "", status, f"{safe(typed('show', record.id))} shows the problem")
    return (safe(record.id), safe(record.target.flow), moment(record.created), took, status, tasks)
