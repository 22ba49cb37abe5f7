"""The port through which a driver shows the progress of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import RunRecord


class Observer(Protocol):
    """Shows the progress of a run to people. Its methods must be quick, and never raise."""

    def run_began(self, record: RunRecord, plan: Plan) -> None: ...

    def task_started(self, scope: Scope, node: int, attempt: int) -> None: ...

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None: ...

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        """Show a failed attempt whose task has not settled: it will be tried again after some seconds."""
        ...

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """Show that a task, or a container, waits for its delay; then it starts, is skipped or is cancelled."""
        ...

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        """Show that a task ``waits for an answer: ...``; then it settles, with an attempt or without one."""
        ...

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """Show the number of waiting tasks of each step; called when nothing else is to be done."""
        ...

    def note(self, text: str) -> None:
        """Show a message: a warning, a signal, a lost agent."""
        ...

    def draw_failed(self, node: int, problem: Problem) -> None:
        """Show that a container failed without a failed attempt; mostly, its items could not be found."""
        ...

    def run_ended(self, status: RunStatus) -> None: ...
