"""Executes attempts in threads of the driver's own process, for ``task_construct="thread"``."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Generator
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, BaseSelector

from attrs import define, field

from sequent.model.commands import name_store
from sequent.model.spec import Definition
from sequent.runtime.executors.start_directory import in_directory
from sequent.runtime.executors.worker_deaths import failed, taken_back
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.logs.trimming import Trimming
from sequent.runtime.orders import (
    MOST_DRAWING,
    AttemptEnded,
    AttemptOrder,
    AttemptTakenBack,
    DrawOrder,
    Report,
    WorkerSetup,
)
from sequent.runtime.worker.attempt import Attempts
from sequent.runtime.worker.inputs import Catalogue
from sequent.runtime.worker.problems import problem_of
from sequent.runtime.worker.repeat_iterators import RepeatIterators
from sequent.runtime.worker.routing import routed, routing
from sequent.runtime.worker.termination import Termination


@define(eq=False)
class _Drawer:
    """A thread that draws items; it keeps its iterators, since some may be used by one thread only."""

    thread: threading.Thread
    orders: SimpleQueue[DrawOrder | tuple[int, int] | None]
    repeats: set[tuple[int, int]] = field(factory=set[tuple[int, int]])
    """The repeats whose iterators it has."""


class ThreadExecutor:
    """Executes all attempts that it is given at once, each in a thread.

    Environment, directory, descriptors and signals are the process's, and so is its end: a thread cannot be ended from
    outside. A stop waits for running steps. A stop that must not wait ends the whole process; the run can then be
    recovered, since no attempt is left alive.
    """

    def __init__(self, definition: Definition, setup: WorkerSetup) -> None:
        self._definition = definition
        self._setup = setup
        self._orders: SimpleQueue[AttemptOrder | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0
        self._drawers: list[_Drawer] = []
        self._reports: deque[Report] = deque()
        self._segments: list[str] = []
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._opened = contextlib.ExitStack()

    def open(self, selector: BaseSelector) -> None:
        self._opened.enter_context(in_directory(self._setup.target.cwd))
        self._opened.enter_context(routing(self._setup))
        selector.register(self._wake, EVENT_READ, lambda: os.eventfd_read(self._wake))
        self._opened.callback(selector.unregister, self._wake)
        directory = os.path.join(self._setup.directory, "logs")
        os.makedirs(directory, mode=0o700, exist_ok=True)
        # If the kernel has no more watches, logs are cut only once their attempts end.
        with contextlib.suppress(OSError):
            trimming = Trimming(directory, lambda: self._segments)
            selector.register(trimming, EVENT_READ, trimming.wake)
            self._opened.callback(trimming.close)
            self._opened.callback(selector.unregister, trimming)

    def start(self, order: AttemptOrder) -> None:
        self._under_way += 1
        if self._under_way > len(self._threads):
            thread = threading.Thread(target=self._execute, name="sequent-step", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._orders.put(order)

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Do nothing: no attempt is handed over ahead, so it has begun, or is about to."""

    def seconds_left(self) -> float | None:
        return None

    def draw(self, order: DrawOrder) -> None:
        key = (order.frame, order.node)
        drawer = next((drawer for drawer in self._drawers if key in drawer.repeats), None) or self._any_drawer()
        drawer.repeats.add(key)
        drawer.orders.put(order)

    def forget(self, frame: int, node: int) -> None:
        """Drop the iterator of a repeat that has settled."""
        for drawer in self._drawers:
            if (frame, node) in drawer.repeats:
                drawer.repeats.remove((frame, node))
                drawer.orders.put((frame, node))

    def reports(self) -> list[Report]:
        reports: list[Report] = []
        while self._reports:
            report = self._reports.popleft()
            reports.append(report)
            if isinstance(report, AttemptEnded | AttemptTakenBack):
                self._under_way -= 1
        return reports

    def end_tasks(self, *, at_once: bool) -> None:
        """Give up attempts that have not begun; running ones are waited for, or end with the process."""
        with contextlib.suppress(Empty):
            while (order := self._orders.get_nowait()) is not None:
                self._tell(taken_back(order))
        ended = sum(isinstance(report, AttemptEnded | AttemptTakenBack) for report in self._reports)
        if at_once and self._under_way > ended:
            os.kill(os.getpid(), signal.SIGKILL)

    def close(self) -> None:
        """Wait for running attempts: none may be alive when another process begins it again."""
        with contextlib.suppress(Empty):
            while True:
                self._orders.get_nowait()
        for _ in self._threads:
            self._orders.put(None)
        for drawer in self._drawers:
            drawer.orders.put(None)
        for thread in (*self._threads, *(drawer.thread for drawer in self._drawers)):
            thread.join()
        self._opened.close()
        os.close(self._wake)

    def _tell(self, report: Report) -> None:
        self._reports.append(report)
        os.eventfd_write(self._wake, 1)

    # -- in a thread

    def _execute(self) -> None:
        with contextlib.ExitStack() as stack:
            attempts: Attempts | None = None
            report: Report
            while (order := self._orders.get()) is not None:
                try:
                    if attempts is None:
                        segment = stack.enter_context(self._log("thread"))
                        attempts = self._attempts(segment)
                    report = attempts.run(order)
                except BaseException as error:  # noqa: BLE001 - a thread that ended silently would keep the run waiting
                    report = failed(order, problem_of(error))
                self._tell(report)

    def _attempts(self, segment: Segment) -> Attempts:
        name_store(self._setup.store_options)
        return Attempts(self._definition, self._setup, segment, Termination(), environment=None, tell=self._tell)

    @contextlib.contextmanager
    def _log(self, prefix: str) -> Generator[Segment]:
        """Open a segment of this thread's own, for its output."""
        segment = Segment.make(os.path.join(self._setup.directory, "logs"), prefix)
        self._segments.append(segment.path)
        try:
            with routed(segment, self._setup, whole_process=False):
                yield segment
        finally:
            segment.close()

    def _any_drawer(self) -> _Drawer:
        if len(self._drawers) >= MOST_DRAWING:
            return min(self._drawers, key=lambda drawer: len(drawer.repeats))
        orders: SimpleQueue[DrawOrder | tuple[int, int] | None] = SimpleQueue()
        thread = threading.Thread(target=self._draw, args=(orders,), name="sequent-draw", daemon=True)
        self._drawers.append(_Drawer(thread, orders))
        thread.start()
        return self._drawers[-1]

    def _draw(self, orders: SimpleQueue[DrawOrder | tuple[int, int] | None]) -> None:
        drawing = RepeatIterators(Catalogue(self._definition))
        with contextlib.ExitStack() as stack:
            has_log = False
            report: Report
            while (order := orders.get()) is not None:
                if not isinstance(order, DrawOrder):
                    drawing.forget(*order)
                    continue
                try:
                    if not has_log:
                        stack.enter_context(self._log("draws"))
                        has_log = True
                    report = drawing.serve(order)
                except BaseException as error:  # noqa: BLE001 - as above
                    report = failed(order, problem_of(error))
                self._tell(report)
