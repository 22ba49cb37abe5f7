"""What the engine has ordered: written first, and only then let out."""

from __future__ import annotations

from collections import deque

from sequent.engine import Scheduler
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
from sequent.model.facts import Fact, TimerEnded
from sequent.model.inputs import LiteralInput
from sequent.model.plan import Plan, StepPlan
from sequent.model.scope import Scope
from sequent.model.status import Status
from sequent.runtime.driver.dispatch import Dispatch
from sequent.runtime.driver.intake import Intake, Underway
from sequent.runtime.driver.options import BadOptionError, Options
from sequent.runtime.driver.pooling import Pooling
from sequent.runtime.driver.repeating import Repeating
from sequent.runtime.driver.revising import Revising
from sequent.runtime.driver.surroundings import Surroundings
from sequent.runtime.driver.timers import Timers
from sequent.runtime.driver.tokens import Tokens
from sequent.runtime.driver.values import Values
from sequent.runtime.orders import AttemptKey, DrawnReport, Notice
from sequent.runtime.rows import Batch, FrameKey, FrameOpening, Intent, Wait, task_key

_Order = tuple[StartTask, Intent] | tuple[StartTimer, Wait] | StartTimer | TakeBack | OpenRepeat | DrawItem


class Outbox:
    """Takes effects in: what is to be written of them goes into a batch, and they go out once that is committed.

    What is known at once, without anybody being asked, is a fact at once.
    """

    def __init__(self, plan: Plan, around: Surroundings, facts: deque[Fact], *, has_begun: bool) -> None:
        """Take where facts are to go, and whether the run had begun before."""
        self._plan = plan
        self._clock = around.clock
        self._observer = around.observer
        self._recovery = around.run.record.recovery
        self._facts = facts
        self._orders: list[_Order] = []
        self._tokens = Tokens()
        self._active: dict[AttemptKey, Underway] = {}
        self._values = Values(plan, around.run)
        options = Options(self._values)
        self.batch = Batch()
        self.end: EndRun | None = None
        """How the run has ended."""
        self.intake = Intake(plan, self._active, self._values, around.observer, around.clock)
        self.dispatch = Dispatch(plan, self._values, options, self.intake, around)
        self.timers = Timers(plan, options, around.run, around.clock)
        self.pooling = Pooling(plan, around.run, around.clock, around.observer)
        self._repeating = Repeating(plan, self._values, options, around, has_begun=has_begun)
        self._revising = Revising(plan, self._values, self.intake, around)

    def __bool__(self) -> bool:
        """Whether something is still to be written or let out."""
        return bool(self.batch or self._orders)

    def take_reports(self) -> None:
        """Take in what those have to say who were ordered something."""
        for report in self.dispatch.reports():
            if isinstance(report, Notice):
                self._observer.note(report.text)
            elif isinstance(report, DrawnReport):
                self._facts.extend(self._repeating.facts_of(report, self.batch))
            else:
                self._facts.extend(self.intake.facts_of(report, self.batch))

    def take(self, effect: Effect) -> None:
        """Put an effect into the batch, among the orders, or both."""
        batch = self.batch
        match effect:
            case StartTask():
                intent = self._intent(effect)
                self._active[effect.scope.id, effect.node, effect.attempt] = effect, intent.key
                batch.intents.append(intent)
                self._orders.append((effect, intent))
            case OpenFrame():
                if effect.is_new:
                    item = self._values.drawn_item(effect.scope)
                    batch.frames.append(FrameOpening(_frame_key(effect.scope), effect.scope.id, item))
                else:
                    batch.closed_frames.append((_frame_key(effect.scope), Status.ACTIVE))
            case CloseFrame():
                batch.closed_frames.append((_frame_key(effect.scope), effect.status))
                self._values.drop_item(effect.scope)
            case CloseRepeat():
                batch.closed_repeats.append((effect.scope.id, effect.node, effect.status))
                self._repeating.close(effect.scope.id, effect.node)
            case SettleTask():
                self.intake.settle(effect)
            case OpenRepeat() | DrawItem():
                self._orders.append(effect)
            case EndRun():
                self.end = effect
            case _:
                self._take_rarer(effect)

    def _take_rarer(self, effect: StartTimer | FailTask | SetHold | AskHold | TakeBack | PassOver | Revise) -> None:
        """The same, of what most flows have none of."""
        match effect:
            case StartTimer():
                delay = self._plan.nodes[effect.node].values.get("delay")
                if effect.failures or isinstance(delay, LiteralInput | None):
                    self._begin_wait(effect)
                else:
                    # What the delay refers to may be in this very batch.
                    self._orders.append(effect)
            case FailTask():
                self.intake.fail(effect, self.batch)
            case SetHold():
                self.pooling.record(effect, self.batch)
            case AskHold():
                self.pooling.ask(effect)
            case PassOver() | Revise():
                self._revising.write(effect, self.batch)
            case TakeBack():
                self._orders.append(effect)

    def _intent(self, effect: StartTask) -> Intent:
        key = task_key(self._plan, effect.scope, effect.node)
        item = self._values.drawn_item(effect.scope) if key.iteration else None
        return Intent(key, effect.attempt, self._tokens.take(), self._clock.now(), item, self._recovery)

    def _begin_wait(self, order: StartTimer) -> None:
        frame, node = order.scope.id, order.node
        ended = TimerEnded(frame, node, order.attempt)
        try:
            wait = self.timers.begin(order, self.batch)
        except BadOptionError as error:
            if isinstance(self._plan.nodes[node], StepPlan):
                # Its attempt is to show it, which begins at once.
                self.intake.spoil(frame, node, error.problem)
                self._facts.append(ended)
            else:
                self._facts.extend(self._repeating.fail(order.scope, node, error.problem, self.batch))
        else:
            if wait is None:
                self._facts.append(ended)
            else:
                self._orders.append((order, wait))
                if order.failures:
                    self.intake.will_wait(frame, node, self.timers.left_of(wait))

    def let_out(self, scheduler: Scheduler) -> None:
        """The batch is committed: begin another, tell what has settled, and let the orders out."""
        has_ended = self.batch.end is not None
        if self.batch:
            self.batch = Batch()
        self.intake.tell(scheduler)
        self.pooling.tell(has_ended=has_ended)
        orders, self._orders = self._orders, []
        for order in orders:
            self._send(order)

    def _send(self, order: _Order) -> None:
        match order:
            case OpenRepeat():
                self._facts.extend(self._repeating.open(order, self.batch))
            case DrawItem():
                self._repeating.draw(order)
            case (StartTask() as start, Intent() as intent):
                self._facts.extend(self.dispatch.start(start, intent, self.batch))
            case TakeBack():
                self._facts.extend(self.dispatch.take_back(order, self.batch))
            case StartTimer():
                self._begin_wait(order)
            case (StartTimer() as begin, Wait() as wait):
                if not begin.failures:
                    self._observer.task_waits(begin.scope, begin.node, self.timers.left_of(wait))
                self.timers.start(begin, wait)


def _frame_key(scope: Scope) -> FrameKey:
    return FrameKey(0 if scope.parent is None else scope.parent.id, scope.node, scope.number)
