"""Executes attempts in the driver's own process, for ``task_construct="invoke"``."""

from __future__ import annotations

import os
from collections import deque
from selectors import EVENT_READ, BaseSelector

from sequent.model.spec import Definition
from sequent.runtime.executors.start_directory import in_directory
from sequent.runtime.executors.worker_deaths import failed, never_begun
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.orders import AttemptOrder, DrawOrder, Report, WorkerSetup
from sequent.runtime.worker.attempt import Attempts
from sequent.runtime.worker.problems import problem_of
from sequent.runtime.worker.repeat_iterators import RepeatIterators
from sequent.runtime.worker.routing import routed, routing
from sequent.runtime.worker.termination import Termination


class InlineExecutor:
    """Executes one attempt or draw at a time, between two turns of the driver.

    Environment, descriptors and signals stay the process's own. Output of a step to ``sys.stdout`` and ``sys.stderr``
    is kept, and so is the output of its commands.
    """

    def __init__(self, definition: Definition, setup: WorkerSetup) -> None:
        self._definition = definition
        self._setup = setup
        self._waiting: deque[AttemptOrder | DrawOrder] = deque()
        self._reports: list[Report] = []
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector: BaseSelector | None = None
        self._segment: Segment | None = None
        self._attempts: Attempts | None = None
        self._drawing: RepeatIterators | None = None

    def open(self, selector: BaseSelector) -> None:
        self._selector = selector
        selector.register(self._wake, EVENT_READ, self._execute_next)

    def start(self, order: AttemptOrder) -> None:
        self._enqueue(order)

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Do nothing: no attempt is handed over ahead, so it has begun, or is about to."""

    def seconds_left(self) -> float | None:
        return None

    def draw(self, order: DrawOrder) -> None:
        self._enqueue(order)

    def forget(self, frame: int, node: int) -> None:
        """Drop the iterator of a repeat that has settled."""
        if self._drawing is not None:
            self._drawing.forget(frame, node)

    def reports(self) -> list[Report]:
        reports, self._reports = self._reports, []
        return reports

    def end_tasks(self, *, at_once: bool) -> None:
        """Give up all orders that have not begun; none is running while the driver asks for this."""
        del at_once
        self._reports += never_begun(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        self._waiting.clear()
        if self._selector is not None:
            self._selector.unregister(self._wake)
            self._selector = None
        os.close(self._wake)
        if self._segment is not None:
            self._segment.close()

    def _enqueue(self, order: AttemptOrder | DrawOrder) -> None:
        self._waiting.append(order)
        os.eventfd_write(self._wake, 1)

    def _execute_next(self) -> None:
        os.eventfd_read(self._wake)
        if not self._waiting:
            return
        order = self._waiting.popleft()
        try:
            report = self._execute(order)
        except OSError as error:
            # There is no room for a log, or the directory is gone.
            report = failed(order, problem_of(error))
        self._reports.append(report)
        if self._waiting:
            os.eventfd_write(self._wake, 1)

    def _execute(self, order: AttemptOrder | DrawOrder) -> Report:
        attempts, drawing, segment = self._prepared()
        with (
            in_directory(self._setup.target.cwd),
            routing(self._setup),
            routed(segment, self._setup, whole_process=True),
        ):
            return attempts.run(order) if isinstance(order, AttemptOrder) else drawing.serve(order)

    def _prepared(self) -> tuple[Attempts, RepeatIterators, Segment]:
        """Make the parts at the first order: a run may never have one for this executor."""
        if self._attempts is None or self._drawing is None or self._segment is None:
            self._segment = Segment.make(os.path.join(self._setup.directory, "logs"), "driver")
            self._attempts = Attempts(
                self._definition,
                self._setup,
                self._segment,
                Termination(),
                environment=None,
                tell=self._reports.append,
            )
            self._drawing = RepeatIterators(self._attempts.catalogue)
        return self._attempts, self._drawing, self._segment
