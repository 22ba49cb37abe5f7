"""Reads the view of a run from its store, with the ends of the logs of its failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sequent.errors import StoreError
from sequent.runtime.reading.attempt_output import Output
from sequent.view.attempts import by_step
from sequent.view.earlier_runs import durations_in, earlier_attempts
from sequent.view.expected_end import expected_end
from sequent.view.failure_groups import FailureGroup, LogTail
from sequent.view.failure_origins import with_origins
from sequent.view.run_facts import facts_of
from sequent.view.run_result import read_result
from sequent.view.run_summary import summary_of
from sequent.view.run_view import RunView, run_view
from sequent.view.step_durations import bands_of

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import AttemptRecord, RunRecord

_TAIL = 8_000
"""The bytes of a log's end that a view has."""


def read_run_view(store: Store, record: RunRecord, now: float) -> RunView:
    """Return the view of a run at a moment, in seconds since 1970."""
    attempts = by_step(store.attempts(record), record.outline)
    earlier = earlier_attempts(store, record, sum(map(len, attempts.values())))
    summary = summary_of(store, record)
    view = run_view(
        summary,
        attempts,
        usual=bands_of(durations_in(earlier)),
        earlier_runs=len(earlier),
        problems=store.container_problems(record),
        result=read_result(store, record),
        now=now,
        expected_end=expected_end(record, attempts, summary.waits, earlier, now),
    )
    output = Output(store, record)
    groups = tuple(replace(group, tail=_tail(output, view, group)) for group in view.failures.groups)
    failures = with_origins(facts_of(store, record), replace(view.failures, groups=groups))
    return replace(view, failures=failures)


def _tail(output: Output, view: RunView, group: FailureGroup) -> LogTail | None:
    first = group.first
    key = (first.located, first.sequence, first.attempt)
    for attempt in view.attempts.get(first.path, ()):
        if (attempt.located, attempt.sequence, attempt.attempt) == key:
            return _tail_of(output, attempt)
    return None


def _tail_of(output: Output, attempt: AttemptRecord) -> LogTail | None:
    try:
        piece = output.of(attempt)
        if piece is None:
            return None
        start = max(piece.start, piece.end - _TAIL)
        text = b"".join(output.content(replace(piece, start=start))).decode("utf-8", "backslashreplace")
    except (StoreError, OSError) as error:
        return LogTail(text=f"[sequent: {error}]", is_whole=False)
    if start == piece.start:
        return LogTail(text=text, is_whole=True)
    return LogTail(text=text.partition("\n")[2] or text, is_whole=False)
