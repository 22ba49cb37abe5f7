"""Defines ``show``, which shows the state of one run without loading its flow."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.run_selection import MOST_SHOWN, RunSelection
from sequent.cli.output.run_text import attempt_line, expected_end_lines, heading_lines
from sequent.cli.output.terminal import out
from sequent.cli.output.text import ASKED, DELAYED, LOST, RETRY, Paint, counts, moment, next_lines, safe, task_name
from sequent.cli.runs.run_lookup import find_run
from sequent.errors import UsageError
from sequent.model.scope import host_in, is_within, sequence_text
from sequent.model.status import Status
from sequent.runtime.reading.step_states import StepStates, TaskFilter, read_filter, read_step_states
from sequent.runtime.records import RunRecord
from sequent.view.next_command import next_commands

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Run
    from sequent.runtime.ports import Store
    from sequent.view.why import Why


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
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Show one run: its parameters, its steps, the active and waiting tasks, and the failures."""
    with opened_store(options) as store:
        record = find_run(store, "show", run, path)
        wanted = read_filter(record, path or "", status)
        if watch:
            from sequent.cli.runs.watching import watch_run

            record = watch_run(store, record, wanted)
        states = read_step_states(store, record, time.time(), wanted)
        if wanted.host and not (wanted.statuses or states.counts):
            _refuse_host(store, record, wanted)
        if record.ended is None:
            record = replace(record, counts=states.counts)
        selection = RunSelection(store, record, states)
        if options.json:
            from sequent.cli.output import json_output
            from sequent.cli.output.run_selection_document import run_selection_document

            document = run_selection_document(selection, has_attempts=options.verbose > 0)
            json_output.write({"store": store.name, "run": document})
        else:
            _show_text(selection, options)
    return 0


def _refuse_host(store: Store, record: RunRecord, wanted: TaskFilter) -> None:
    """Refuse a host without a copy, or on which nothing of a step or container has begun, but on others."""
    from sequent.model.written_hosts import refuse_other_host

    attempts = store.attempts(record)
    inside = (each for each in attempts if is_within(each.path, wanted.path))
    hosts = sorted({attempt.host for attempt in inside} - {""})
    refuse_other_host(record.description, wanted.path, wanted.host, hosts)
    if hosts:
        raise UsageError(
            f"run {record.id!r} has nothing of {wanted.path!r} on host {wanted.host!r} that has begun",
            code="unknown-host",
            hint=f"it has begun on {', '.join(hosts)}",
            path=wanted.path,
        )


def _show_text(selection: RunSelection, options: GlobalOptions) -> None:
    store, record, states, paint = selection.store, selection.record, selection.states, Paint.of(sys.stdout)
    out("\n".join(heading_lines(record, states.worked, states.due, store.name, paint)))
    for line in expected_end_lines(store, record, time.time()):
        out(line)
    steps = [f"  {safe(path)}: {_numbers(numbers)}" for path, numbers in selection.steps]
    reasons = [f"  {paint.status(why.status)}  {safe(why.text)}" for why in selection.waiting() if _is_new(why, states)]
    asked = [*_intervention_lines(store, record)]
    for lines in (steps, *_task_lines(selection, paint), _first(reasons), asked):
        if lines:
            out("\n".join(("", *lines)))
    _show_failures(selection, paint)
    _show_story(selection, paint)
    if options.verbose:
        _show_result(store, record)
        out("")
        for attempt in selection.attempts:
            out(attempt_line(attempt, paint))
    if commands := next_commands(record, selection.questions, store.interventions(record)):
        out("\n".join(("", *next_lines(commands))))


def _was_running(host: str) -> str:
    """Return what is known of an attempt whose driver has ended: on another host it may go on."""
    ended = "was running when its driver ended"
    if not host:
        return ended
    from sequent.model.hosts import LOOPBACK

    return ended if host in LOOPBACK else f"a recovery asks {safe(host)} whether it goes on or has ended"


def _task_lines(selection: RunSelection, paint: Paint) -> Iterator[list[str]]:
    """Yield the lines of the tasks that are active, were lost, wait for a time, and wait for an answer."""
    yield _first(
        [
            f"  {paint.status(Status.ACTIVE)}  {task_name(attempt.located, attempt.sequence)}"
            f"{_number(attempt.attempt)}  since {moment(attempt.started)}"
            for attempt in selection.active
        ]
    )
    yield _first(
        [
            f"  {paint.word(LOST)}  {task_name(attempt.located, attempt.sequence)}{_number(attempt.attempt)}"
            f"  began {moment(attempt.started)}, {_was_running(attempt.host)}"
            for attempt in selection.lost
        ]
    )
    yield _first(
        [
            f"  {paint.word(RETRY if wait.attempt else DELAYED)}  {task_name(wait.located, wait.sequence)}"
            f"{_number(wait.attempt)}  until {moment(wait.due)}"
            for wait in selection.waits
        ]
    )
    yield _first(
        [
            f"  {paint.word(ASKED)}  {task_name(question.located, question.sequence)}{_number(question.attempt)}"
            f"  since {moment(question.since)}" + (f", until {moment(question.due)}" if question.has_limit else "")
            for question in selection.questions
        ]
    )


def _show_failures(selection: RunSelection, paint: Paint) -> None:
    failures = selection.failures
    told = [*(attempt.failure for attempt in failures[:MOST_SHOWN]), *selection.failed_containers]
    if not told:
        return
    from sequent.cli.output.told_failures import told_failures

    for lines in told_failures(selection.store, selection.record, told, paint):
        out("\n".join(("", *lines)))
    if len(failures) > MOST_SHOWN:
        out(f"\nand {len(failures) - MOST_SHOWN:,} more failures")


def _show_result(store: Store, record: RunRecord) -> None:
    from sequent.cli.output.result_text import result_lines
    from sequent.view.run_result import read_result

    found = read_result(store, record)
    if found is not None:
        out("\n".join(("", *result_lines(found))))


def _intervention_lines(store: Store, record: RunRecord) -> Iterator[str]:
    if asked := store.interventions(record):
        # Few runs have any.
        from sequent.view.intervention_lines import intervention_lines

        yield from intervention_lines(asked, moment)


def _show_story(selection: RunSelection, paint: Paint) -> None:
    """Show the notes and artifacts of the selected tasks."""
    parts = selection.left
    shown = [*islice(parts, MOST_SHOWN)]
    if shown:
        from sequent.cli.output.story_output import story_lines

        out("\n".join(("", *story_lines(shown, selection.store.directory(selection.record), paint))))
    if more := sum(1 for _ in parts):
        out(f"  and {more:,} more notes and artifacts; show --json has all of them")


def _numbers(numbers: Mapping[Status, int]) -> str:
    return counts(numbers) if any(numbers.values()) else "not begun"


def _number(attempt: int) -> str:
    return f"  (attempt {attempt})" if attempt > 1 else ""


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_SHOWN
    return [*lines[:MOST_SHOWN], f"  and {more:,} more"] if more > 0 else lines


def _is_new(why: Why, states: StepStates) -> bool:
    """Return whether a reason says more than the line of a wait or of a question."""
    place = (why.place.path, sequence_text(why.place.sequence), host_in(why.place.sequence))
    known = ((wait.path, wait.sequence, wait.host) for wait in (*states.waits, *states.questions))
    return place not in known or (why.waiting is not None and why.waiting.hold is not None)
