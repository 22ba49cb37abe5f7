"""Displays a run on a terminal, redrawn while it changes: a row for each step definition."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, cast

from sequent.cli.output.failure_text import brief
from sequent.cli.output.progress_lines import FailureLines, Throttle, again_text, beginning, task_line
from sequent.cli.output.step_table import step_table
from sequent.cli.output.task_counts import FailedAttempt, TaskCounts
from sequent.cli.output.terminal import Display, Lines
from sequent.cli.output.text import ASKED, RETRY, Paint, safe, task_name
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.scope import Scope, located, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from rich.live import Live

FRAME_SECONDS = 0.25
"""The shortest time between two frames."""


class LiveProgress:
    """An ``Observer`` that draws a table of step definitions.

    A task costs two increments and a check of a flag. A thread draws: it sleeps until something has
    changed, draws one frame, and rests a quarter of a second. So a busy run costs four frames a second,
    and a quiet one nothing. Rich is loaded by that thread, so the run does not wait for it.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._paint = Paint.of(lines.stream)
        self._throttle = Throttle(time.monotonic)
        self._failures = FailureLines(self._paint, self._throttle)
        self._changed = threading.Event()
        self._over = threading.Event()
        self._printed: deque[str] = deque()
        self._thread = threading.Thread(target=self._draw_until_over, name="sequent-progress", daemon=True)

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._counts = TaskCounts(plan)
        self._steps = [node.index for node in plan.nodes if isinstance(node, StepPlan)]
        self._began = time.monotonic()
        self._failures.began(record.id, self._counts)
        self._lines.write(beginning(record, self._paint))
        self._thread.start()

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._counts.started(scope, node)
        self._change()

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._printed.extend(self._failures.settled(scope, node, attempt, status, problem, log) or ())
        self._change()

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        self._counts.failed(FailedAttempt(scope, node, attempt, problem, log))
        if self._throttle.passes():
            name = task_name(located(self._counts.names[node], scope.sequence), sequence_text(scope.sequence))
            self._printed.append(task_line(self._paint, RETRY, name, attempt, f"{brief(problem)}; {again_text(wait)}"))
        self._change()

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        self._counts.delayed(scope, node)
        self._change()

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        self._counts.asked(scope, node)
        if self._throttle.passes():
            name = task_name(located(self._counts.names[node], scope.sequence), sequence_text(scope.sequence))
            self._printed.append(task_line(self._paint, ASKED, name, 0, safe(text)))
        self._change()

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        self._counts.queued(numbers)
        self._change()

    def note(self, text: str) -> None:
        self._printed.append(safe(text))
        self._change()

    def draw_failed(self, node: int, problem: Problem) -> None:
        self._printed.extend(self._failures.of(node, (), 1, problem, None))
        self._change()

    def run_ended(self, status: RunStatus) -> None:
        self._printed.extend(self._failures.at_end(status))
        self.close()

    def close(self) -> None:
        """Draw the last frame and release the terminal, however the run ended."""
        self._over.set()
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _change(self) -> None:
        if not self._changed.is_set():
            self._changed.set()

    def _draw_until_over(self) -> None:
        """Draw a frame after each change, and a last one at the end."""
        # The first steps start during this wait, rather than while rich is being loaded.
        self._over.wait(FRAME_SECONDS)
        from rich.console import Console
        from rich.live import Live

        file = cast("IO[str]", Display(self._lines.stream, moves=True))
        console = Console(file=file, highlight=False, no_color=not self._paint.is_on)
        try:
            with Live(console=console, auto_refresh=False, transient=False) as live:
                while not self._over.is_set():
                    self._changed.wait()
                    self._changed.clear()
                    self._draw(live)
                    self._over.wait(FRAME_SECONDS)
                self._draw(live)
        except (OSError, ValueError):
            # The terminal is gone; the run goes on without a display.
            return

    def _draw(self, live: Live) -> None:
        from rich.text import Text

        # The driver's thread appends meanwhile: only the present entries are taken.
        printed = [self._printed.popleft() for _ in range(len(self._printed))]
        if printed:
            live.console.print(Text.from_ansi("\n".join(printed)))
        numbers = {self._counts.names[node]: self._counts.of(node) for node in self._steps}
        live.update(step_table(numbers, time.monotonic() - self._began, live.console.height, self._paint), refresh=True)
