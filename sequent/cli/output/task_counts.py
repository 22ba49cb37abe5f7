"""Counts the tasks of each step by status during a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sequent.cli.output.text import ASKED, DELAYED, QUEUED, RETRY, safe
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import Scope
from sequent.model.status import SETTLED, Status


class FailedAttempt(NamedTuple):
    """A failed attempt whose task is to be tried again."""

    scope: Scope
    node: int
    attempt: int
    problem: Problem
    log: LogSpan | None


class TaskCounts:
    """The numbers of running, waiting and settled tasks of each step definition.

    A task costs an increment or two, so that a hundred thousand of them cost nothing; only waiting tasks are
    remembered one by one.
    """

    def __init__(self, plan: Plan) -> None:
        size = len(plan.nodes)
        self.names = [safe(dotted(node.path)) for node in plan.nodes]
        self._are_steps = [isinstance(node, StepPlan) for node in plan.nodes]
        self.running = [0] * size
        self.settled: dict[Status, list[int]] = {status: [0] * size for status in Status if status in SETTLED}
        self._waiting: dict[tuple[int, int], tuple[str, FailedAttempt | None]] = {}
        """By frame and step: the tasks that wait to be tried again, for their time, or for an answer."""
        self._numbers = {RETRY: [0] * size, DELAYED: [0] * size, ASKED: [0] * size}
        self._queued: Mapping[int, int] = {}

    def started(self, scope: Scope, node: int) -> None:
        """Count the start of an attempt."""
        self.running[node] += 1
        if self._waiting:
            self._waits_no_more(scope, node)

    def ended(self, scope: Scope, node: int, attempt: int, status: Status) -> FailedAttempt | None:
        """Count a task that settled, with an attempt or without one (0), or an attempt that came to nothing.

        Returns:
            the attempt that is the task's failure after all, if the task was to be tried again.
        """
        failed = None
        if attempt:
            self.running[node] -= 1
        elif self._waiting:
            failed = self._waits_no_more(scope, node)
        if status in self.settled:
            self.settled[status][node] += 1
        return failed if status is Status.FAILURE else None

    def failed(self, failed: FailedAttempt) -> None:
        """Count a failed attempt whose task will be tried again."""
        self.running[failed.node] -= 1
        self._waits(failed.scope, failed.node, RETRY, failed)

    def delayed(self, scope: Scope, node: int) -> None:
        """Count a task that waits for its time; containers are not counted."""
        if self._are_steps[node]:
            self._waits(scope, node, DELAYED)

    def asked(self, scope: Scope, node: int) -> None:
        """Count a task that waits for the answer of a person."""
        self._waits_no_more(scope, node)
        self._waits(scope, node, ASKED)

    def _waits(self, scope: Scope, node: int, word: str, failed: FailedAttempt | None = None) -> None:
        self._numbers[word][node] += 1
        self._waiting[scope.id, node] = word, failed

    def queued(self, numbers: Mapping[int, int]) -> None:
        """Set the numbers of each step's tasks that wait for resources."""
        self._queued = numbers

    def _waits_no_more(self, scope: Scope, node: int) -> FailedAttempt | None:
        if (scope.id, node) not in self._waiting:
            return None
        word, failed = self._waiting.pop((scope.id, node))
        self._numbers[word][node] -= 1
        return failed

    def give_up(self) -> list[FailedAttempt]:
        """Count tasks that waited for a retry as failures, since the run has ended and nothing else reports them."""
        given_up = [failed for _, failed in self._waiting.values() if failed is not None]
        for failed in given_up:
            self.ended(failed.scope, failed.node, 0, Status.FAILURE)
        return given_up

    def total(self, node: int) -> int:
        """Return how many tasks of a definition settled."""
        return sum(numbers[node] for numbers in self.settled.values())

    def of(self, node: int) -> dict[str, int]:
        """Return the numbers of a definition's tasks by status, in words."""
        numbers = {
            Status.ACTIVE.value: self.running[node],
            RETRY: self._numbers[RETRY][node],
            DELAYED: self._numbers[DELAYED][node],
            ASKED: self._numbers[ASKED][node],
            QUEUED: self._queued.get(node, 0),
            **{status.value: numbers[node] for status, numbers in self.settled.items()},
        }
        return {word: number for word, number in numbers.items() if number > 0}
