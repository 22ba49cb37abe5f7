"""What a run says while it runs: a counter per step definition, and lines for people that stay few."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from sequent.cli.failures import failure_line, failure_lines, task_name
from sequent.cli.text import Paint, safe
from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.model.status import SETTLED, RunStatus, Status
from sequent.runtime.ports import Observer
from sequent.runtime.rows import RunRecord

FREE_LINES = 200
"""So many lines are always written; after that ten a second."""
LINES_A_SECOND = 10.0
SUMMARY_SECONDS = 5.0
SUMMARY_LINES = 10
FULL_FAILURES = 20
"""So many failures are told in full; of the others one line each."""


class Counts:
    """How many tasks of each step definition are running and how many settled how.

    A task costs an increment or two, so that a hundred thousand of them cost nothing.
    """

    def __init__(self, plan: Plan) -> None:
        size = len(plan.nodes)
        self.names = [safe(dotted(node.path)) for node in plan.nodes]
        self.running = [0] * size
        self.settled: dict[Status, list[int]] = {status: [0] * size for status in Status if status in SETTLED}

    def started(self, node: int) -> None:
        self.running[node] += 1

    def ended(self, node: int, status: Status) -> None:
        """A task settled, or an attempt of it was lost."""
        if self.running[node] and status is not Status.SKIPPED:
            self.running[node] -= 1
        if status in self.settled:
            self.settled[status][node] += 1

    def total(self, node: int) -> int:
        """How many tasks of that definition settled."""
        return sum(numbers[node] for numbers in self.settled.values())

    def of(self, node: int) -> dict[Status, int]:
        """How many tasks of that definition are in what."""
        numbers = {status: numbers[node] for status, numbers in self.settled.items() if numbers[node]}
        return {Status.ACTIVE: self.running[node], **numbers} if self.running[node] else numbers


class Throttle:
    """Lets so many lines pass at once, and later so many a second.

    What is refused counts as well, so that a flood closes it and a trickle opens it again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = float(FREE_LINES)
        self._last = clock()

    def passes(self) -> bool:
        """Whether one more line may be written now."""
        now = self._clock()
        grown = min(self._left + (now - self._last) * LINES_A_SECOND, FREE_LINES)
        self._last = now
        self._left = max(grown - 1, -SUMMARY_SECONDS * LINES_A_SECOND)
        return self._left >= 0


class Lines:
    """A stream for people; once nobody reads it any more, writing to it does nothing."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._is_open = True

    def write(self, text: str) -> None:
        if not self._is_open:
            return
        try:
            self.stream.write(f"{text}\n")
            self.stream.flush()
        except (OSError, ValueError):
            self._is_open = False
            self._discard()

    def _discard(self) -> None:
        """Let what is still in the stream's buffer go nowhere, lest Python fails to write it as it ends."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)


class Progress(Observer, Protocol):
    """An ``Observer`` that may hold the terminal."""

    def close(self) -> None:
        """Give the terminal back, however the run ended."""
        ...


class PlainProgress:
    """An ``Observer`` that writes lines: one a task while they are few, else a summary now and then."""

    def __init__(
        self,
        lines: Lines,
        *,
        store_option: str = "",
        is_quiet: bool = False,
        is_verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Say nothing yet; ``store_option`` is what a command needs to find this store, such as ``--store a.db``."""
        self._lines = lines
        self._paint = Paint.of(lines.stream)
        self._store_option = store_option
        self._is_quiet = is_quiet
        self._is_verbose = is_verbose
        self._clock = clock
        self._throttle = Throttle(clock)
        self._failures = FailureLines(self._paint, self._throttle, store_option)
        self._held = 0
        self._summarised = clock()
        self._shown: list[int] = []

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._counts = Counts(plan)
        self._shown = [0] * len(plan.nodes)
        self._failures.began(record.id, self._counts.names)
        if not self._is_quiet:
            self._lines.write(beginning(record, self._paint))

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._counts.started(node)
        if self._is_verbose and self._throttle.passes():
            self._task_line(Status.ACTIVE, scope, node, attempt)

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._counts.ended(node, status)
        if problem is not None and status is Status.FAILURE:
            for line in self._failures.of(node, scope.sequence, attempt, problem, log):
                self._lines.write(line)
        elif self._is_quiet or status not in SETTLED:
            return
        elif self._throttle.passes():
            self._task_line(status, scope, node, attempt)
        else:
            self._held += 1
            if self._clock() - self._summarised >= SUMMARY_SECONDS:
                self._summarise()

    def note(self, text: str) -> None:
        self._lines.write(safe(text))

    def draw_failed(self, node: int, problem: Problem) -> None:
        for line in self._failures.of(node, (), 1, problem, None):
            self._lines.write(line)

    def run_ended(self, status: RunStatus) -> None:
        for line in self._failures.rest():
            self._lines.write(line)
        if self._held:
            self._summarise()

    def close(self) -> None:
        """Nothing is left to give back."""

    def _task_line(self, status: Status, scope: Scope, node: int, attempt: int) -> None:
        number = f"  (attempt {attempt})" if attempt > 1 else ""
        name = task_name(self._counts.names[node], sequence_text(scope.sequence))
        self._lines.write(f"{self._paint.status(status)}  {name}{number}")

    def _summarise(self) -> None:
        """Say where the definitions stand that moved most since the last summary."""
        self._held = 0
        self._summarised = self._clock()
        totals = [self._counts.total(node) for node in range(len(self._shown))]
        moved = [node for node, total in enumerate(totals) if total != self._shown[node]]
        moved.sort(key=lambda node: self._shown[node] - totals[node])
        for node in moved[:SUMMARY_LINES]:
            numbers = ", ".join(f"{count:,} {status.value}" for status, count in self._counts.of(node).items())
            self._lines.write(self._paint.faint(f"  {self._counts.names[node]}: {numbers}"))
        if len(moved) > SUMMARY_LINES:
            self._lines.write(self._paint.faint(f"  and {len(moved) - SUMMARY_LINES:,} more steps"))
        self._shown = totals


class Reserved:
    """An ``Observer`` that lets another one begin only once something happens: a run with nothing to do is silent."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._held: tuple[RunRecord, Plan] | None = None
        self.has_begun = False

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._held = (record, plan)

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._begun().task_started(scope, node, attempt)

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._begun().task_settled(scope, node, attempt, status, problem, log)

    def note(self, text: str) -> None:
        self._begun().note(text)

    def draw_failed(self, node: int, problem: Problem) -> None:
        self._begun().draw_failed(node, problem)

    def run_ended(self, status: RunStatus) -> None:
        if self.has_begun:
            self._progress.run_ended(status)

    def close(self) -> None:
        if self.has_begun:
            self._progress.close()

    def _begun(self) -> Progress:
        if not self.has_begun and self._held is not None:
            self.has_begun = True
            self._progress.run_began(*self._held)
        return self._progress


class FailureLines:
    """The lines of a run's failures: the first in full, then one each, then only how many."""

    def __init__(self, paint: Paint, throttle: Throttle, store_option: str) -> None:
        self._paint = paint
        self._throttle = throttle
        self._store_option = store_option
        self._told = 0
        self._held = 0
        self._run = ""
        self._names: list[str] = []

    def began(self, run: str, names: list[str]) -> None:
        self._run, self._names = run, names

    def of(
        self, node: int, sequence: tuple[int, ...], attempt: int, problem: Problem, log: LogSpan | None
    ) -> list[str]:
        """What to write about this failure."""
        passes = self._throttle.passes()
        path, numbers = self._names[node], sequence_text(sequence)
        failure = Failure(path=path, sequence=numbers, attempt=attempt, problem=problem, log=log)
        self._told += 1
        if self._told <= FULL_FAILURES:
            command = log_command(self._run, path, numbers, self._store_option) if log else None
            return failure_lines(failure, command, self._paint)
        if passes:
            return [failure_line(failure, self._paint)]
        self._held += 1
        return []

    def rest(self) -> list[str]:
        """What to write at the end about the failures that were only counted."""
        if not self._held:
            return []
        command = f"sequent show {self._run}{self._store_option}"
        return [f"{self._paint.status(Status.FAILURE)}  and {self._held:,} more: {command}"]


def beginning(record: RunRecord, paint: Paint) -> str:
    """The line with which a run, or its recovery, begins."""
    again = f", recovery {record.recovery}" if record.recovery else ""
    return f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}{again}"


def log_command(run: str, path: str, sequence: str, store_option: str) -> str:
    """What to type to see what a task wrote."""
    return f"sequent logs {safe(run)} {task_name(path, sequence)}{store_option}"
