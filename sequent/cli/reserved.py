"""Says nothing of a run in which nothing happens."""

from __future__ import annotations

from collections.abc import Mapping

from sequent.cli.progress import Progress
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import RunRecord


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

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        self._begun().attempt_failed(scope, node, attempt, problem, log, wait)

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        if self.has_begun:
            self._progress.task_waits(scope, node, seconds)

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
