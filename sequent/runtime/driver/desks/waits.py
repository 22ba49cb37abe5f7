"""The desk for waits by the clock: delays, and the waits before further attempts."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from sequent.digests import share_of
from sequent.model.durations import LONGEST, Backoff
from sequent.model.effects import AskPerson, StartTimer
from sequent.model.facts import TimerEnded
from sequent.model.inputs import LiteralInput
from sequent.model.plan import Plan, StepPlan
from sequent.model.scope import address_of
from sequent.runtime.clock import local_text
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.desks.attempts import AttemptDesk
from sequent.runtime.driver.desks.repeats import RepeatDesk
from sequent.runtime.driver.option_values import BadOptionError, OptionValues
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.waiting import soonest
from sequent.runtime.records import DUE
from sequent.runtime.rows import TaskKey, Wait, task_key


class _Line:
    """The timers of one clock, soonest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, TimerEnded]] = []
        self._count = 0
        self._waiting: set[TimerEnded] = set()
        """The timers that count; others in the heap are dropped once they come first."""

    def add(self, due: float, fact: TimerEnded) -> None:
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, fact))
        self._waiting.add(fact)

    def drop(self, fact: TimerEnded) -> None:
        """Forget a timer."""
        self._waiting.discard(fact)
        self._clear()

    def _clear(self) -> None:
        while self._heap and self._heap[0][2] not in self._waiting:
            heapq.heappop(self._heap)

    def left(self) -> float | None:
        """Return the seconds until the first timer is due; None if there is none."""
        return max(0.0, self._heap[0][0] - self._clock()) if self._heap else None

    def take_due(self) -> list[TimerEnded]:
        due: list[TimerEnded] = []
        if not self._heap:
            return due
        now = self._clock()
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
            self._waiting.discard(due[-1])
            self._clear()
        return due


class WaitDesk:
    """Answers the engine's timers once their time has come; waits outlive driver, machine and clock changes.

    The due time is stored before the wait, by the clock that counts from the machine's boot and by the wall clock.
    Within one boot the first decides: changes of the wall clock mean nothing, and a laptop's sleep counts. After a
    reboot the wall clock decides, but no wait becomes longer than it was to be. A row that exists already is used
    again: a crash neither shortens a wait nor begins it anew.
    """

    def __init__(
        self,
        plan: Plan,
        adapters: Adapters,
        turn: Turn,
        options: OptionValues,
        attempts: AttemptDesk,
        repeats: RepeatDesk,
    ) -> None:
        """Take the desks that fail a delay without a valid value."""
        self._plan = plan
        self._turn = turn
        self._options = options
        self._attempts = attempts
        self._repeats = repeats
        self._run = adapters.run
        self._observer = adapters.observer
        self._clock = adapters.clock
        self._by_boot = _Line(adapters.clock.boottime)
        self._by_wall = _Line(adapters.clock.now)

    def start(self, effect: StartTimer) -> None:
        """Write the due time of a wait; then wait."""
        if effect.failures or isinstance(self._plan.nodes[effect.node].values.get("delay"), LiteralInput | None):
            self._begin(effect)
        else:
            # The delay may refer to a value in this very batch.
            self._turn.orders.append(partial(self._begin, effect))

    def _begin(self, order: StartTimer) -> None:
        frame, node = order.scope.id, order.node
        key = task_key(self._plan, order.scope, node)
        stored = self._stored(key, order)
        try:
            wait = self._again(stored) if stored is not None else self._new(key, order)
        except BadOptionError as error:
            if not isinstance(self._plan.nodes[node], StepPlan):
                self._repeats.refuse(order.scope, node, error.problem)
                return
            # Its attempt begins at once, and fails with this problem.
            self._attempts.spoil(frame, node, error.problem)
            wait = None
        if wait is None or self._left_of(wait) <= 0:
            self._turn.facts.append(TimerEnded(frame, node, order.attempt))
            return
        if wait != stored:
            self._turn.batch.waits.append(wait)
        self._turn.orders.append(partial(self._wait, order, wait))
        if order.failures:
            self._attempts.will_wait(frame, node, self._left_of(wait))

    def _stored(self, key: TaskKey, order: StartTimer) -> Wait | None:
        """Return the stored wait, if any; a wait before a retry may go on though failures count anew."""
        asks = isinstance(step := self._plan.nodes[order.node], StepPlan) and step.asks
        before_attempt = self._run.wait(key, order.attempt) if order.attempt > 1 and not asks else None
        return self._run.wait(key, 0) if before_attempt is None and not order.failures else before_attempt

    def _new(self, key: TaskKey, order: StartTimer) -> Wait:
        if order.failures:
            return self._until(key, order.attempt, self._backoff(order))
        return self._until(key, 0, self._options.value(order.scope, self._plan.nodes[order.node], "delay") or 0.0)

    def _backoff(self, order: StartTimer) -> float:
        step = self._plan.step(order.node)
        name = f"{self._run.record.id}/{address_of(step.path, order.scope.sequence)}"
        return wait_after(step.backoff, order.failures, name)

    def _until(self, key: TaskKey, attempt: int, length: float | datetime) -> Wait:
        if isinstance(length, datetime):
            return Wait(key, attempt, "", 0.0, length.timestamp(), None)
        clock = self._clock
        return Wait(key, attempt, clock.boot_id(), clock.boottime() + length, clock.now() + length, length)

    def _again(self, wait: Wait) -> Wait:
        """Convert a wait that an earlier driver began to the clocks of this boot."""
        if wait.length is None or wait.boot == self._clock.boot_id():
            return wait
        left = min(max(0.0, wait.due - self._clock.now()), wait.length)
        return replace(wait, boot=self._clock.boot_id(), due_boot=self._clock.boottime() + left)

    def _left_of(self, wait: Wait) -> float:
        """Return the seconds until a wait is over."""
        return wait.due_boot - self._clock.boottime() if wait.boot else wait.due - self._clock.now()

    def _wait(self, order: StartTimer, wait: Wait) -> None:
        """Begin to wait, now that it is stored."""
        if not order.failures:
            self._observer.task_waits(order.scope, order.node, self._left_of(wait))
        fact = TimerEnded(order.scope.id, order.node, order.attempt)
        if wait.boot:
            self._by_boot.add(wait.due_boot, fact)
        else:
            self._by_wall.add(wait.due, fact)

    def limit(self, order: AskPerson, seconds: float | None) -> None:
        """Write when a question was asked, if no earlier driver has; wait for its answer for some seconds, if given."""
        key, attempt = task_key(self._plan, order.scope, order.node), order.attempt
        length = LONGEST if seconds is None else seconds
        stored = self._run.wait(key, attempt)
        wait = self._until(key, attempt, length)
        if stored is not None and stored.length is not None:
            # The author may have given it another time since.
            more = length - stored.length
            wait = self._again(replace(stored, due_boot=stored.due_boot + more, due=stored.due + more, length=length))
        if wait != stored:
            self._turn.batch.waits.append(wait)
        if seconds is not None:
            self._by_boot.add(wait.due_boot, TimerEnded(order.scope.id, order.node, attempt))

    def forget(self, order: AskPerson) -> None:
        """Wait for an answer no longer."""
        self._by_boot.drop(TimerEnded(order.scope.id, order.node, order.attempt))

    def look(self) -> None:
        """Tell the engine of the waits that are over."""
        self._turn.facts.extend(self._by_boot.take_due())
        self._turn.facts.extend(self._by_wall.take_due())

    def due(self) -> float | None:
        """Return the next due time, in seconds since 1970; None if there is no wait."""
        left = self.left()
        return None if left is None else self._clock.now() + left

    def due_text(self) -> str:
        """Return it by this machine's clock and zone; '' if there is no wait."""
        due = self.due()
        if due is None:
            return ""
        return f"{DUE}{local_text(due)}"

    def left(self) -> float | None:
        """Return the seconds until the first wait is over; None if there is none."""
        return soonest(self._by_boot.left(), self._by_wall.left())


def wait_after(backoff: Backoff, failures: int, key: str) -> float:
    """Return the seconds to wait after so many failures: each time ``factor`` as long, up to ``ceiling``.

    Args:
        backoff: the step's option.
        failures: the number of failed attempts, at least 1.
        key: the task's name, which decides its part of the jitter: the same each time, and another for each
            task, so that tasks which failed together do not all come back together.
    """
    ceiling = LONGEST if backoff.ceiling is None else backoff.ceiling
    try:
        seconds = min(ceiling, backoff.first * backoff.factor ** (failures - 1))
    except OverflowError:
        seconds = ceiling
    if backoff.jitter:
        seconds *= 1 + backoff.jitter * (2 * share_of(f"{key}/{failures}") - 1)
    return max(0.0, min(ceiling, seconds))
