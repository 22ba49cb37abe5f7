"""Who watches a run in a notebook: a few plain lines in the cell's output."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping

from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import RunRecord

_BETWEEN = 5.0
"""Seconds between two lines that say how far a run has come."""


def is_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


class PrintingObserver:
    """Prints a run's start and end, its failures, and now and then how far it has come.

    Successes are not told one by one: a notebook keeps all that it shows.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._plan: Plan | None = None
        self._run = ""
        self._counts: Counter[Status] = Counter()
        self._told = monotonic()

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._plan = plan
        self._run = record.id
        again = f", recovery {record.recovery}" if record.recovery else ""
        _say(f"run {record.id} of {record.target.flow}{again}")

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._progress()

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._counts[status] += 1
        if problem is not None:
            _say(f"\u2717 {self._name(node)}/{sequence_text(scope.sequence)} failed: {_told(problem)}")
        self._progress()

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        when = f" in {wait:.3g} s" if wait else ""
        name = f"{self._name(node)}/{sequence_text(scope.sequence)}"
        _say(f"{name} failed at attempt {attempt}: {_told(problem)}; it will be tried again{when}")

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """Say nothing: it is no end."""

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """Say nothing: it is no end."""

    def draw_failed(self, node: int, problem: Problem) -> None:
        _say(f"\u2717 {self._name(node)} failed: {_told(problem)}")

    def note(self, text: str) -> None:
        _say(text)

    def run_ended(self, status: RunStatus) -> None:
        _say(f"run {self._run}: {status.value}{self._numbers()}")

    def _progress(self) -> None:
        now = self._monotonic()
        if now - self._told >= _BETWEEN:
            self._told = now
            _say(f"run {self._run} goes on{self._numbers()}")

    def _numbers(self) -> str:
        parts = [f"{self._counts[status]:,} {status.value}" for status in Status if self._counts[status]]
        return f", {', '.join(parts)}" if parts else ""

    def _name(self, node: int) -> str:
        return "" if self._plan is None else dotted(self._plan.nodes[node].path)


def _told(problem: Problem) -> str:
    where = f" ({problem.file}:{problem.line})" if problem.file else ""
    return f"{problem.type}: {problem.message}{where}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
