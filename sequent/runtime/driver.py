"""The loop around the engine: one per run, and the only writer of its store."""

from __future__ import annotations

import contextlib
import os
from collections import deque

from sequent.engine import Scheduler
from sequent.errors import StoreBusyError, StoreError, StoreFullError
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.effects import (
    AskHold,
    CloseFrame,
    CloseRepeat,
    DrawItem,
    Effect,
    EndRun,
    FailTask,
    OpenFrame,
    OpenRepeat,
    PassOver,
    Revise,
    SetHold,
    SettleTask,
    StartTask,
    StartTimer,
    TakeBack,
)
from sequent.model.facts import Fact, PauseRequested, RunStarted, StopRequested, TimerEnded
from sequent.model.plan import LiteralInput, Plan, StepPlan
from sequent.model.saved import SavedFrame
from sequent.model.scope import Scope
from sequent.model.status import RunStatus, Status
from sequent.runtime.blocking import blocked_text
from sequent.runtime.dispatch import Dispatch
from sequent.runtime.intake import Intake
from sequent.runtime.options import BadOptionError, Options
from sequent.runtime.orders import DrawBroke, ItemFound, RepeatFound
from sequent.runtime.patience import Patience
from sequent.runtime.repeating import Repeating
from sequent.runtime.revising import Revising
from sequent.runtime.rows import Batch, FrameKey, FrameOpening, Hold, Intent, RunEnd, Wait, task_key
from sequent.runtime.signals import stop_signals
from sequent.runtime.stopping import Stopping
from sequent.runtime.surroundings import Surroundings
from sequent.runtime.timers import Timers
from sequent.runtime.values import Values
from sequent.runtime.waiting import Waiter

_Order = tuple[StartTask, Intent] | tuple[StartTimer, Wait] | StartTimer | OpenRepeat | DrawItem


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
        resumes: bool = False,
        max_loops: int = -1,
        longest_sleep: float | None = None,
        directives: Directives = NO_DIRECTIVES,
    ) -> None:
        """Take a run.

        Args:
            plan: what will run.
            around: the adapters.
            slots: how many tasks may execute at once.
            saved: the open part of the run, of a recovery or a run that is continued.
            notes: what the observer is to be told first.
            resumes: whether the run is continued, in the same recovery.
            max_loops: how often all that is due is done before the run is suspended; negative: until it ends.
            longest_sleep: the seconds after which the clocks are looked at again while a time is waited for: what
                they say may change in a sleep. None: only once it is due.
            directives: of a recovery: what is asked for by hand.
        """
        self._plan = plan
        self._selector = around.selector
        self._waiter = Waiter(around.selector, around.clock)
        self._run = around.run
        self._clock = around.clock
        self._observer = around.observer
        self._notes = notes
        self._max_loops = max_loops
        self._longest_sleep = longest_sleep
        self._scheduler = Scheduler(
            plan,
            slots=slots,
            saved=saved,
            last_id=around.run.last_id(),
            resumes=resumes,
            kept=around.run.kept(),
            recovery=around.run.record.recovery,
            directives=directives,
        )
        self._values = Values(plan, around.run)
        options = Options(self._values)
        self._batch = Batch()
        self._outbox: list[_Order] = []
        self._active: dict[tuple[int, int], StartTask] = {}
        self._intake = Intake(plan, self._active, self._values, around.observer, around.clock)
        self._dispatch = Dispatch(
            plan, around.executors, self._values, options, self._intake, around.observer, around.run
        )
        self._repeating = Repeating(plan, self._values, options, around, has_begun=saved is not None)
        self._revising = Revising(plan, self._values, self._intake, around)
        self._timers = Timers(plan, options, around.run, around.clock)
        self._facts: deque[Fact] = deque([RunStarted()])
        self._end: EndRun | None = None
        """How the run has ended, until that is written too."""
        self._status: RunStatus | None = None
        self._stopping = Stopping(around.clock, self._stop, self._dispatch.end_tasks)
        self._patience = Patience(around.clock)
        self._loops = 0
        self._was_idle = False

    def drive(self) -> RunStatus:
        """Run until nothing is left to do, a stop has let running steps finish, or only times are waited for.

        Raises:
            FencedError: somebody else took the run over; nothing more was started or written.
            StoreError: the store could not take what had to be written; the run can be recovered.
        """
        with stop_signals(self._selector, self._stopping.on_signal):
            self._dispatch.open(self._selector)
            self._observer.run_began(self._run.record, self._plan)
            for text in self._notes:
                self._observer.note(text)
            while (status := self._turn()) is None:
                pass
            self._observer.run_ended(status)
            return status

    @property
    def stopped_by(self) -> int:
        """The number of the first signal that stopped the run; 0 while none has."""
        return self._stopping.stopped_by

    def _turn(self) -> RunStatus | None:
        """Go round once; give how the run has ended, once that is written."""
        self._facts.extend(self._dispatch.write(self._batch))
        self._take_in()
        if not self._flush():
            self._wait(self._patience.retry_after)
        elif not (self._facts or self._batch or self._outbox):
            if self._status is not None:
                return self._status
            if self._end is not None:
                self._write_end(self._end)
            elif self._is_to_pause():
                self._facts.append(PauseRequested())
            else:
                self._wait(0.0 if self._dispatch.is_writing else None)
        return None

    def _is_to_pause(self) -> bool:
        """Whether all that is due has been done as often as it was to be done."""
        if not self._scheduler.is_idle or self._max_loops < 0:
            self._was_idle = False
        elif not self._was_idle:
            self._was_idle = True
            self._loops += 1
            return self._loops >= self._max_loops
        return False

    # -- a turn -------------------------------------------------------------------------------

    def _take_in(self) -> None:
        """Feed the engine with all that has been reported, and gather what is to be written and sent."""
        while True:
            self._facts.extend(self._timers.ended())
            for report in self._dispatch.reports():
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
            case OpenRepeat() | DrawItem():
                self._outbox.append(effect)
            case EndRun():
                self._end = effect
            case _:
                self._gather_rarer(effect)

    def _gather_rarer(self, effect: StartTimer | FailTask | SetHold | AskHold | TakeBack | PassOver | Revise) -> None:
        """The same, of what most flows have none of."""
        match effect:
            case StartTimer():
                if effect.failures or isinstance(self._plan.nodes[effect.node].delay, LiteralInput | None):
                    self._begin_wait(effect)
                else:
                    # What the delay refers to may be in this very batch.
                    self._outbox.append(effect)
            case FailTask():
                self._intake.fail(effect, self._batch)
            case SetHold():
                key = None if effect.scope is None else task_key(self._plan, effect.scope, effect.node)
                self._batch.holds.append(Hold(key, effect.pool, effect.amount))
            case PassOver() | Revise():
                self._revising.write(effect, self._batch)
            case AskHold() | TakeBack():
                raise AssertionError(f"nobody can carry out {effect}")

    def _begin_wait(self, order: StartTimer) -> None:
        frame, node = order.scope.id, order.node
        ended = TimerEnded(frame, node, order.attempt)
        try:
            wait = self._timers.begin(order, self._batch)
        except BadOptionError as error:
            if isinstance(self._plan.nodes[node], StepPlan):
                # Its attempt is to show it, which begins at once.
                self._intake.spoil(frame, node, error.problem)
                self._facts.append(ended)
            else:
                self._facts.extend(self._repeating.fail(order.scope, node, error.problem, self._batch))
        else:
            if wait is None:
                self._facts.append(ended)
            else:
                self._outbox.append((order, wait))

    def _write_end(self, end: EndRun) -> None:
        """Write how the run ended, with the successes of all its recoveries, once all outcomes are written."""
        counts = {**end.counts, Status.SUCCESS: self._run.successes()}
        self._batch.end = RunEnd(end.status, counts, blocked_text(self._plan, end.blocked))
        self._status = end.status

    def _intent(self, effect: StartTask) -> Intent:
        key = task_key(self._plan, effect.scope, effect.node)
        item = self._values.drawn_item(effect.scope) if key.iteration else None
        return Intent(key, effect.attempt, os.urandom(16), self._clock.now(), item, self._run.record.recovery)

    def _flush(self) -> bool:
        """Commit what was gathered and let the orders out; say whether nothing is left to commit."""
        if self._batch:
            try:
                self._run.commit(self._batch)
            except StoreError as error:
                if self._patience.lasts(error):
                    return False
                self._give_up(error)
                raise
            self._batch = Batch()
            self._patience.renew()
        self._intake.tell()
        outbox, self._outbox = self._outbox, []
        for order in outbox:
            self._send(order)
        return True

    def _send(self, order: _Order) -> None:
        match order:
            case OpenRepeat():
                self._facts.extend(self._repeating.open(order, self._batch))
            case DrawItem():
                self._repeating.draw(order)
            case (StartTask() as start, Intent() as intent):
                self._facts.extend(self._dispatch.start(start, intent, self._batch))
            case StartTimer():
                self._begin_wait(order)
            case (StartTimer() as begin, Wait() as wait):
                self._timers.start(begin, wait)

    def _give_up(self, error: StoreError) -> None:
        """Write what has ended, and why nothing goes on, into the room that was set aside for it, if that can be."""
        if not isinstance(error, StoreFullError | StoreBusyError):
            return
        self._run.free_space()
        # What nobody was told of has not been ordered.
        self._batch.intents.clear()
        with contextlib.suppress(StoreError):
            counts = {Status.SUCCESS: self._run.successes()}
            self._batch.end = RunEnd(RunStatus.STOPPED, counts, error.message)
            self._run.commit(self._batch)

    def _wait(self, timeout: float | None) -> None:
        """Sleep until something happens, but no longer than that many seconds."""
        due = self._timers.left()
        if due is not None and self._longest_sleep is not None:
            due = min(due, self._longest_sleep)
        ends = [seconds for seconds in (timeout, due, self._stopping.left()) if seconds is not None]
        self._waiter.wait(min(ends, default=None))
        self._stopping.look()

    def _stop(self) -> None:
        self._facts.append(StopRequested())
        running = self._scheduler.running
        steps = "step" if running == 1 else "steps"
        self._observer.note(f"stopping: {running} running {steps} may finish; once more to end them")


def _frame_key(scope: Scope) -> FrameKey:
    return FrameKey(0 if scope.parent is None else scope.parent.id, scope.node, scope.number)
