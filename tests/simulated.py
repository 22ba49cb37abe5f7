"""A tiny world around the engine, in memory: it carries orders out in any order, and keeps what a store would keep."""

from __future__ import annotations

from msgspec.structs import replace

from sequent.engine import Scheduler
from sequent.engine.apply_directives import direct
from sequent.model import facts
from sequent.model.directives import NO_DIRECTIVES, Directives, Selection
from sequent.model.effects import (
    AskHold,
    AskPerson,
    CloseFrame,
    CloseRepeat,
    DrawItem,
    Effect,
    EndRun,
    FailContainer,
    FailQuestion,
    FailTask,
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
from sequent.model.facts import Fact
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved_state import Revision, SavedTask, StoredPlace
from sequent.model.status import Status, Verdict
from tests.kept_rows import Key, Rows

Ordered = (
    StartTask
    | PassOver
    | RecordMark
    | StartTimer
    | TakeBack
    | AskPerson
    | WithdrawQuestion
    | FailQuestion
    | AskHold
    | SetHold
    | FailTask
    | FailContainer
    | SettleTask
    | OpenRepeat
    | DrawItem
)


class World:
    """Gives the engine facts, carries out what it orders, and keeps what a store would keep."""

    def __init__(
        self,
        plan: Plan,
        *,
        slots: int,
        rows: Rows | None = None,
        resumes: bool = False,
        directives: Directives = NO_DIRECTIVES,
        reserved: dict[StoredPlace, dict[str, int]] | None = None,
    ) -> None:
        self.plan = plan
        self.slots = slots
        self.rows = Rows(plan) if rows is None else rows
        self.rows.recovery += rows is not None and not resumes
        self.rows.directives = directives
        saved = self.rows.saved()
        self.revision = Revision() if saved is None else direct(plan, saved, directives, self.rows.recovery)[1]
        """What a recovery makes of what it finds."""
        self.scheduler = Scheduler(
            plan,
            slots=slots,
            saved=saved,
            last_id=self.rows.last_id,
            kept=self.rows.kept,
            resumes=resumes,
            recovery=self.rows.recovery,
            directives=directives,
            reserved=reserved,
        )
        self.scheduler.validate()
        self.active: dict[Key, StartTask] = {}
        self.timers: dict[Key, StartTimer] = {}
        self.asked: dict[Key, AskHold] = {}
        self.asked_back: list[Key] = []
        """Tasks that the engine wants to have back, if they have not begun."""
        self.holds: dict[Key, dict[str, int]] = {}
        """What each task and container holds of each pool."""
        self.to_open: dict[Key, OpenRepeat] = {}
        self.to_draw: dict[Key, DrawItem] = {}
        self.settled: dict[Key, Status] = {}
        """What settled in this recovery."""
        self.began: set[Key] = set()
        self.ordered: set[Key] = set()
        """Of what the last fact made the engine ask for items."""
        self.ended: EndRun | None = None
        self.marks: dict[int, facts.TaskMarked | facts.QuestionAnswered] = {}
        """The marks and answers of people that are open."""
        self.questions: dict[Key, AskPerson] = {}
        """The questions that are open."""
        self.refused: dict[int, str] = {}

    def tell(self, fact: Fact) -> list[Effect]:
        """Give the engine a fact, carry out what it orders, and check its state."""
        if isinstance(fact, facts.TaskMarked | facts.QuestionAnswered):
            self.marks[fact.number] = fact
        effects = self.scheduler.handle(fact)
        self.ordered = {self._key(effect) for effect in effects if isinstance(effect, OpenRepeat | DrawItem)}
        for effect in effects:
            assert self.ended is None, "something was ordered after the run had ended"
            self._take(effect)
        self.scheduler.validate()
        return effects

    def end(
        self,
        key: Key,
        status: Status,
        verdict: Verdict = Verdict.UNKNOWN,
        *,
        answers: tuple[int, ...] = (),
        may_retry: bool = True,
    ) -> list[Effect]:
        """A task ends, with an outcome, or without one: then it is ``waiting``."""
        order = self.active.pop(key)
        attempt = (order.scope.id, order.node, order.attempt)
        row = self.rows.task_key(order.scope, order.node)
        before = self.rows.tasks[row]
        failures = before.failures + (status is Status.FAILURE)
        self.rows.tasks[row] = replace(before, status=status, verdict=verdict, answers=answers, failures=failures)
        if status is Status.SUCCESS:
            fact: Fact = facts.TaskSucceeded(*attempt, verdict, answers)
        else:
            fact = facts.TaskFailed(*attempt, may_retry) if status is Status.FAILURE else facts.TaskLost(*attempt)
        if status is not Status.WAITING:
            self.settled[key] = status
        return self.tell(fact)

    def pass_time(self, key: Key) -> list[Effect]:
        """The time has come for which a task or container waits."""
        order = self.timers.pop(key)
        self.rows.waits.discard(self.rows.task_key(order.scope, order.node))
        return self.tell(facts.TimerEnded(order.scope.id, order.node, order.attempt))

    def run_out(self, key: Key) -> list[Effect]:
        """Nobody has answered a question in time."""
        order = self.questions[key]
        return self.tell(facts.TimerEnded(order.scope.id, order.node, order.attempt))

    def open_copies(self, key: Key, hosts: tuple[str, ...]) -> list[Effect]:
        """The hosts are known on which something has copies; those with which it began stay."""
        order = self.to_open.pop(key)
        place = order.scope.id, order.node
        hosts = self.rows.hosts.setdefault(place, hosts)
        return self.tell(facts.RepeatOpened(*place, len(hosts), hosts=hosts))

    def grant(self, key: Key) -> list[Effect]:
        """What a task or container asked of other runs is held for it."""
        order = self.asked.pop(key)
        return self.tell(facts.HoldGranted(order.scope.id, order.node))

    def take_back(self, key: Key) -> list[Effect]:
        """A task that was handed over ahead has not begun: its attempt leaves no row."""
        order = self.active.pop(key)
        row = self.rows.task_key(order.scope, order.node)
        self.rows.tasks[row] = SavedTask(Status.WAITING, order.attempt - 1)
        return self.tell(facts.TaskTakenBack(order.scope.id, order.node, order.attempt))

    def leave(self, key: Key) -> list[Effect]:
        """A task goes on on its host, and this driver learns nothing of it: its attempt keeps its row."""
        order = self.active.pop(key)
        return self.tell(facts.TaskLeft(order.scope.id, order.node, order.attempt))

    def begin(self, key: Key) -> list[Effect]:
        """The code of a task begins."""
        order = self.active[key]
        self.began.add(key)
        row = self.rows.task_key(order.scope, order.node)
        self.rows.tasks[row] = replace(self.rows.tasks[row], had_begun=True)
        return self.tell(facts.TaskBegan(order.scope.id, order.node, order.attempt))

    def open(self, key: Key, count: int | None) -> list[Effect]:
        """The items of a repeat are found."""
        order = self.to_open.pop(key)
        return self.tell(facts.RepeatOpened(order.scope.id, order.node, count))

    def draw(self, key: Key, *, is_last: bool = False) -> list[Effect]:
        """The next item of a repeat is drawn, or there is none."""
        order = self.to_draw.pop(key)
        if is_last:
            return self.tell(facts.ItemsEnded(order.scope.id, order.node))
        return self.tell(facts.ItemDrawn(order.scope.id, order.node, order.number))

    def break_draw(self, key: Key) -> list[Effect]:
        """The items of a repeat cannot be had."""
        order = self.to_open.pop(key, None) or self.to_draw.pop(key)
        return self.tell(facts.DrawFailed(order.scope.id, order.node))

    def crash(self, directives: Directives = NO_DIRECTIVES) -> World:
        """What drives the run dies, and a recovery begins with what was kept."""
        return World(self.plan, slots=self.slots, rows=self.rows, directives=directives)

    def _take(self, effect: Effect) -> None:
        match effect:
            case StartTask() | SettleTask() | FailTask() | FailContainer():
                self._take_task(effect)
            case Revise():
                self.rows.revise(effect.revision)
            case StartTimer() | TakeBack() | AskHold() | SetHold():
                self._take_wait(effect)
            case OpenRepeat(scope, node):
                self.rows.repeats[scope.id, node] = Status.ACTIVE
                self.to_open[self._key(effect)] = effect
            case DrawItem():
                assert self._key(effect) not in self.to_draw, "an item is drawn while one is being drawn"
                self.to_draw[self._key(effect)] = effect
            case OpenFrame(scope):
                self.rows.open_frame(effect)
            case PassOver() | RecordMark() | RefuseMark() | AskPerson() | WithdrawQuestion() | FailQuestion():
                self._take_outcome(effect)
            case CloseFrame():
                self.rows.close_frame(effect)
            case CloseRepeat(scope, node, status):
                self.rows.repeats[scope.id, node] = status
            case EndRun():
                self.ended = effect
        if isinstance(effect, StartTask | OpenFrame):
            self.rows.last_id = max(self.rows.last_id, effect.scope.id)

    def _take_question(self, effect: AskPerson | WithdrawQuestion | FailQuestion) -> None:
        key = self._key(effect)
        row = self.rows.task_key(effect.scope, effect.node)
        if isinstance(effect, AskPerson):
            assert key not in self.timers, f"{key} is asked before its time"
            assert key not in self.questions, f"{key} is asked twice"
            self.questions[key] = effect
        elif isinstance(effect, WithdrawQuestion):
            del self.questions[key]
        else:
            self.rows.mark(row, effect.attempt, facts.QuestionAnswered(0, Selection(()), Status.FAILURE))
            self.settled[key] = Status.FAILURE

    def _take_outcome(
        self, effect: PassOver | RecordMark | RefuseMark | AskPerson | WithdrawQuestion | FailQuestion
    ) -> None:
        if isinstance(effect, AskPerson | WithdrawQuestion | FailQuestion):
            self._take_question(effect)
            return
        if isinstance(effect, PassOver):
            self.rows.pass_over(self.rows.task_key(effect.scope, effect.node), effect.attempt)
            self.settled[self._key(effect)] = Status.SUCCESS
            return
        fact = self.marks.pop(effect.number)
        if isinstance(effect, RefuseMark):
            self.refused[effect.number] = effect.reason
            return
        key = self._key(effect)
        self.rows.mark(self.rows.task_key(effect.scope, effect.node), effect.attempt, fact)
        self.timers.pop(key, None)
        self.asked.pop(key, None)
        self.settled[key] = fact.status

    def _take_task(self, effect: StartTask | SettleTask | FailTask | FailContainer) -> None:
        match effect:
            case StartTask(scope, node, attempt):
                key = self._key(effect)
                row = self.rows.task_key(scope, node)
                before = self.rows.tasks.get(row, SavedTask(Status.WAITING, 0))
                assert key not in self.active, f"{key} runs twice at once"
                assert attempt == before.attempt + 1, f"{key} is attempt {attempt} after {before.attempt}"
                step = self.plan.nodes[node]
                assert isinstance(step, StepPlan)
                assert key not in self.timers, f"{key} starts before its time"
                self.rows.tasks[row] = SavedTask(
                    Status.ACTIVE,
                    attempt,
                    failures=before.failures,
                    had_begun=not step.announces,
                    recovery=self.rows.recovery,
                    ran_in=self.rows.recovery,
                )
                self.active[key] = effect
                self.settled.pop(key, None)
                self.began.discard(key)
            case SettleTask(scope, node, status):
                key = self._key(effect)
                was_failure = self.settled.get(key) is status is Status.FAILURE
                assert key not in self.settled or was_failure, f"{key} settled twice"
                self.settled[key] = status
            case FailTask(scope, node):
                self.settled[self._key(effect)] = Status.FAILURE
                row = self.rows.task_key(scope, node)
                self.rows.tasks[row] = replace(self.rows.tasks[row], status=Status.FAILURE)
            case FailContainer():
                self.settled[self._key(effect)] = Status.FAILURE

    def _take_wait(self, effect: StartTimer | TakeBack | AskHold | SetHold) -> None:
        match effect:
            case StartTimer(scope, node):
                self.timers[self._key(effect)] = effect
                self.rows.waits.add(self.rows.task_key(scope, node))
            case TakeBack():
                self.asked_back.append(self._key(effect))
            case AskHold():
                self.asked[self._key(effect)] = effect
            case SetHold(scope=None, pool=pool, amount=amount):
                self.rows.kept[pool] = amount
            case SetHold():
                self._hold(effect)

    def _hold(self, effect: SetHold) -> None:
        held = self.holds.setdefault(self._key(effect), {})
        held[effect.pool] = effect.amount

    def in_use(self, pool: str) -> int:
        """How much of a pool is held, by tasks, containers and the run."""
        return self.rows.kept.get(pool, 0) + sum(held.get(pool, 0) for held in self.holds.values())

    def _key(self, effect: Ordered) -> Key:
        assert effect.scope is not None
        return dotted(self.plan.nodes[effect.node].path), effect.scope.sequence
