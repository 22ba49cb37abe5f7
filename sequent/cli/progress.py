"""What a run says while it runs: a counter per step definition, and lines for people that stay few."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TextIO

from sequent.cli.counting import DELAYED, QUEUED, RETRY, Counts, Failed
from sequent.cli.failures import brief, failure_line, failure_lines, task_name
from sequent.cli.text import Paint, safe, waiting_time
from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.plan import Plan
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
        self._counts.started(scope, node)
        if self._is_verbose and self._throttle.passes():
            self._task_line(Status.ACTIVE.value, scope, node, attempt)

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._counts.ended(scope, node, attempt, status)
        if problem is not None and status is Status.FAILURE:
            for line in self._failures.of(node, scope.sequence, attempt, problem, log):
                self._lines.write(line)
        elif self._is_quiet or status not in SETTLED:
            return
        elif self._throttle.passes():
            self._task_line(status.value, scope, node, attempt)
        else:
            self._held += 1
            if self._clock() - self._summarised >= SUMMARY_SECONDS:
                self._summarise()

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        self._counts.failed(Failed(scope, node, attempt, problem, log))
        if not self._is_quiet and self._throttle.passes():
            more = f"{brief(problem)}; {again_text(wait)}"
            self._task_line(RETRY, scope, node, attempt, more)

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        self._counts.delayed(scope, node)
        if not self._is_quiet and self._throttle.passes():
            self._task_line(DELAYED, scope, node, 0, f"starts in {waiting_time(seconds)}")

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        self._counts.queued(numbers)
        if self._is_verbose:
            for node, number in numbers.items():
                if self._throttle.passes():
                    word = self._paint.word(QUEUED)
                    self._lines.write(f"{word}  {self._counts.names[node]}: {number:,} wait for resources")

    def note(self, text: str) -> None:
        self._lines.write(safe(text))

    def draw_failed(self, node: int, problem: Problem) -> None:
        for line in self._failures.of(node, (), 1, problem, None):
            self._lines.write(line)

    def run_ended(self, status: RunStatus) -> None:
        for line in self._failures.at_end(self._counts, status):
            self._lines.write(line)
        if self._held:
            self._summarise()

    def close(self) -> None:
        """Nothing is left to give back."""

    def _task_line(self, word: str, scope: Scope, node: int, attempt: int, more: str = "") -> None:
        name = task_name(self._counts.names[node], sequence_text(scope.sequence))
        self._lines.write(task_line(self._paint, word, name, attempt, more))

    def _summarise(self) -> None:
        """Say where the definitions stand that moved most since the last summary."""
        self._held = 0
        self._summarised = self._clock()
        totals = [self._counts.total(node) for node in range(len(self._shown))]
        moved = [node for node, total in enumerate(totals) if total != self._shown[node]]
        moved.sort(key=lambda node: self._shown[node] - totals[node])
        for node in moved[:SUMMARY_LINES]:
            numbers = ", ".join(f"{count:,} {word}" for word, count in self._counts.of(node).items())
            self._lines.write(self._paint.faint(f"  {self._counts.names[node]}: {numbers}"))
        if len(moved) > SUMMARY_LINES:
            self._lines.write(self._paint.faint(f"  and {len(moved) - SUMMARY_LINES:,} more steps"))
        self._shown = totals


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

    def at_end(self, counts: Counts, status: RunStatus) -> list[str]:
        """What to write at the end: what is not tried again after all, and how many failures were only counted."""
        given_up = [] if status is RunStatus.SUSPENDED else counts.give_up()
        lines = [line for failed in given_up for line in self.of(failed.node, failed.scope.sequence, *failed[2:])]
        if self._held:
            command = f"sequent show {self._run}{self._store_option}"
            lines.append(f"{self._paint.status(Status.FAILURE)}  and {self._held:,} more: {command}")
        return lines


def beginning(record: RunRecord, paint: Paint) -> str:
    """The line with which a run, or its recovery, begins."""
    again = f", recovery {record.recovery}" if record.recovery else ""
    return f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}{again}"


def task_line(paint: Paint, word: str, name: str, attempt: int, more: str = "") -> str:
    """One line of one task."""
    number = f"  (attempt {attempt})" if attempt > 1 or word == RETRY else ""
    return f"{paint.word(word)}  {name}{number}{more and '  '}{more}"


def again_text(wait: float) -> str:
    """When a task will be tried again whose attempt has failed."""
    return f"will be tried again in {waiting_time(wait)}" if wait > 0 else "will be tried again"


def log_command(run: str, path: str, sequence: str, store_option: str) -> str:
    """What to type to see what a task wrote."""
    return f"sequent logs {safe(run)} {task_name(path, sequence)}{store_option}"
