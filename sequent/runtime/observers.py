"""Who watches a run where nobody shows its progress."""

from __future__ import annotations

from collections.abc import Mapping

from loguru import logger

from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import RunRecord


class LoggingObserver:
    """Logs a run's start and end, and its failures; what ``run()`` in a program uses.

    Successes are not logged one by one: a hundred thousand tasks must cost nothing.
    """

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._run = ""

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._plan = plan
        self._run = record.id
        again = f", recovery {record.recovery}" if record.recovery else ""
        logger.info("run {} of {} begins{}", record.id, record.target.flow, again)

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        """Say nothing: see the class."""

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        if problem is not None and self._plan is not None:
            path = dotted(self._plan.nodes[node].path)
            where = f" ({problem.file}:{problem.line})" if problem.file else ""
            sequence = sequence_text(scope.sequence)
            logger.error("{}/{} failed: {}: {}{}", path, sequence, problem.type, problem.message, where)

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        if self._plan is not None:
            path, sequence = dotted(self._plan.nodes[node].path), sequence_text(scope.sequence)
            when = f" in {wait:.3g} s" if wait else ""
            told = f"{problem.type}: {problem.message}; it will be tried again{when}"
            logger.warning("{}/{} failed at attempt {}: {}", path, sequence, attempt, told)

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """Say nothing: see the class."""

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """Say nothing: see the class."""

    def draw_failed(self, node: int, problem: Problem) -> None:
        if self._plan is not None:
            path = dotted(self._plan.nodes[node].path)
            logger.error("{} failed: {}: {}", path, problem.type, problem.message)

    def note(self, text: str) -> None:
        logger.warning("{}", text)

    def run_ended(self, status: RunStatus) -> None:
        logger.info("run {} ended: {}", self._run, status.value)
