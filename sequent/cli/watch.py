"""``show --watch``: the table that a run's driver draws, from any terminal, until nobody drives the run any more."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import IO, cast

from sequent.cli.counting import DELAYED, QUEUED, RETRY
from sequent.cli.failures import failure_lines, failure_of, log_command
from sequent.cli.step_table import step_table
from sequent.cli.story import Story, TaskFilter, story_of
from sequent.cli.terminal import Display
from sequent.cli.text import Paint, is_live, safe
from sequent.model.status import RunStatus, Status
from sequent.runtime.ports import Store
from sequent.runtime.rows import RunRecord

REST = 0.5
"""Seconds between two looks."""
_PART = 0.1
"""Which part of its time a watcher may spend with looking: a run of a million attempts is looked at less often."""


def watched(store: Store, record: RunRecord, wanted: TaskFilter) -> RunRecord:
    """Draw what becomes of a run until nobody drives it; the run as it is then. Nothing is drawn but on a terminal."""
    if not is_live(sys.stdout):
        while record.status is RunStatus.RUNNING:
            time.sleep(REST)
            record = store.find(record.id)
        return record
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    paint = Paint.of(sys.stdout)
    console = Console(file=cast("IO[str]", Display(sys.stdout, moves=True)), highlight=False, no_color=not paint.is_on)
    told: set[tuple[str, str, int]] = set()
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while record.status is RunStatus.RUNNING:
            began, now = time.monotonic(), time.time()
            story = story_of(store, record, now, wanted)
            lines = _new_failures(story, record, told, paint)
            if lines:
                console.print(Text.from_ansi("\n".join(lines)))
            live.update(step_table(step_numbers(story), now - record.created, console.height, paint), refresh=True)
            time.sleep(max(REST, (time.monotonic() - began) / _PART))
            record = store.find(record.id)
    return record


def step_numbers(story: Story) -> dict[str, dict[str, int]]:
    """How many tasks of each step are in what, by the driver's words."""
    return {safe(path): _words(numbers, story.retries(path)) for path, numbers in story.steps.items()}


def _words(numbers: Mapping[Status, int], retries: int) -> dict[str, int]:
    told = {status.value: count for status, count in numbers.items() if status not in (Status.WAITING, Status.READY)}
    told |= {RETRY: retries, DELAYED: numbers.get(Status.WAITING, 0) - retries, QUEUED: numbers.get(Status.READY, 0)}
    return {word: count for word, count in told.items() if count}


def _new_failures(story: Story, record: RunRecord, told: set[tuple[str, str, int]], paint: Paint) -> list[str]:
    lines: list[str] = []
    for attempt in story.failures.values():
        key = (attempt.path, attempt.sequence, attempt.attempt)
        if key not in told:
            told.add(key)
            log = log_command(record.id, attempt.path, attempt.sequence) if attempt.log else None
            lines += failure_lines(failure_of(attempt), log, paint)
    return lines
