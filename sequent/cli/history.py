"""``ls`` and ``show``: what the store remembers, without loading anybody's flow."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated

from attrs import define, evolve, field
from cyclopts import Parameter

from sequent.cli import machine
from sequent.cli.failures import failure_lines, log_command, task_name
from sequent.cli.options import Options, opened_store
from sequent.cli.terminal import out
from sequent.cli.text import Paint, columns, counts, duration, moment, readable, safe
from sequent.cli.typed import DEFAULTS, Limit, Run, TypedOptions
from sequent.model.commands import typed
from sequent.model.outcome import Failure, Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.origin import Origin
from sequent.runtime.ports import Store
from sequent.runtime.rows import AttemptRecord, RunRecord

SHOWN_FAILURES = 100


def ls(
    *,
    flow: Annotated[str | None, Parameter(help="Only runs of the flow with this name.")] = None,
    limit: Limit = 20,
    options: TypedOptions = DEFAULTS,
) -> int:
    """List the runs of the store, latest first."""
    with opened_store(options) as store:
        _list(store, store.runs(flow, limit or None), options)
    return 0


def _list(store: Store, records: list[RunRecord], options: Options) -> None:
    if options.json:
        machine.write({"store": store.name, "runs": [machine.run_document(record) for record in records]})
    elif records:
        # The status is painted after the columns are aligned: escapes would count as width.
        rows = [("run", "flow", "started", "took", "status", "tasks"), *map(_row, records)]
        if any(record.origin for record in records):
            origins = ["started by", *(_origin(record.origin, store.name) for record in records)]
            rows = [(*row, told) for row, told in zip(rows, origins, strict=True)]
        paint = Paint.of(sys.stdout)
        heading, *lines = columns(rows)
        out(paint.faint(heading))
        for line, record in zip(lines, records, strict=True):
            plain = Paint(is_on=False).status(record.status)
            out(line.replace(plain, paint.status(record.status), 1))
    else:
        options.say(f"no runs in {safe(store.name)}")


def _row(record: RunRecord) -> tuple[str, ...]:
    took = duration(record.ended - record.created) if record.ended is not None else ""
    status = Paint(is_on=False).status(record.status)
    # What it comes to is known once it has ended; until then ``show`` tells.
    tasks = counts(record.counts) if record.ended is not None else ""
    if record.status is RunStatus.SUSPENDED:
        tasks = f"{tasks}, {safe(record.reason)}"
    if record.status is RunStatus.DAMAGED:
        return (safe(record.id), "?", "?", "", status, f"{safe(typed('show', record.id))} says what is wrong")
    return (safe(record.id), safe(record.target.flow), moment(record.created), took, status, tasks)


def _origin(origin: Origin | None, store: str) -> str:
    """The step that started a run: its run, its name, and its store where that is another one than this."""
    if origin is None:
        return ""
    step = f" {task_name(origin.path, origin.sequence)}" if origin.path else ""
    elsewhere = f" in {safe(origin.store)}" if origin.store != store else ""
    return f"{safe(origin.run)}{step}{elsewhere}"


def show(run: Run = "latest", /, *, options: TypedOptions = DEFAULTS) -> int:
    """Show one run: its parameters, how far each step came, and what failed."""
    with opened_store(options) as store:
        record = store.find(run)
        story = Story()
        for attempt in store.attempts(record):
            story.add(attempt)
        if record.ended is None:
            record = evolve(record, counts=story.counts)
        if options.json:
            _show_document(store, record, story, with_attempts=options.verbose > 0)
        else:
            _show_text(store, record, story, options)
    return 0


@define
class Story:
    """What a run's attempts come to: the present status of each step's tasks, and the failures that stand.

    Only what is not a success is remembered by task, so that a million successes need no memory.
    """

    steps: dict[str, Counter[Status]] = field(factory=dict[str, Counter[Status]])
    failures: dict[tuple[str, str], AttemptRecord] = field(factory=dict[tuple[str, str], AttemptRecord])
    _others: dict[tuple[str, str], Status] = field(factory=dict[tuple[str, str], Status])

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many tasks of each status there are, as far as they have begun."""
        total: Counter[Status] = Counter()
        for numbers in self.steps.values():
            total.update(numbers)
        return {status: number for status, number in total.items() if number}

    def add(self, record: AttemptRecord) -> None:
        """Take the next attempt, in the order of their starts."""
        key = (record.path, record.sequence)
        numbers = self.steps.setdefault(record.path, Counter())
        if record.attempt > 1:
            numbers[self._others.pop(key, Status.SUCCESS)] -= 1
            self.failures.pop(key, None)
        numbers[record.status] += 1
        if record.status is not Status.SUCCESS:
            self._others[key] = record.status
        if record.status is Status.FAILURE:
            self.failures[key] = record


def _show_document(store: Store, record: RunRecord, story: Story, *, with_attempts: bool) -> None:
    document = machine.run_document(record)
    document["steps"] = {path: machine.counts_document(numbers) for path, numbers in story.steps.items()}
    document["failed"] = len(story.failures)
    document["failures"] = [machine.attempt_document(failure) for failure in _first(story)]
    if with_attempts:
        document["attempts"] = [machine.attempt_document(attempt) for attempt in seen_attempts(store, record)]
    machine.write({"store": store.name, "run": document})


def _show_text(store: Store, record: RunRecord, story: Story, options: Options) -> None:
    paint = Paint.of(sys.stdout)
    out("\n".join(_heading(record, store.name, paint)))
    if story.steps:
        out("")
    for path, numbers in story.steps.items():
        out(f"  {safe(path)}: {counts(numbers)}")
    for failure in map(_failure, _first(story)):
        log = log_command(record.id, failure.path, failure.sequence) if failure.log else None
        out("")
        out("\n".join(failure_lines(failure, log, paint)))
    if len(story.failures) > SHOWN_FAILURES:
        out(f"\nand {len(story.failures) - SHOWN_FAILURES:,} more failures")
    if options.verbose:
        out("")
        for attempt in seen_attempts(store, record):
            out(attempt_line(attempt, paint))


def _first(story: Story) -> list[AttemptRecord]:
    return list(islice(story.failures.values(), SHOWN_FAILURES))


def _failure(record: AttemptRecord) -> Failure:
    problem = record.problem or Problem(type="Unknown", message="the store does not say why")
    return Failure(path=record.path, sequence=record.sequence, attempt=record.attempt, problem=problem, log=record.log)


def _heading(record: RunRecord, store: str, paint: Paint) -> Iterator[str]:
    yield f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}: {paint.status(record.status)}"
    took = f", took {duration(record.ended - record.created)}" if record.ended is not None else ""
    yield f"  started {moment(record.created)}{took}"
    if record.origin is not None:
        yield f"  started by {_origin(record.origin, store)}"
    if record.recovery:
        yield f"  recovery {record.recovery}"
    if record.owner is not None:
        owner = record.owner
        since = moment(owner.since)
        yield f"  driven by process {owner.pid} of {safe(owner.user)} on {safe(owner.host)} since {since}"
    for name, text in record.params.items():
        yield f"  {safe(name)} = {readable(text)}"
    yield f"  tasks: {counts(record.counts)}"
    yield from (f"  {safe(line)}" for line in record.reason.splitlines())


def seen_attempts(store: Store, record: RunRecord) -> Iterator[AttemptRecord]:
    """A run's attempts by their starts; what has no outcome, though nobody drives the run any more, was lost."""
    for attempt in store.attempts(record):
        is_lost = record.owner is None and attempt.status is Status.ACTIVE
        yield evolve(attempt, status=Status.WAITING) if is_lost else attempt


def _attempt_status(record: AttemptRecord, paint: Paint) -> str:
    if record.is_passed:
        return "✓ passed over"
    if record.is_outdated:
        return f"{'✗ failure' if record.problem else '✓ success'} that counts no more"
    # An attempt that is waiting again is one that was lost.
    return "? lost" if record.status is Status.WAITING else paint.status(record.status)


def attempt_line(record: AttemptRecord, paint: Paint) -> str:
    """When it was, which task's it is, and how it ended."""
    took = f"  {duration(record.ended - record.started)}" if record.ended is not None else ""
    status = _attempt_status(record, paint)
    name = task_name(record.path, record.sequence)
    return f"  {moment(record.started)}  {name}  attempt {record.attempt}  {status}{took}"
