"""Defines ``show``, which shows the state of one run without loading its flow."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.run_text import attempt_line, expected_end_lines, expected_end_of, heading_lines
from sequent.cli.output.terminal import out
from sequent.cli.output.text import ASKED, DELAYED, LOST, RETRY, Paint, counts, moment, next_lines, safe, task_name
from sequent.cli.runs.run_lookup import find_run
from sequent.errors import UsageError
from sequent.model.scope import host_in, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.reading.step_states import StepStates, TaskFilter, read_filter, read_step_states, seen_attempts
from sequent.runtime.records import AttemptRecord, LeftPart, Pending, RunRecord
from sequent.view.next_command import next_commands

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Run
    from sequent.model.outcome import Failure
    from sequent.runtime.ports import Store
    from sequent.view.why import Why

SHOWN = 100
"""The maximum number of failures, and of active and waiting tasks, to show."""


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
        if options.json:
            _show_document(store, record, states, with_attempts=options.verbose > 0)
        else:
            _show_text(store, record, states, options)
    return 0


def _refuse_host(store: Store, record: RunRecord, wanted: TaskFilter) -> None:
    """Refuse a host on which nothing of a step or container has begun, if something has begun on others."""
    attempts = store.attempts(record)
    inside = (each for each in attempts if each.path == wanted.path or each.path.startswith(f"{wanted.path}."))
    hosts = sorted({attempt.host for attempt in inside} - {""})
    if hosts:
        raise UsageError(
            f"run {record.id!r} has nothing of {wanted.path!r} on host {wanted.host!r} that has begun",
            code="unknown-host",
            hint=f"it has begun on {', '.join(hosts)}",
            path=wanted.path,
        )


def _show_document(store: Store, record: RunRecord, states: StepStates, *, with_attempts: bool) -> None:
    from sequent.cli.output import json_output, why_document

    document = json_output.run_document(record, states.due)
    document["worked"] = round(states.worked, 6)
    document["expected_end"] = json_output.expected_document(expected_end_of(store, record, time.time()))
    document["steps"] = {path: json_output.counts_document(numbers) for path, numbers in _steps(states)}
    document["active"] = [json_output.active_document(attempt) for attempt in _active(states)]
    document["waits"] = [json_output.wait_document(wait) for wait in _waits(states)]
    document["waiting"] = [why_document.reason_document(why) for why in _waiting(store, record, states)]
    document["questions"] = [
        json_output.question_document(each, record.description[each.path].question) for each in _questions(states)
    ]
    failures = _failures(states)
    document["failed"] = len(failures)
    document["failures"] = [json_output.attempt_document(failure) for failure in failures[:SHOWN]]
    document["failed_containers"] = [
        json_output.failure_document(it) for it in _failed_containers(store, record, states)
    ]
    document["interventions"] = [json_output.intervention_document(asked) for asked in store.interventions(record)]
    document["next"] = next_commands(record, _questions(states), store.interventions(record))
    document["story"] = [*_story_documents(store, record, states)]
    if with_attempts:
        document["attempts"] = [json_output.attempt_document(attempt) for attempt in _attempts(store, record, states)]
    json_output.write({"store": store.name, "run": document})


def _show_text(store: Store, record: RunRecord, states: StepStates, options: GlobalOptions) -> None:
    paint = Paint.of(sys.stdout)
    out("\n".join(heading_lines(record, states.worked, states.due, store.name, paint)))
    for line in expected_end_lines(store, record, time.time()):
        out(line)
    steps = [f"  {safe(path)}: {_numbers(numbers)}" for path, numbers in _steps(states)]
    reasons = [
        f"  {paint.status(why.status)}  {safe(why.text)}"
        for why in _waiting(store, record, states)
        if _is_new(why, states)
    ]
    asked = [*_intervention_lines(store, record)]
    for lines in (steps, *_task_lines(states, paint), _first(reasons), asked):
        if lines:
            out("\n".join(("", *lines)))
    _show_failures(store, record, states, paint)
    _show_story(store, record, states, paint)
    if options.verbose:
        _show_result(store, record)
        out("")
        for attempt in _attempts(store, record, states):
            out(attempt_line(attempt, paint))
    if commands := next_commands(record, _questions(states), store.interventions(record)):
        out("\n".join(("", *next_lines(commands))))


def _task_lines(states: StepStates, paint: Paint) -> Iterator[list[str]]:
    """Yield the lines of the tasks that are active, were lost, wait for a time, and wait for an answer."""
    yield _first(
        [
            f"  {paint.status(Status.ACTIVE)}  {task_name(attempt.located, attempt.sequence)}"
            f"{_number(attempt.attempt)}  since {moment(attempt.started)}"
            for attempt in _active(states)
        ]
    )
    yield _first(
        [
            f"  {paint.word(LOST)}  {task_name(attempt.located, attempt.sequence)}{_number(attempt.attempt)}"
            f"  began {moment(attempt.started)}, was running when its driver ended"
            for attempt in _lost(states)
        ]
    )
    yield _first(
        [
            f"  {paint.word(RETRY if wait.attempt else DELAYED)}  {task_name(wait.located, wait.sequence)}"
            f"{_number(wait.attempt)}  until {moment(wait.due)}"
            for wait in _waits(states)
        ]
    )
    yield _first(
        [
            f"  {paint.word(ASKED)}  {task_name(question.located, question.sequence)}{_number(question.attempt)}"
            f"  since {moment(question.since)}" + (f", until {moment(question.due)}" if question.has_limit else "")
            for question in _questions(states)
        ]
    )


def _show_failures(store: Store, record: RunRecord, states: StepStates, paint: Paint) -> None:
    failures = _failures(states)
    told = [*(attempt.failure for attempt in failures[:SHOWN]), *_failed_containers(store, record, states)]
    if not told:
        return
    from sequent.cli.output.told_failures import told_failures

    for lines in told_failures(store, record, told, paint):
        out("\n".join(("", *lines)))
    if len(failures) > SHOWN:
        out(f"\nand {len(failures) - SHOWN:,} more failures")


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


def _show_story(store: Store, record: RunRecord, states: StepStates, paint: Paint) -> None:
    """Show the notes and artifacts of the selected tasks."""
    parts = _left(store, record, states)
    shown = [*islice(parts, SHOWN)]
    if shown:
        from sequent.cli.output.story_output import story_lines

        out("\n".join(("", *story_lines(shown, store.directory(record), paint))))
    if more := sum(1 for _ in parts):
        out(f"  and {more:,} more notes and artifacts; show --json has all of them")


def _story_documents(store: Store, record: RunRecord, states: StepStates) -> Iterator[Mapping[str, object]]:
    from sequent.cli.output import json_output, story_output

    for left in _left(store, record, states):
        yield story_output.left_document(left, json_output.moment(left.part.at), store.directory(record))


def _numbers(numbers: Mapping[Status, int]) -> str:
    return counts(numbers) if any(numbers.values()) else "not begun"


def _number(attempt: int) -> str:
    return f"  (attempt {attempt})" if attempt > 1 else ""


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"  and {more:,} more"] if more > 0 else lines


def _steps(states: StepStates) -> Iterator[tuple[str, Mapping[Status, int]]]:
    statuses = states.wanted.statuses
    for path, numbers in states.steps.items():
        meant = {status: count for status, count in numbers.items() if count and states.wanted.shows(status)}
        if meant or not statuses:
            yield path, meant


def _active(states: StepStates) -> list[AttemptRecord]:
    return [*states.active.values()] if states.wanted.shows(Status.ACTIVE) else []


def _lost(states: StepStates) -> list[AttemptRecord]:
    return [*states.lost.values()] if states.wanted.shows(Status.WAITING) else []


def _waits(states: StepStates) -> list[Pending]:
    return states.waits if states.wanted.shows(Status.WAITING) else []


def _questions(states: StepStates) -> list[Pending]:
    return states.questions if states.wanted.shows(Status.WAITING) else []


def _waiting(store: Store, record: RunRecord, states: StepStates) -> list[Why]:
    """Return why tasks and containers have not begun, if the run goes on."""
    is_shown = states.wanted.shows(Status.WAITING) or states.wanted.shows(Status.READY)
    if not is_shown or record.status not in (RunStatus.RUNNING, RunStatus.SUSPENDED):
        return []
    from sequent.view.run_facts import facts_of
    from sequent.view.waiting_places import waiting_places

    facts = facts_of(store, record)
    found = waiting_places(facts, time.time()) if facts.is_described else iter(())
    return [*islice((why for why in found if states.wanted.has_place(why.place)), SHOWN)]


def _is_new(why: Why, states: StepStates) -> bool:
    """Return whether a reason says more than the line of a wait or of a question."""
    place = (why.place.path, sequence_text(why.place.sequence), host_in(why.place.sequence))
    known = ((wait.path, wait.sequence, wait.host) for wait in (*states.waits, *states.questions))
    return place not in known or (why.waiting is not None and why.waiting.hold is not None)


def _failures(states: StepStates) -> list[AttemptRecord]:
    return [*states.failures.values()] if states.wanted.shows(Status.FAILURE) else []


def _failed_containers(store: Store, record: RunRecord, states: StepStates) -> list[Failure]:
    """Return the failures of containers themselves: their items could not be computed."""
    wanted = states.wanted
    if not wanted.shows(Status.FAILURE):
        return []
    return [it for it in store.container_problems(record) if wanted.has(it)][:SHOWN]


def _left(store: Store, record: RunRecord, states: StepStates) -> Iterator[LeftPart]:
    """Yield the notes and artifacts of the selected tasks, whatever their status."""
    return (left for left in store.story(record) if states.wanted.has(left))


def _attempts(store: Store, record: RunRecord, states: StepStates) -> Iterator[AttemptRecord]:
    wanted = states.wanted
    for attempt in seen_attempts(store, record):
        if wanted.has(attempt) and wanted.shows(attempt.status):
            yield attempt
