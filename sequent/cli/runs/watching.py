"""Watches a run: draws its progress on a terminal until no process drives it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, cast

from sequent.cli.output.failure_text import failure_lines
from sequent.cli.output.terminal import Display
from sequent.cli.output.text import ASKED, DELAYED, QUEUED, RETRY, Paint, is_live, safe
from sequent.model.status import RunStatus, Status
from sequent.runtime.reading.step_states import StepStates, TaskFilter, read_step_states
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

REST = 0.5
"""The seconds between two polls."""
_PART = 0.1
"""The largest fraction of a watcher's time to spend on polls: a run of a million attempts is polled less often."""


def watch_run(store: Store, record: RunRecord, wanted: TaskFilter) -> RunRecord:
    """Draw the progress of a run until no process drives it; return its state then. Draw only on a terminal."""
    if not is_live(sys.stdout):
        while record.status is RunStatus.RUNNING:
            time.sleep(REST)
            record = store.find(record.id)
        return record
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from sequent.cli.output.step_table import step_table

    paint = Paint.of(sys.stdout)
    console = Console(file=cast("IO[str]", Display(sys.stdout, moves=True)), highlight=False, no_color=not paint.is_on)
    told: set[tuple[str, str, int]] = set()
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while record.status is RunStatus.RUNNING:
            began, now = time.monotonic(), time.time()
            states = read_step_states(store, record, now, wanted)
            lines = _new_failures(states, record, told, paint)
            if lines:
                console.print(Text.from_ansi("\n".join(lines)))
            live.update(step_table(step_numbers(states), now - record.created, console.height, paint), refresh=True)
            time.sleep(max(REST, (time.monotonic() - began) / _PART))
            record = store.find(record.id)
    return record


def step_numbers(states: StepStates) -> dict[str, dict[str, int]]:
    """Return the number of each step's tasks by status, in the driver's words."""
    return {
        safe(path): _by_word(numbers, states.retries(path), states.asked(path))
        for path, numbers in states.steps.items()
    }


def _by_word(numbers: Mapping[Status, int], retries: int, asked: int) -> dict[str, int]:
    told = {status.value: count for status, count in numbers.items() if status not in (Status.WAITING, Status.READY)}
    delayed = numbers.get(Status.WAITING, 0) - retries - asked
    told |= {RETRY: retries, DELAYED: delayed, ASKED: asked, QUEUED: numbers.get(Status.READY, 0)}
    return {word: count for word, count in told.items() if count}


def _new_failures(states: StepStates, record: RunRecord, told: set[tuple[str, str, int]], paint: Paint) -> list[str]:
    lines: list[str] = []
    for attempt in states.failures.values():
        key = (attempt.located, attempt.sequence, attempt.attempt)
        if key not in told:
            told.add(key)
            lines += failure_lines(attempt.failure, record.id, paint)
    return lines
