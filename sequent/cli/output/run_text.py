"""Describes runs and attempts: the origin of a run, the reason for its end, and each attempt in a line."""

from __future__ import annotations

from sequent.cli.output.text import Paint, duration, moment, safe, task_name
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import DUE, AttemptRecord, RunOrigin, RunRecord


def origin_text(origin: RunOrigin | None, store: str) -> str:
    """Return the step that started a run: its run, its name, its host, and its store if that is another one."""
    if origin is None:
        return ""
    step = f" {task_name(origin.path, origin.sequence)}" if origin.path else ""
    host = f" on {safe(origin.host)}" if origin.host else ""
    elsewhere = f" in {safe(origin.store)}" if origin.store != store else ""
    return f"{safe(origin.run)}{step}{host}{elsewhere}"


def reason_text(record: RunRecord, due: float | None) -> str:
    """Return the reason for the end of a run; for a suspended run, its next time, in the reader's time zone."""
    if record.status is not RunStatus.SUSPENDED or due is None:
        return record.reason
    lines = (line for line in record.reason.splitlines() if not line.startswith(DUE))
    return "\n".join((f"{DUE}{moment(due)}", *lines))


def _attempt_status(record: AttemptRecord, paint: Paint) -> str:
    if record.is_passed:
        return "✓ passed over"
    if record.is_outdated:
        return f"{'✗ failure' if record.problem else '✓ success'} that no longer counts"
    # A waiting attempt is one that was lost.
    return "? lost" if record.status is Status.WAITING else paint.status(record.status)


def attempt_line(record: AttemptRecord, paint: Paint) -> str:
    """Return the time, the task and the end of an attempt, in one line."""
    took = f"  {duration(record.ended - record.started)}" if record.ended is not None else ""
    status = _attempt_status(record, paint)
    name = task_name(record.located, record.sequence)
    return f"  {moment(record.started)}  {name}  attempt {record.attempt}  {status}{took}"
