"""Describes runs and attempts: the origin of a run, the reason for its end, and each attempt in a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sequent.cli.output.text import Paint, counts, duration, moment, readable, safe, task_name
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import DUE, AttemptRecord, RunOrigin, RunRecord

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.view.expected_end import ExpectedEnd


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


def heading_lines(record: RunRecord, worked: float, due: float | None, store: str, paint: Paint) -> Iterator[str]:
    """Yield the lines that describe a run as a whole.

    Args:
        record: the run.
        worked: the seconds in which something was being executed.
        due: the moment at which a suspended run goes on.
        store: the name of the store.
        paint: colours the lines.
    """
    yield f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}: {paint.status(record.status)}"
    took = f", took {duration(record.ended - record.created)}" if record.ended is not None else ""
    work = f", worked {duration(worked)}" if worked else ""
    yield f"  started {moment(record.created)}{took}{work}"
    if record.origin is not None:
        yield f"  started by {origin_text(record.origin, store)}"
    if record.recovery:
        yield f"  recovery {record.recovery}"
    if record.owner is not None:
        owner = record.owner
        since = moment(owner.since)
        yield f"  driven by process {owner.pid} of {safe(owner.user)} on {safe(owner.host)} since {since}"
    for name, text in record.params.items():
        yield f"  {safe(name)} = {readable(text)}"
    yield f"  tasks: {counts(record.counts, has_ended=record.ended is not None)}"
    yield from (f"  {safe(line)}" for line in reason_text(record, due).splitlines())


def expected_end_of(store: Store, record: RunRecord, now: float) -> ExpectedEnd | None:
    """Return when a run will probably end; for one that does not go on, nothing is loaded."""
    if record.owner is None:
        return None
    from sequent.view.read_expected_end import read_expected_end

    return read_expected_end(store, record, now)


def expected_end_lines(store: Store, record: RunRecord, now: float) -> Iterator[str]:
    """Yield a line about the same, if it is known."""
    if (expected := expected_end_of(store, record, now)) is not None:
        from sequent.view.expected_end import expected_text

        yield f"  {expected_text(expected, now, moment)}"
