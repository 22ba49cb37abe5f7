"""Defines ``show``, which shows the state of one run without loading its flow."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import IO, Annotated, cast

from cyclopts import Parameter
from msgspec.structs import replace

from sequent.cli.arguments.options import GlobalOptions, opened_store
from sequent.cli.arguments.typed_options import DEFAULTS, Run, TypedOptions
from sequent.cli.output import json_output
from sequent.cli.output.failure_text import failure_lines, task_name
from sequent.cli.output.run_text import attempt_line, origin_text, reason_text
from sequent.cli.output.step_table import step_table
from sequent.cli.output.task_counts import DELAYED, QUEUED, RETRY
from sequent.cli.output.terminal import Display, out
from sequent.cli.output.text import Paint, counts, duration, is_live, moment, readable, safe
from sequent.cli.runs.run_lookup import found_run
from sequent.cli.runs.step_states import Story, TaskFilter, read_filter, seen_attempts, story_of
from sequent.model.outcome import Failure
from sequent.model.status import RunStatus, Status
from sequent.runtime.ports import Store
from sequent.runtime.records import AttemptRecord, Pending, RunRecord

SHOWN = 100
"""The maximum number of failures, and of active and waiting tasks, to show."""
REST = 0.5
"""The seconds between two polls."""
_PART = 0.1
"""The largest fraction of a watcher's time to spend on polls: a run of a million attempts is polled less often."""


def show(
    run: Run = "latest",
    path: Annotated[
        str | None, Parameter(help="Only this step, or the steps in this container: load, load.one, load.one/1.2.")
    ] = None,
    /,
    *,
    status: Annotated[
        tuple[Status, ...], Parameter(negative="", help="Only tasks in this status; may be repeated.")
    ] = (),
    watch: Annotated[
        bool,
        Parameter(negative="", show_default=False, help="Follow the run in the driver's table until it ends."),
    ] = False,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Show one run: its parameters, its steps, the active and waiting tasks, and the failures."""
    with opened_store(options) as store:
        record = found_run(store, "show", run, path)
        wanted = read_filter(record, path or "", status)
        if watch:
            record = watched(store, record, wanted)
        story = story_of(store, record, time.time(), wanted)
        if record.ended is None:
            record = replace(record, counts=story.counts)
        if options.json:
            _show_document(store, record, story, with_attempts=options.verbose > 0)
        else:
            _show_text(store, record, story, options)
    return 0


def _show_document(store: Store, record: RunRecord, story: Story, *, with_attempts: bool) -> None:
    document = json_output.run_document(record, story.due)
    document["worked"] = round(story.worked, 6)
    document["steps"] = {path: json_output.counts_document(numbers) for path, numbers in _steps(story)}
    document["active"] = [json_output.active_document(attempt) for attempt in _active(story)]
    document["waits"] = [json_output.wait_document(wait) for wait in _waits(story)]
    failures = _failures(story)
    document["failed"] = len(failures)
    document["failures"] = [json_output.attempt_document(failure) for failure in failures[:SHOWN]]
    document["failed_containers"] = [
        json_output.failure_document(it) for it in _failed_containers(store, record, story)
    ]
    if with_attempts:
        document["attempts"] = [json_output.attempt_document(attempt) for attempt in _attempts(store, record, story)]
    json_output.write({"store": store.name, "run": document})


def _show_text(store: Store, record: RunRecord, story: Story, options: GlobalOptions) -> None:
    paint = Paint.of(sys.stdout)
    out("\n".join(_heading(record, story, store.name, paint)))
    steps = [f"  {safe(path)}: {_numbers(numbers)}" for path, numbers in _steps(story)]
    active = [
        f"  {paint.status(Status.ACTIVE)}  {task_name(attempt.located, attempt.sequence)}"
        f"{_number(attempt.attempt)}  since {moment(attempt.started)}"
        for attempt in _active(story)
    ]
    waits = [
        f"  {paint.word(RETRY if wait.attempt else DELAYED)}  {task_name(wait.located, wait.sequence)}"
        f"{_number(wait.attempt)}  until {moment(wait.due)}"
        for wait in _waits(story)
    ]
    for lines in (steps, _first(active), _first(waits)):
        if lines:
            out("\n".join(("", *lines)))
    failures = _failures(story)
    containers = _failed_containers(store, record, story)
    for failure in (*(attempt.failure for attempt in failures[:SHOWN]), *containers):
        out("")
        out("\n".join(failure_lines(failure, record.id, paint)))
    if len(failures) > SHOWN:
        out(f"\nand {len(failures) - SHOWN:,} more failures")
    if options.verbose:
        out("")
        for attempt in _attempts(store, record, story):
            out(attempt_line(attempt, paint))


def _numbers(numbers: Mapping[Status, int]) -> str:
    return counts(numbers) if any(numbers.values()) else "not begun"


def _number(attempt: int) -> str:
    return f"  (attempt {attempt})" if attempt > 1 else ""


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"  and {more:,} more"] if more > 0 else lines


# -- the selected parts ----------------------------------------------------------------------------


def _steps(story: Story) -> Iterator[tuple[str, Mapping[Status, int]]]:
    statuses = story.wanted.statuses
    for path, numbers in story.steps.items():
        meant = {status: count for status, count in numbers.items() if count and story.wanted.shows(status)}
        if meant or not statuses:
            yield path, meant


def _active(story: Story) -> list[AttemptRecord]:
    return [*story.active.values()] if story.wanted.shows(Status.ACTIVE) else []


def _waits(story: Story) -> list[Pending]:
    return story.waits if story.wanted.shows(Status.WAITING) else []


def _failures(story: Story) -> list[AttemptRecord]:
    return [*story.failures.values()] if story.wanted.shows(Status.FAILURE) else []


def _failed_containers(store: Store, record: RunRecord, story: Story) -> list[Failure]:
    """Return the failures of containers themselves: their items could not be computed."""
    wanted = story.wanted
    if not wanted.shows(Status.FAILURE):
        return []
    return [it for it in store.container_problems(record) if wanted.has(it)][:SHOWN]


def _attempts(store: Store, record: RunRecord, story: Story) -> Iterator[AttemptRecord]:
    wanted = story.wanted
    for attempt in seen_attempts(store, record):
        if wanted.has(attempt) and wanted.shows(attempt.status):
            yield attempt


def _heading(record: RunRecord, story: Story, store: str, paint: Paint) -> Iterator[str]:
    yield f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}: {paint.status(record.status)}"
    took = f", took {duration(record.ended - record.created)}" if record.ended is not None else ""
    worked = f", worked {duration(story.worked)}" if story.worked else ""
    yield f"  started {moment(record.created)}{took}{worked}"
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
    yield f"  tasks: {counts(record.counts)}"
    yield from (f"  {safe(line)}" for line in reason_text(record, story.due).splitlines())


# -- while a process drives the run


def watched(store: Store, record: RunRecord, wanted: TaskFilter) -> RunRecord:
    """Draw the progress of a run until no process drives it; return its state then. Draw only on a terminal."""
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
    """Return the number of each step's tasks by status, in the driver's words."""
    return {safe(path): _by_word(numbers, story.retries(path)) for path, numbers in story.steps.items()}


def _by_word(numbers: Mapping[Status, int], retries: int) -> dict[str, int]:
    told = {status.value: count for status, count in numbers.items() if status not in (Status.WAITING, Status.READY)}
    told |= {RETRY: retries, DELAYED: numbers.get(Status.WAITING, 0) - retries, QUEUED: numbers.get(Status.READY, 0)}
    return {word: count for word, count in told.items() if count}


def _new_failures(story: Story, record: RunRecord, told: set[tuple[str, str, int]], paint: Paint) -> list[str]:
    lines: list[str] = []
    for attempt in story.failures.values():
        key = (attempt.located, attempt.sequence, attempt.attempt)
        if key not in told:
            told.add(key)
            lines += failure_lines(attempt.failure, record.id, paint)
    return lines
