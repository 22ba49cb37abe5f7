"""The loop around the engine: one per run, and the only writer of its store."""

from __future__ import annotations

import os
from collections import deque
from selectors import BaseSelector
from signal import SIGTERM

from attrs import frozen

from sequent.engine import Scheduler
from sequent.errors import FencedError, StoreBusyError, StoreError
from sequent.model.effects import (
    CloseFrame,
    CloseRepeat,
    DrawItem,
    Effect,
    EndRun,
    FailTask,
    OpenFrame,
    OpenRepeat,
    SettleTask,
    StartTask,
)
from sequent.model.facts import Fact, RunStarted, StopRequested
from sequent.model.outcome import Failure
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved import SavedFrame
from sequent.model.scope import Scope, sequence_text
from sequent.model.status import Construct, RunStatus, Status
from sequent.runtime.intake import Intake
from sequent.runtime.orders import AttemptOrder, DrawBroke, ItemFound, RepeatFound
from sequent.runtime.ports import Clock, DrivenRun, Executor, Observer
from sequent.runtime.repeating import Repeating
from sequent.runtime.rows import Batch, FrameKey, FrameOpening, Intent, task_key
from sequent.runtime.signals import stop_signals
from sequent.runtime.values import Values
from sequent.runtime.waiting import Waiter

FIRST_RETRY = 0.01
"""Seconds until a write is tried again that the store could not take; doubled each time."""
LONGEST_RETRY = 1.0
PATIENCE = 30.0
"""Seconds for which a write is tried again before the run gives up."""
TERM_GRACE = 10.0
"""Seconds that running steps have to finish after the first SIGTERM."""


@frozen(kw_only=True)
class Surroundings:
    """Everything around a driver: the adapters behind its ports."""

    run: DrivenRun
    executors: dict[Construct, Executor]
    drawer: Executor | None
    """Who draws items."""
    clock: Clock
    observer: Observer
    selector: BaseSelector
    """What the driver waits with; it outlives the driver, since executors close later."""


class Driver:
    """Drives one run from start to end.

    One turn: take the facts that are there, feed the engine, write outcomes and the intents that follow in
    one transaction, and only once that is committed let the orders out. So a chain costs one flush a link,
    and many facts one flush together. It sleeps until something happens, and never polls, but for a
    store that is busy.
    """

    def __init__(
        self,
        plan: Plan,
        around: Surroundings,
        *,
        slots: int,
        saved: SavedFrame | None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self._plan = plan
        self._selector = around.selector
        self._waiter = Waiter(around.selector, around.clock)
        self._run = around.run
        self._executors = around.executors
        self._clock = around.clock
        self._observer = around.observer
        self._notes = notes
        self._scheduler = Scheduler(plan, slots=slots, saved=saved, last_id=around.run.last_id())
        self._values = Values(plan, around.run)
        self._batch = Batch()
        self._outbox: list[tuple[StartTask, Intent] | OpenRepeat | DrawItem] = []
        self._active: dict[tuple[int, int], StartTask] = {}
        self._intake = Intake(plan, self._active, self._values, around.observer, around.clock)
        self._repeating = Repeating(plan, self._values, around.run, around.drawer, around.observer)
        self._facts: deque[Fact] = deque([RunStarted()])
        self._end: EndRun | None = None
        """How the run has ended, until that is written too."""
        self._status: RunStatus | None = None
        self._signals = 0
        self.stopped_by = 0
        """The number of the first signal that stopped the run; 0 while none has."""
        self._kill_at: float | None = None
        self._busy_since: float | None = None
        self._retry_after = 0.0

    def drive(self) -> RunStatus:
        """Run until nothing is left to do, or a stop has let running steps finish.

        Raises:
            FencedError: somebody else took the run over; nothing more was started or written.
            StoreError: the store could not take what had to be written; the run can be recovered.
        """
        with stop_signals(self._selector, self._on_signal):
            for executor in self._executors.values():
                executor.open(self._selector)
            self._observer.run_began(self._run.record, self._plan)
            for text in self._notes:
                self._observer.note(text)
            while True:
                self._take_in()
                if not self._flush():
                    self._wait(self._retry_after)
                elif not self._facts:
                    if self._status is not None:
                        self._observer.run_ended(self._status)
                        return self._status
                    if self._end is None:
                        self._wait(None)
                    else:
                        self._write_end(self._end)

    def failed_draws(self) -> list[Failure]:
        """The containers whose items could not be had, which no attempt tells of."""
        return self._repeating.failures

    # -- a turn -------------------------------------------------------------------------------

    def _take_in(self) -> None:
        """Feed the engine with all that has been reported, and gather what is to be written and sent."""
        while True:
            for executor in self._executors.values():
                for report in executor.reports():
                    if isinstance(report, RepeatFound | ItemFound | DrawBroke):
                        self._facts.extend(self._repeating.facts_of(report, self._batch))
                    else:
                        self._facts.extend(self._intake.facts_of(report, self._batch))
            while self._facts:
                for effect in self._scheduler.handle(self._facts.popleft()):
                    self._gather(effect)
            if not self._glance():
                return

    def _glance(self) -> bool:
        """Look once more before the flush, without waiting, if tasks of earlier turns are still being executed.

        What they report meanwhile is written by the same flush. A chain has none, and is not held up.
        """
        return self._scheduler.running > len(self._batch.intents) and self._waiter.look()

    def _gather(self, effect: Effect) -> None:
        """Put an effect into the batch, into the outbox, or both."""
        batch = self._batch
        match effect:
            case StartTask():
                self._active[effect.scope.id, effect.node] = effect
                intent = self._intent(effect)
                batch.intents.append(intent)
                self._outbox.append((effect, intent))
            case OpenFrame():
                if effect.is_new:
                    item = self._values.drawn_item(effect.scope)
                    batch.frames.append(FrameOpening(_frame_key(effect.scope), effect.scope.id, item))
                else:
                    batch.closed_frames.append((_frame_key(effect.scope), Status.ACTIVE))
            case CloseFrame():
                batch.closed_frames.append((_frame_key(effect.scope), effect.status))
                if effect.scope.parent is not None:
                    self._values.drop_item(effect.scope.parent.id, effect.scope.node, effect.scope.number)
            case CloseRepeat():
                batch.closed_repeats.append((effect.scope.id, effect.node, effect.status))
                self._repeating.close(effect.scope.id, effect.node)
            case SettleTask():
                self._intake.settle(effect)
            case FailTask():
                self._intake.fail(effect, batch)
            case OpenRepeat() | DrawItem():
                self._outbox.append(effect)
            case EndRun():
                self._end = effect

    def _write_end(self, end: EndRun) -> None:
        """Write how the run ended, with the successes of all its recoveries, once all outcomes are written."""
        self._batch.end = (end.status, {**end.counts, Status.SUCCESS: self._run.successes()})
        self._status = end.status

    def _intent(self, effect: StartTask) -> Intent:
        key = task_key(self._plan, effect.scope, effect.node)
        item = self._values.drawn_item(effect.scope) if key.iteration else None
        return Intent(key, effect.attempt, os.urandom(16), self._clock.now(), item)

    def _flush(self) -> bool:
        """Commit what was gathered and let the orders out; say whether nothing is left to commit."""
        if self._batch:
            try:
                self._run.commit(self._batch)
            except FencedError:
                raise
            except StoreError as error:
                self._be_patient(error)
                return False
            self._batch = Batch()
            self._busy_since = None
            self._retry_after = 0.0
        outbox, self._outbox = self._outbox, []
        for order in outbox:
            self._send(order)
        return True

    def _be_patient(self, error: StoreError) -> None:
        """A write failed: keep it, and try again until patience ends."""
        now = self._clock.monotonic()
        if self._busy_since is None:
            self._busy_since = now
        if not isinstance(error, StoreBusyError) or now - self._busy_since > PATIENCE:
            raise error
        self._retry_after = min(LONGEST_RETRY, max(FIRST_RETRY, 2 * self._retry_after))

    def _wait(self, timeout: float | None) -> None:
        """Sleep until something happens, but no longer than that many seconds."""
        if self._kill_at is not None:
            left = max(0.0, self._kill_at - self._clock.monotonic())
            timeout = left if timeout is None else min(left, timeout)
        self._waiter.wait(timeout)
        if self._kill_at is not None and self._clock.monotonic() >= self._kill_at:
            self._kill_at = None
            self._end_tasks(at_once=False)

    # -- orders -------------------------------------------------------------------------------

    def _send(self, order: tuple[StartTask, Intent] | OpenRepeat | DrawItem) -> None:
        match order:
            case OpenRepeat():
                self._facts.extend(self._repeating.open(order, self._batch))
            case DrawItem():
                self._repeating.draw(order)
            case (start, intent):
                self._start(start, intent)

    def _start(self, order: StartTask, intent: Intent) -> None:
        step = self._plan.nodes[order.node]
        if not isinstance(step, StepPlan):
            raise AssertionError(f"{step.path} is not a step")
        self._observer.task_started(order.scope, order.node, order.attempt)
        if step.is_empty:
            self._facts.extend(self._intake.end_empty(order, self._batch))
            return
        self._executors[step.construct].start(self._order(order, step, intent))

    def _order(self, order: StartTask, step: StepPlan, intent: Intent) -> AttemptOrder:
        scope, values = order.scope, self._values
        return AttemptOrder(
            frame=scope.id,
            node=order.node,
            attempt=order.attempt,
            token=intent.token.hex(),
            path=dotted(step.path),
            sequence=sequence_text(scope.sequence),
            recovery=self._run.record.recovery,
            inputs=tuple(values.text_of(scope, value) for value in step.inputs) if step.inputs else (),
            makers=self._intake.makers_of(step) if step.inputs else (),
            attributes=values.attributes(scope, step.attributes) if step.attributes else (),
            item=values.item_of(scope),
            announces=step.announces,
            wants_verdict=step.is_until,
        )

    # -- stopping -----------------------------------------------------------------------------

    def _on_signal(self, number: int) -> None:
        """First: start nothing more. Second: end what runs. Third: at once."""
        self._signals += 1
        if self._signals == 1:
            self.stopped_by = number
            self._facts.append(StopRequested())
            if number == SIGTERM:
                self._kill_at = self._clock.monotonic() + TERM_GRACE
            running = self._scheduler.running
            steps = "step" if running == 1 else "steps"
            self._observer.note(f"stopping: {running} running {steps} may finish; once more to end them")
        else:
            self._kill_at = None
            self._end_tasks(at_once=self._signals > 2)

    def _end_tasks(self, *, at_once: bool) -> None:
        self._observer.note("killing what still runs" if at_once else "ending what still runs")
        for executor in self._executors.values():
            executor.end_tasks(at_once=at_once)


def _frame_key(scope: Scope) -> FrameKey:
    return FrameKey(0 if scope.parent is None else scope.parent.id, scope.node, scope.number)
