"""Writes the progress of a run in lines: few, however much happens."""

from __future__ import annotations

from collections.abc import Callable

from sequent.cli.output.failure_text import failure_line, failure_lines
from sequent.cli.output.task_counts import TaskCounts
from sequent.cli.output.text import RETRY, Paint, safe, waiting_time
from sequent.model.commands import typed
from sequent.model.outcome import Failure, LogSpan, Problem
from sequent.model.scope import Scope, Sequence, depth_of_host, host_in, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import RunRecord

FREE_LINES = 200
"""The number of lines that are always written; after that, ten per second."""
LINES_A_SECOND = 10.0
SUMMARY_SECONDS = 5.0
"""The seconds between two summaries of suppressed lines."""
FULL_FAILURES = 20
"""The number of failures shown in full; others get one line each."""


class Throttle:
    """A limiter that passes a burst of lines, and later a number of lines per second.

    Refused lines count as well, so a flood closes it and a trickle opens it again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left = float(FREE_LINES)
        self._last = clock()

    def passes(self) -> bool:
        """Return whether one more line may be written now."""
        now = self._clock()
        grown = min(self._left + (now - self._last) * LINES_A_SECOND, FREE_LINES)
        self._last = now
        self._left = max(grown - 1, -SUMMARY_SECONDS * LINES_A_SECOND)
        return self._left >= 0


class FailureLines:
    """The lines about a run's failures: the first in full, further ones in one line, the rest only counted."""

    def __init__(self, paint: Paint, throttle: Throttle) -> None:
        self._paint = paint
        self._throttle = throttle
        self._told = 0
        self._held = 0
        self._run = ""

    def began(self, run: str, counts: TaskCounts) -> None:
        self._run, self._counts = run, counts

    def settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> list[str] | None:
        """Count a task that has settled; return the lines about its failure, or None if it has not failed."""
        given_up = self._counts.ended(scope, node, attempt, status)
        if given_up is not None:
            attempt, problem, log = given_up[2:]
        if problem is None or status is not Status.FAILURE:
            return None
        return self.of(node, scope.sequence, attempt, problem, log)

    def of(self, node: int, sequence: Sequence, attempt: int, problem: Problem, log: LogSpan | None) -> list[str]:
        """Return the lines about this failure."""
        passes = self._throttle.passes()
        path, numbers = self._counts.names[node], sequence_text(sequence)
        host, depth = host_in(sequence), depth_of_host(sequence)
        failure = Failure(
            path=path, sequence=numbers, host=host, host_depth=depth, attempt=attempt, problem=problem, log=log
        )
        self._told += 1
        if self._told <= FULL_FAILURES:
            return failure_lines(failure, self._run, self._paint)
        if passes:
            return [failure_line(failure, self._paint)]
        self._held += 1
        return []

    def at_end(self, status: RunStatus) -> list[str]:
        """Return the last lines: failures without a further retry, and the number of those that were only counted."""
        given_up = [] if status is RunStatus.SUSPENDED else self._counts.give_up()
        lines = [line for failed in given_up for line in self.of(failed.node, failed.scope.sequence, *failed[2:])]
        if self._held:
            command = safe(typed("show", self._run))
            lines.append(f"{self._paint.status(Status.FAILURE)}  and {self._held:,} more: {command}")
        return lines


def beginning(record: RunRecord, paint: Paint) -> str:
    """Return the first line of a run, or of its recovery."""
    again = f", recovery {record.recovery}" if record.recovery else ""
    return f"run {paint.strong(safe(record.id))} of {safe(record.target.flow)}{again}"


def task_line(paint: Paint, word: str, name: str, attempt: int, more: str = "") -> str:
    """Return one line about one task."""
    number = f"  (attempt {attempt})" if attempt > 1 or word == RETRY else ""
    return f"{paint.word(word)}  {name}{number}{more and '  '}{more}"


def again_text(wait: float) -> str:
    """Return when a task whose attempt failed will be tried again."""
    return f"will be tried again in {waiting_time(wait)}" if wait > 0 else "will be tried again"
