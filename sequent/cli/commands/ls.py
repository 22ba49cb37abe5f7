"""Defines ``ls``, which lists the runs of a store without loading a flow."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.run_text import origin_text, reason_text
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, columns, counts, duration, moment, safe
from sequent.errors import StoreError
from sequent.model.commands import typed
from sequent.model.status import RunStatus
from sequent.runtime.reading.run_counts import WAITING, with_counts
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Limit
    from sequent.runtime.ports import Store


def ls(
    *,
    flow: Annotated[str | None, Parameter(help="Only runs of the flow with this name.")] = None,
    limit: Limit = 20,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """List the runs of the store, latest first."""
    with opened_store(options) as store:
        _list(store, store.runs(flow, limit or None), options)
    return 0


def _list(store: Store, records: list[RunRecord], options: GlobalOptions) -> None:
    records = [with_counts(store, record) for record in records]
    dues = [_due(store, record) for record in records]
    if options.json:
        from sequent.cli.output import json_output

        runs = [json_output.run_document(record, due) for record, due in zip(records, dues, strict=True)]
        json_output.write({"store": store.name, "runs": runs})
    elif records:
        # The status is painted after the columns are aligned: escapes would count as width.
        rows = [("run", "flow", "started", "took", "status", "tasks"), *map(_row, records, dues)]
        if any(record.origin for record in records):
            origins = ["started by", *(origin_text(record.origin, store.name) for record in records)]
            rows = [(*row, told) for row, told in zip(rows, origins, strict=True)]
        paint = Paint.of(sys.stdout)
        heading, *lines = columns(rows)
        out(paint.faint(heading))
        for line, record in zip(lines, records, strict=True):
            plain = Paint(is_on=False).status(record.status)
            out(line.replace(plain, paint.status(record.status), 1))
    else:
        options.say(f"no runs in {safe(store.name)}")


def _due(store: Store, record: RunRecord) -> float | None:
    """Return the time of the next event in a run that still waits."""
    if record.status not in WAITING:
        return None
    with suppress(StoreError):
        return min((wait.due for wait in store.pending(record)), default=None)
    return None


def _row(record: RunRecord, due: float | None) -> tuple[str, ...]:
    took = duration(record.ended - record.created) if record.ended is not None else ""
    status = Paint(is_on=False).status(record.status)
    tasks = counts(record.counts)
    if record.status is RunStatus.SUSPENDED or (record.status is RunStatus.RUNNING and record.reason):
        tasks = f"{tasks}, {safe('; '.join(reason_text(record, due).splitlines()))}"
    if record.status is RunStatus.DAMAGED:
        return (safe(record.id), "?", "?", "", status, f"{safe(typed('show', record.id))} shows the problem")
    return (safe(record.id), safe(record.target.flow), moment(record.created), took, status, tasks)
