"""Writes the plan of a recovery: the fate of each task, and the reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby

from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, columns, counted, safe, task_name
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.fates import Fate
from sequent.runtime.recovery.recovery_plan import PlannedTask, RecoveryPlan
from sequent.view.text import GLYPHS

_FEW = 3
"""The maximum number of tasks of a step with the same fate and reason that are named one by one."""
_SHOWN = 20
"""The maximum number of lines for one fate, unless all are asked for."""
_WORDS = {
    Fate.RERUN: ("runs", "run"),
    Fate.JOIN: ("is joined on its host", "are joined on their hosts"),
    Fate.OPEN: ("is open", "are open"),
    Fate.BLOCKED: ("is blocked", "are blocked"),
    Fate.PASSED: ("is passed over", "are passed over"),
    Fate.KEPT: ("is kept", "are kept"),
}
"""The fates in the order in which they are told: first the tasks that something happens to."""


def tell(planned: RecoveryPlan, record: RunRecord, *, as_json: bool, has_all: bool = False) -> None:
    """Print the plan of a recovery, by fate; with ``has_all``, no list is cut."""
    if as_json:
        json_output.write({"plan": _document(planned, record)})
        return
    paint = Paint.of(sys.stdout)
    out(f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}, recovery {record.recovery + 1}")
    for fate in _WORDS:
        tasks = [task for task in planned.tasks if task.fate is fate]
        if tasks:
            out(_heading(fate, len(tasks), paint))
            for line in _lines(tasks, len(tasks) if has_all else _SHOWN):
                out(f"  {line}")
    for note in planned.notes:
        out(f"{paint.faint('note:')} {safe(note)}")
    out(summary(planned))


def _heading(fate: Fate, count: int, paint: Paint) -> str:
    told = f"{counted(count, 'task')} {_WORDS[fate][count != 1]}"
    return f"{GLYPHS[fate.value]} {paint.strong(told)}"


def summary(planned: RecoveryPlan) -> str:
    """Return how many tasks of how many run, if all succeed."""
    counts = planned.counts
    total = sum(counts.values())
    running = counts.get(Fate.RERUN, 0)
    others = [
        f"{counts[fate]:,} {words[counts[fate] != 1]}"
        for fate, words in _WORDS.items()
        if counts.get(fate) and fate is not Fate.RERUN
    ]
    return f"{running:,} of {counted(total, 'task')} {'runs' if total == 1 else 'run'}" + (
        f"; {', '.join(others)}" if others else ""
    )


def _lines(tasks: Sequence[PlannedTask], most: int) -> Iterator[str]:
    """Yield a line for each task, or for many of a step that have the same reason; and the number of further tasks."""
    rows: list[tuple[str, str]] = []
    told = 0
    for (path, reason), same in groupby(tasks, lambda task: (task.path, task.reason)):
        alike = list(same)
        names = [task_name(task.located, task.sequence) for task in alike]
        if len(alike) > _FEW:
            names = [f"{safe(path)}: {len(alike):,} tasks"]
        names = names[: most - len(rows)]
        told += len(alike) if len(alike) > _FEW and names else len(names)
        rows += ((name, safe(reason)) for name in names)
    yield from columns(rows)
    if told < len(tasks):
        yield f"and {len(tasks) - told:,} more; all with --verbose"


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
