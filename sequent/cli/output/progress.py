"""The observers of a run for the command line: one prints lines, one prints nothing until something happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from sequent.cli.output.failure_text import brief
from sequent.cli.output.progress_lines import SUMMARY_SECONDS, FailureLines, Throttle, again_text, beginning, task_line
from sequent.cli.output.task_counts import FailedAttempt, TaskCounts
from sequent.cli.output.terminal import Lines
from sequent.cli.output.text import ASKED, DELAYED, QUEUED, RETRY, Paint, safe, task_name, waiting_time
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.scope import Scope, located, sequence_text
from sequent.model.status import SETTLED, RunStatus, Status
from sequent.runtime.observer_port import Observer
from sequent.runtime.records import RunRecord

SUMMARY_LINES = 10
"""The maximum number of steps in one summary."""


class Progress(Observer, Protocol):
    """An ``Observer`` that may occupy the terminal."""

    def close(self) -> None:
        """Release the terminal, however the run ended."""
        ...


class PlainProgress:
    """An ``Observer`` that writes lines: one per task while they are few, else summaries from time to time."""

    def __init__(
        self,
        lines: Lines,
        *,
        is_quiet: bool = False,
        is_verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lines = lines
        self._paint = Paint.of(lines.stream)
        self._is_quiet = is_quiet
        self._is_verbose = is_verbose
        self._clock = clock
        self._throttle = Throttle(clock)
        self._failures = FailureLines(self._paint, self._throttle)
        self._held = 0
        self._summarised = clock()
        self._shown: list[int] = []

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._counts = TaskCounts(plan)
        self._shown = [0] * len(plan.nodes)
        self._failures.began(record.id, self._counts)
        if not self._is_quiet:
            self._lines.write(beginning(record, self._paint))

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._counts.started(scope, node)
        if self._is_verbose and self._throttle.passes():
            self._task_line(Status.ACTIVE.value, scope, node, attempt)

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        lines = self._failures.settled(scope, node, attempt, status, problem, log)
        if lines is not None:
            for line in lines:
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
        self._counts.failed(FailedAttempt(scope, node, attempt, problem, log))
        if not self._is_quiet and self._throttle.passes():
            more = f"{brief(problem)}; {again_text(wait)}"
            self._task_line(RETRY, scope, node, attempt, more)

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        self._counts.delayed(scope, node)
        if not self._is_quiet and self._throttle.passes():
            self._task_line(DELAYED, scope, node, 0, f"starts in {waiting_time(seconds)}")

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        self._counts.asked(scope, node)
        if self._throttle.passes():
            self._task_line(ASKED, scope, node, 0, safe(text))

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
        for line in self._failures.at_end(status):
            self._lines.write(line)
        if self._held:
            self._summarise()

    def close(self) -> None:
        """Do nothing: the terminal is not occupied."""

    def _task_line(self, word: str, scope: Scope, node: int, attempt: int, more: str = "") -> None:
        name = task_name(located(self._counts.names[node], scope.sequence), sequence_text(scope.sequence))
        self._lines.write(task_line(self._paint, word, name, attempt, more))

    def _summarise(self) -> None:
        """Print the state of the definitions that changed most since the last summary."""
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


class DeferredProgress:
    """An ``Observer`` that starts another one only once something happens: a run with nothing to do is silent."""

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

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        self._begun().attempt_failed(scope, node, attempt, problem, log, wait)

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        if self.has_begun:
            self._progress.task_waits(scope, node, seconds)

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        if self.has_begun:
            self._progress.task_asks(scope, node, text)

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        if self.has_begun:
            self._progress.tasks_queue(numbers)

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
