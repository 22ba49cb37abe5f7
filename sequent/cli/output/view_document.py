"""Writes the view of a run as JSON: the facts of a report."""

from __future__ import annotations

from collections.abc import Sequence

from sequent.cli.output.json_output import (
    Document,
    counts_document,
    expected_document,
    failure_document,
    intervention_document,
    moment,
    run_document,
)
from sequent.cli.output.story_output import left_document
from sequent.cli.output.why_document import reason_document
from sequent.runtime.records import LeftPart
from sequent.view.buckets import Bucket
from sequent.view.critical_path import CriticalPath, CriticalTask
from sequent.view.failure_groups import FailureGroup
from sequent.view.recovery_layers import RecoveryLayer
from sequent.view.run_result import RunResult
from sequent.view.run_view import RunView
from sequent.view.step_durations import Band, StepDurations
from sequent.view.timeline import Bar, Timeline, TimelineRow
from sequent.view.why import Why


def view_document(view: RunView, story: Sequence[LeftPart], reasons: Sequence[Why], directory: str) -> Document:
    """Return the view of a run.

    Args:
        view: the view.
        story: the notes and artifacts that its steps have left.
        reasons: why some steps and containers have not begun.
        directory: the directory of the run on this machine.
    """
    record = view.summary.record
    return {
        "run": {**run_document(record), "counts": counts_document(view.counts)},
        "made": moment(view.now),
        "failed": view.failures.count,
        "failures": [_group(group) for group in view.failures.groups],
        "timeline": _timeline(view.timeline),
        "earlier_runs": view.earlier_runs,
        "durations": [_durations(step) for step in view.durations],
        "expected_end": expected_document(view.expected_end),
        "critical_path": critical_path_document(view.critical_path),
        "not_begun": [reason_document(reason) for reason in reasons],
        "recoveries": [_layer(layer) for layer in view.recoveries],
        "result": None if view.result is None else _result(view.result),
        "interventions": [intervention_document(asked) for asked in view.summary.interventions],
        "notes": [left_document(left, moment(left.part.at), directory) for left in story],
    }


def _result(found: RunResult) -> Document:
    return {
        "text": found.text or None,
        "columns": [*found.columns],
        "rows": [[*row] for row in found.rows],
        "cut": found.is_cut,
    }


def _group(group: FailureGroup) -> Document:
    return {
        "path": group.path,
        "count": group.count,
        "tasks": [*group.tasks],
        "first": failure_document(group.first),
        "log_tail": None if group.tail is None else group.tail.text,
    }


def _timeline(timeline: Timeline) -> Document:
    return {
        "spans": [{"started": moment(start), "ended": moment(end)} for start, end in timeline.axis.spans],
        "rows": [_row(row) for row in timeline.rows],
        "hidden": timeline.hidden,
        "fold": timeline.fold,
    }


def _row(row: TimelineRow) -> Document:
    return {
        "path": row.path,
        "name": row.located,
        "attempts": row.attempts,
        "failed": row.failed,
        "bars": [_bar(bar) for bar in row.bars],
        "buckets": [_bucket(bucket) for bucket in row.buckets],
    }


def _bar(bar: Bar) -> Document:
    return {
        "status": bar.word,
        "sequence": bar.sequence,
        "attempt": bar.attempt,
        "recovery": bar.recovery,
        "host": bar.host or None,
        "ready": None if bar.ready is None else moment(bar.ready),
        "started": moment(bar.started),
        "ended": moment(bar.ended),
        "late": bar.is_late,
    }


def _bucket(bucket: Bucket) -> Document:
    return {
        "started": moment(bucket.started),
        "ended": moment(bucket.ended),
        "running": bucket.running,
        "failed": bucket.failed,
    }


def _durations(step: StepDurations) -> Document:
    return {
        "path": step.path,
        "count": step.count,
        "median": round(step.median, 6),
        "longest": round(step.longest, 6),
        "longest_task": step.longest_task or None,
        "usual": None if step.usual is None else band_document(step.usual),
        "late": step.late,
    }


def band_document(band: Band) -> Document:
    """Return a band of durations."""
    return {
        "count": band.count,
        "low": round(band.low, 6),
        "median": round(band.median, 6),
        "high": round(band.high, 6),
    }


def critical_path_document(path: CriticalPath) -> Document:
    """Return a critical path."""
    return {
        "failure": path.failure or None,
        "after": round(path.after, 6),
        "count": path.count,
        "tasks": [_task(task) for task in path.tasks],
        "steps": [
            {"path": share.path, "tasks": share.tasks, "ran": round(share.ran, 6), "waited": round(share.waited, 6)}
            for share in path.steps
        ],
    }


def _task(task: CriticalTask) -> Document:
    return {
        "path": task.path,
        "name": task.located,
        "sequence": task.sequence,
        "attempt": task.attempt,
        "started": moment(task.started),
        "ended": moment(task.ended),
        "waited": round(task.waited, 6),
    }


def _layer(layer: RecoveryLayer) -> Document:
    return {
        "number": layer.number,
        "started": None if layer.started is None else moment(layer.started),
        "ended": None if layer.ended is None else moment(layer.ended),
        "ran": dict(layer.ran),
        "steps": dict(layer.steps),
        "kept": layer.kept,
    }
