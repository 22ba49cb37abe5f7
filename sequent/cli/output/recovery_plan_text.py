"""Writes the plan of a recovery: the fate of each task, and the reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby

from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, columns, safe, task_name
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.fates import Fate
from sequent.runtime.recovery.recovery_plan import PlannedTask, RecoveryPlan

_FEW = 3
"""The maximum number of tasks of a step with the same fate and reason that are named one by one."""
_WORDS = {
    Fate.JOIN: ("is joined on its host", "are joined on their hosts"),
    Fate.KEPT: ("is kept", "are kept"),
    Fate.PASSED: ("is passed over", "are passed over"),
    Fate.BLOCKED: ("is blocked", "are blocked"),
    Fate.OPEN: ("is open", "are open"),
}


def tell(planned: RecoveryPlan, record: RunRecord, *, as_json: bool) -> None:
    """Print the plan of a recovery."""
    if as_json:
        json_output.write({"plan": _document(planned, record)})
        return
    paint = Paint.of(sys.stdout)
    out(f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}, recovery {record.recovery + 1}")
    rows = [("task", "fate", "why"), *_rows(planned)]
    heading, *lines = columns(rows)
    out(f"  {paint.faint(heading)}")
    for line in lines:
        out(f"  {line}")
    for note in planned.notes:
        out(f"  {paint.faint('note:')} {safe(note)}")
    out(summary(planned))


def summary(planned: RecoveryPlan) -> str:
    """Return how many tasks of how many run, if all succeed."""
    counts = planned.counts
    total = sum(counts.values())
    running = counts.get(Fate.RERUN, 0)
    others = [
        f"{counts[fate]:,} {_WORDS[fate][counts[fate] != 1]}" for fate in Fate if fate in _WORDS and counts.get(fate)
    ]
    return f"{running:,} of {total:,} tasks run" + (f"; {', '.join(others)}" if others else "")


def _rows(planned: RecoveryPlan) -> Iterator[tuple[str, ...]]:
    """Yield a row for each task, or for many of a step that have the same fate for the same reason."""
    for (path, fate, reason), same in groupby(planned.tasks, lambda task: (task.path, task.fate, task.reason)):
        tasks = list(same)
        names = [task_name(task.located, task.sequence) for task in tasks]
        if len(tasks) > _FEW:
            names = [f"{safe(path)}: {len(tasks):,} tasks"]
        yield from ((name, fate.value, safe(reason)) for name in names)


def _document(planned: RecoveryPlan, record: RunRecord) -> json_output.Document:
    return {
        "run": record.id,
        "flow": record.target.flow,
        "recovery": record.recovery + 1,
        "tasks": [_task(task) for task in planned.tasks],
        "counts": {fate.value: planned.counts[fate] for fate in Fate if planned.counts.get(fate)},
        "notes": list(planned.notes),
    }


def _task(task: PlannedTask) -> json_output.Document:
    return {
        "path": task.path,
        "sequence": task.sequence,
        "host": task.host or None,
        "fate": task.fate.value,
        "reason": task.reason,
    }
