"""The desk for each effect of the engine, and for each report of an executor."""

from __future__ import annotations

from collections.abc import Callable
from selectors import BaseSelector
from typing import Any

from sequent.model.effects import (
    AskHold,
    AskPerson,
    CloseFrame,
    CloseRepeat,
    DrawItem,
    EndRun,
    FailContainer,
    FailQuestion,
    FailTask,
    FreeReserved,
    OpenFrame,
    OpenRepeat,
    PassOver,
    RecordMark,
    RefuseMark,
    Revise,
    SetHold,
    SettleTask,
    StartTask,
    StartTimer,
    TakeBack,
    WithdrawQuestion,
)
from sequent.model.plan import Plan
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.attempt_orders import AttemptOrders
from sequent.runtime.driver.desks.attempts import AttemptDesk
from sequent.runtime.driver.desks.earlier_attempts import EarlierAttempts
from sequent.runtime.driver.desks.hosts import HostDesk
from sequent.runtime.driver.desks.interventions import InterventionDesk
from sequent.runtime.driver.desks.pools import PoolDesk
from sequent.runtime.driver.desks.questions import QuestionDesk
from sequent.runtime.driver.desks.repeats import RepeatDesk
from sequent.runtime.driver.desks.revisions import RevisionDesk
from sequent.runtime.driver.desks.waits import WaitDesk
from sequent.runtime.driver.executor_choice import ExecutorChoice
from sequent.runtime.driver.option_values import OptionValues
from sequent.runtime.driver.stop_signals import Stopping
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.unrun_counts import UnrunTasks
from sequent.runtime.driver.values import Values
from sequent.runtime.driver.waiting import soonest
from sequent.runtime.driver.waiting_reasons import WaitingReasons
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptLeft,
    AttemptLost,
    AttemptTakenBack,
    DrawBroke,
    EarlierGone,
    HostReachable,
    HostUnreachable,
    ItemFound,
    Notice,
    PaceChanged,
    RepeatFound,
    StoryTold,
)

Takes = dict[type, Callable[[Any], None]]
"""The method that takes an effect or report, by its class."""


class Desks:
    """All desks over one turn, and the tables that lead to them."""

    def __init__(self, plan: Plan, adapters: Adapters, turn: Turn, stopping: Stopping, *, has_begun: bool) -> None:
        """Take whether the run had begun before."""
        values = Values(plan, adapters.run)
        options = OptionValues(values)
        self._observer = adapters.observer
        self._executors = executors = ExecutorChoice(adapters)
        self.unrun = UnrunTasks(plan, adapters.clock)
        self.orders = AttemptOrders(plan, adapters, values, options, executors)
        self.reasons = WaitingReasons(turn)
        self.hosts = hosts = HostDesk(adapters, turn, executors, self.reasons)
        self.earlier = earlier = EarlierAttempts(adapters, turn, hosts)
        self.attempts = attempts = AttemptDesk(
            plan, adapters, turn, self.orders, values, self.unrun, executors, earlier
        )
        self.repeats = repeats = RepeatDesk(plan, adapters, turn, values, options, hosts, has_begun=has_begun)
        self.waits = WaitDesk(plan, adapters, turn, options, attempts, repeats)
        self.pools = PoolDesk(plan, adapters, turn, self.reasons)
        self.questions = questions = QuestionDesk(plan, adapters, turn, values, options, self.waits, self.reasons)
        self.interventions = InterventionDesk(plan, adapters, turn, questions, stopping, self.reasons)
        self.revisions = RevisionDesk(plan, adapters, turn, values)
        self.effects = self._effect_methods(turn)
        self.reports = self._report_methods(answers_questions=adapters.people is not None)

    def open(self, selector: BaseSelector) -> None:
        """Let executors wake the selector, and begin the run.

        Raises:
            UsageError: another run gives a shared pool another size.
        """
        self._executors.open(selector)
        self.earlier.ask()
        self.interventions.open()
        self.pools.open()

    @property
    def has_left(self) -> bool:
        """Whether attempts may go on on hosts when the run ends: none here does."""
        return self.attempts.has_open or self.earlier.has_living

    def wake(self) -> None:
        """Look for news in the store at once: another process says that there are some."""
        self.pools.hurry()
        self.interventions.hurry()

    def look(self) -> None:
        """Take the news: waits that are over, amounts that are free, reports of executors."""
        self.interventions.look()
        self.waits.look()
        self.pools.look()
        for executor in self._executors:
            for report in executor.reports():
                self.reports[type(report)](report)

    def left(self, longest_wait: float | None) -> float | None:
        """Return the seconds until the next look.

        Args:
            longest_wait: the seconds after which the clocks are read again; None: at the next due time.
        """
        due = self.waits.left()
        if due is not None and longest_wait is not None:
            due = min(due, longest_wait)
        executors = (executor.seconds_left() for executor in self._executors)
        return soonest(due, self.pools.left(), self.unrun.left(), self.interventions.left(), *executors)

    def _effect_methods(self, turn: Turn) -> Takes:
        attempts, repeats, questions, interventions = self.attempts, self.repeats, self.questions, self.interventions
        return {
            StartTask: attempts.start,
            TakeBack: attempts.take_back,
            SettleTask: attempts.settle,
            FailTask: attempts.fail,
            StartTimer: self.waits.start,
            OpenRepeat: repeats.open,
            DrawItem: repeats.draw,
            OpenFrame: repeats.open_frame,
            CloseFrame: repeats.close_frame,
            CloseRepeat: repeats.close,
            FailContainer: repeats.fail,
            AskHold: self.pools.ask,
            SetHold: self.pools.record,
            FreeReserved: self.pools.free_reserved,
            PassOver: self.revisions.pass_over,
            Revise: self.revisions.revise,
            RecordMark: interventions.record,
            RefuseMark: interventions.refuse,
            AskPerson: questions.ask,
            WithdrawQuestion: questions.withdraw,
            FailQuestion: questions.fail,
            EndRun: turn.finish,
        }

    def _report_methods(self, *, answers_questions: bool) -> Takes:
        attempts, repeats = self.attempts, self.repeats
        return {
            AttemptBegan: attempts.began,
            StoryTold: attempts.told,
            AttemptEnded: self._ended if answers_questions else attempts.ended,
            AttemptLost: attempts.lost,
            AttemptTakenBack: attempts.taken_back,
            AttemptLeft: attempts.left,
            PaceChanged: attempts.paced,
            RepeatFound: repeats.found,
            ItemFound: repeats.drew,
            DrawBroke: repeats.broke,
            HostReachable: self.hosts.reached,
            HostUnreachable: self.hosts.lost,
            EarlierGone: self.earlier.gone,
            Notice: self._note,
        }

    def _ended(self, report: AttemptEnded) -> None:
        """Take the end of an attempt, or the answer to a question, in a simulation."""
        if not self.interventions.answered(report):
            self.attempts.ended(report)

    def _note(self, notice: Notice) -> None:
        self._observer.note(notice.text)
