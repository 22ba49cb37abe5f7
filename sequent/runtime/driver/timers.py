"""Waits by the clock: delays, and the waits before further attempts; they outlive driver, machine and clock changes."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

from attrs import evolve

from sequent.model.effects import StartTimer
from sequent.model.facts import TimerEnded
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import sequence_text
from sequent.runtime.clock import Clock
from sequent.runtime.driver.backoff import wait_after
from sequent.runtime.driver.options import Options
from sequent.runtime.ports import DrivenRun
from sequent.runtime.rows import Batch, TaskKey, Wait, task_key


def soonest(*times: float | None) -> float | None:
    """The least of the seconds that something has left, where something has."""
    found: float | None = None
    for seconds in times:
        if seconds is not None and (found is None or seconds < found):
            found = seconds
    return found


class _Line:
    """What is waited for by one clock, soonest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, TimerEnded]] = []
        self._count = 0

    def add(self, due: float, fact: TimerEnded) -> None:
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, fact))

    def left(self) -> float | None:
        """The seconds until the soonest is due; None where nothing is waited for."""
        return max(0.0, self._heap[0][0] - self._clock()) if self._heap else None

    def take_due(self) -> list[TimerEnded]:
        due: list[TimerEnded] = []
        if not self._heap:
            return due
        now = self._clock()
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        return due


class Timers:
    """Answers the engine's timers once their time has come.

    The due time is stored before anything is waited for, by the clock that counts from the machine's boot and by the
    wall clock. Within one boot the first decides, so changes of the wall clock mean nothing, and a
    laptop's sleep counts; after a reboot the wall clock does, but no wait becomes longer than it was to be.
    A row that is there already is used again: a crash neither shortens a wait nor begins it anew.
    """

    def __init__(self, plan: Plan, options: Options, run: DrivenRun, clock: Clock) -> None:
        self._plan = plan
        self._options = options
        self._run = run
        self._clock = clock
        self._now = clock.now
        self._by_boot = _Line(clock.boottime)
        self._by_wall = _Line(clock.now)

    def begin(self, order: StartTimer, batch: Batch) -> Wait | None:
        """Say until when is to be waited; what must be stored goes into the batch. None: it is over already.

        Raises:
            BadOptionError: the delay has a value that it cannot have.
        """
        key = task_key(self._plan, order.scope, order.node)
        stored = self._stored(key, order)
        if stored is not None:
            wait = self._again(stored)
        elif order.failures:
            wait = self._until(key, order.attempt, self._backoff(order))
        else:
            wait = self._until(key, 0, self._options.value(order.scope, self._plan.nodes[order.node], "delay") or 0.0)
        if self.left_of(wait) <= 0:
            return None
        if wait != stored:
            batch.waits.append(wait)
        return wait

    def _stored(self, key: TaskKey, order: StartTimer) -> Wait | None:
        """What was said of the wait before; one before a further attempt may go on though failures count anew."""
        before_attempt = self._run.wait(key, order.attempt) if order.attempt > 1 else None
        return self._run.wait(key, 0) if before_attempt is None and not order.failures else before_attempt

    def _backoff(self, order: StartTimer) -> float:
        step = self._plan.step(order.node)
        name = f"{self._run.record.id}/{dotted(step.path)}/{sequence_text(order.scope.sequence)}"
        return wait_after(step.backoff, order.failures, name)

    def _until(self, key: TaskKey, attempt: int, length: float | datetime) -> Wait:
        if isinstance(length, datetime):
            return Wait(key, attempt, "", 0.0, length.timestamp(), None)
        clock = self._clock
        return Wait(key, attempt, clock.boot_id(), clock.boottime() + length, clock.now() + length, length)

    def _again(self, wait: Wait) -> Wait:
        """A wait that was begun by an earlier driver, by the clocks of this boot."""
        if wait.length is None or wait.boot == self._clock.boot_id():
            return wait
        left = min(max(0.0, wait.due - self._clock.now()), wait.length)
        return evolve(wait, boot=self._clock.boot_id(), due_boot=self._clock.boottime() + left)

    def left_of(self, wait: Wait) -> float:
        """The seconds until a wait is over."""
        return wait.due_boot - self._clock.boottime() if wait.boot else wait.due - self._clock.now()

    def start(self, order: StartTimer, wait: Wait) -> None:
        """Begin to wait, now that it is stored."""
        fact = TimerEnded(order.scope.id, order.node, order.attempt)
        if wait.boot:
            self._by_boot.add(wait.due_boot, fact)
        else:
            self._by_wall.add(wait.due, fact)

    def ended(self) -> list[TimerEnded]:
        """The waits that are over."""
        return self._by_boot.take_due() + self._by_wall.take_due()

    def due(self) -> float | None:
        """When something is due next, in seconds since 1970; None where nothing is waited for."""
        left = self.left()
        return None if left is None else self._now() + left

    def due_text(self) -> str:
        """The same by this machine's clock and zone; empty where nothing is waited for."""
        due = self.due()
        if due is None:
            return ""
        return f"next due at {datetime.fromtimestamp(due).astimezone().isoformat(timespec='seconds')}"

    def left(self) -> float | None:
        """The seconds until something is due; None where nothing is waited for."""
        return soonest(self._by_boot.left(), self._by_wall.left())
