"""A tiny world around the engine, in memory: it carries orders out in any order, and keeps what a store would keep."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, evolve, field

from sequent.engine import Scheduler
from sequent.engine.directing import direct
from sequent.model import facts
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
from sequent.model.facts import Fact
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.saved import Revision, SavedBlock, SavedFrame, SavedTask
from sequent.model.scope import Scope
from sequent.model.status import Status, Verdict

Order = StartTask | OpenRepeat | DrawItem
Ordered = (
    StartTask | PassOver | StartTimer | TakeBack | AskHold | SetHold | FailTask | SettleTask | OpenRepeat | DrawItem
)
Key = tuple[str, tuple[int, ...]]
"""A task: its dotted path and its sequence. A container in one iteration: its path and the sequence around it."""


@define
class FrameRow:
    """An iteration of a container, as a store has it; its children's rows bear its id."""

    id: int
    status: Status
    sequence: tuple[int, ...]


@define
class Rows:
    """What a store would have of a run, whatever the engine remembers."""

    plan: Plan
    frames: dict[tuple[int, int, int], FrameRow] = field(factory=dict)
    """By the frame around, the container and the number."""
    tasks: dict[tuple[int, int, int], SavedTask] = field(factory=dict)
    """By the frame, the step and, of a repeated step, the number."""
    repeats: dict[tuple[int, int], Status] = field(factory=dict)
    """By the frame around and the container."""
    kept: dict[str, int] = field(factory=dict)
    """What the run keeps of each pool."""
    waits: set[tuple[int, int, int]] = field(factory=set)
    """Tasks before whose next attempt a wait has begun."""
    last_id: int = 0
    recovery: int = 0
    directives: Directives = NO_DIRECTIVES

    def task_key(self, scope: Scope, node: int) -> tuple[int, int, int]:
        if _container(self.plan, scope.node).wraps and scope.parent is not None:
            return scope.parent.id, node, scope.number
        return scope.id, node, 0

    def open_frame(self, effect: OpenFrame) -> None:
        scope = effect.scope
        key = (scope.parent.id if scope.parent else 0, scope.node, scope.number)
        if effect.is_new:
            assert key not in self.frames, f"{scope} is not new"
            assert scope.id > self.last_id, f"the id of {scope} was used before"
            self.frames[key] = FrameRow(scope.id, Status.ACTIVE, scope.sequence)
        else:
            assert self.frames[key].id == scope.id, f"{scope} is opened again under another id"
            self.frames[key].status = Status.ACTIVE

    def close_frame(self, effect: CloseFrame) -> None:
        scope = effect.scope
        row = self.frames[scope.parent.id if scope.parent else 0, scope.node, scope.number]
        assert row.status is Status.ACTIVE, f"{scope} was closed before"
        row.status = effect.status

    def revise(self, revision: Revision) -> None:
        for mark in revision.outdated:
            key = (mark.frame, mark.node, mark.iteration)
            assert self.tasks[key].status is Status.SUCCESS
            self.tasks[key] = evolve(self.tasks[key], status=Status.WAITING)
        for mark in revision.passed:
            self.pass_over((mark.frame, mark.node, mark.iteration), mark.attempt)
        for frame in revision.frames:
            self.frames[frame].status = Status.ACTIVE
        for repeat in revision.repeats:
            self.repeats[repeat] = Status.ACTIVE

    def pass_over(self, key: tuple[int, int, int], attempt: int) -> None:
        before = self.tasks.get(key, SavedTask(Status.WAITING, 0, ran_in=-1))
        assert attempt == before.attempt + 1
        self.tasks[key] = SavedTask(Status.SUCCESS, attempt, recovery=self.recovery, ran_in=before.ran_in)

    def iterations(self) -> dict[Key, FrameRow]:
        """Each iteration under its container's path with a slash, and its sequence."""
        rows = self.frames.items()
        return {(dotted(self.plan.nodes[node].path) + "/", row.sequence): row for (_, node, _), row in rows}

    def sequences(self) -> list[Key]:
        """Every task that has begun."""
        places = {row.id: row.sequence for row in self.frames.values()}
        found = [(node, (*places[frame], *((number,) if number else ()))) for frame, node, number in self.tasks]
        return [(dotted(self.plan.nodes[node].path), sequence) for node, sequence in found]

    def saved(self) -> SavedFrame | None:
        root = self.frames.get((0, 0, 1))
        if root is None:
            return None
        return evolve(self._frame(root.id, _container(self.plan, 0), is_whole=False), status=root.status)

    def _frame(self, frame: int, container: ContainerPlan, *, is_whole: bool) -> SavedFrame:
        tasks, blocks = {}, {}
        for index in container.children:
            node = self.plan.nodes[index]
            if isinstance(node, ContainerPlan):
                block = self._block(frame, node, is_whole=is_whole)
                if block is not None:
                    blocks[index] = block
            elif (frame, index, 0) in self.tasks:
                tasks[index] = self._task(frame, index, 0)
        return SavedFrame(frame, tasks, blocks)

    def _block(self, frame: int, node: ContainerPlan, *, is_whole: bool) -> SavedBlock | None:
        numbers = self._iterations(frame, node)
        status = self.repeats.get((frame, node.index)) if node.repeats is not None else numbers.get(1)
        if status is None and not numbers:
            return None
        drawn = max(numbers, default=0)
        saved = {}
        reruns = self._reruns_inside()
        if status is not Status.SUCCESS or is_whole or node.index in self.plan.reactions or reruns:
            is_whole = is_whole or (status is Status.SUCCESS and node.index in self.plan.reactions)
            for number in range(1, drawn + 1):
                if is_whole or reruns or numbers.get(number) is not Status.SUCCESS:
                    saved[number] = self._iteration(frame, node, number, is_whole=is_whole)
        has_ended = any(
            number_status is Status.SUCCESS and self._verdict(frame, node, number) is Verdict.TRUTHY
            for number, number_status in numbers.items()
        )
        answers = self._answers(frame, node) if status is Status.SUCCESS and node.repeats is None else ()
        inside = list(self._inside(frame, node))
        recovery = max((task.recovery for task in inside), default=-1)
        ran_in = max((task.ran_in for task in inside), default=-1)
        status = status or Status.ACTIVE
        return SavedBlock(status, drawn, saved, has_ended, answers, recovery=recovery, ran_in=ran_in)

    def _reruns_inside(self) -> bool:
        """Whether a directive may make something run again that is in a kept container."""
        steps = (node for node in self.plan.nodes if isinstance(node, StepPlan))
        return bool(self.directives) or any(step.recovery for step in steps)

    def _inside(self, frame: int, node: ContainerPlan) -> Iterator[SavedTask]:
        """Every task in a container, however deep."""
        if node.wraps:
            yield from (task for (f, step, _), task in self.tasks.items() if (f, step) == (frame, node.children[0]))
            return
        for row in [row for (f, index, _), row in self.frames.items() if (f, index) == (frame, node.index)]:
            yield from (task for (f, _, number), task in self.tasks.items() if f == row.id and not number)
            for child in (self.plan.nodes[index] for index in node.children):
                if isinstance(child, ContainerPlan):
                    yield from self._inside(row.id, child)

    def _answers(self, frame: int, node: ContainerPlan) -> tuple[int, ...]:
        """Which of what is asked of its result the result of a container without iterations is."""
        if node.result is None:
            return ()
        child = self.plan.nodes[node.children[node.result]]
        inside = self.frames.get((frame, node.index, 1))
        if inside is None:
            return ()
        if isinstance(child, ContainerPlan):
            return () if child.repeats is not None else self._answers(inside.id, child)
        task = self.tasks.get((inside.id, child.index, 0))
        return () if task is None else task.answers

    def _iterations(self, frame: int, node: ContainerPlan) -> dict[int, Status]:
        if node.wraps:
            rows = self.tasks.items()
            return {n: task.status for (f, step, n), task in rows if (f, step) == (frame, node.children[0])}
        return {n: row.status for (f, index, n), row in self.frames.items() if (f, index) == (frame, node.index)}

    def _iteration(self, frame: int, node: ContainerPlan, number: int, *, is_whole: bool) -> SavedFrame:
        if not node.wraps:
            row = self.frames[frame, node.index, number]
            return evolve(self._frame(row.id, node, is_whole=is_whole), status=row.status)
        step = node.children[0]
        if (frame, step, number) not in self.tasks:
            return SavedFrame(0)
        task = self._task(frame, step, number)
        status = Status.SUCCESS if task.status is Status.SUCCESS else Status.ACTIVE
        return SavedFrame(0, {step: task}, status=status)

    def _task(self, frame: int, step: int, number: int) -> SavedTask:
        plan = self.plan.nodes[step]
        assert isinstance(plan, StepPlan)
        waits = plan.retries > 0 and (frame, step, number) in self.waits
        return evolve(self.tasks[frame, step, number], waits=waits)

    def _verdict(self, frame: int, node: ContainerPlan, number: int) -> Verdict:
        if node.until is None:
            return Verdict.UNKNOWN
        step = node.children[node.until]
        around = frame if node.wraps else self.frames[frame, node.index, number].id
        task = self.tasks.get((around, step, number if node.wraps else 0))
        return Verdict.UNKNOWN if task is None else task.verdict


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
        )
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

    def tell(self, fact: Fact) -> list[Effect]:
        """Give the engine a fact, carry out what it orders, and check its state."""
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
        self.rows.tasks[row] = evolve(before, status=status, verdict=verdict, answers=answers, failures=failures)
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

    def begin(self, key: Key) -> list[Effect]:
        """The code of a task begins."""
        order = self.active[key]
        self.began.add(key)
        row = self.rows.task_key(order.scope, order.node)
        self.rows.tasks[row] = evolve(self.rows.tasks[row], had_begun=True)
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
            case StartTask() | SettleTask() | FailTask():
                self._take_task(effect)
            case PassOver(scope, node, attempt):
                self.rows.pass_over(self.rows.task_key(scope, node), attempt)
                self.settled[self._key(effect)] = Status.SUCCESS
            case Revise(revision):
                self.rows.revise(revision)
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
            case CloseFrame():
                self.rows.close_frame(effect)
            case CloseRepeat(scope, node, status):
                self.rows.repeats[scope.id, node] = status
            case EndRun():
                self.ended = effect
        if isinstance(effect, StartTask | OpenFrame):
            self.rows.last_id = max(self.rows.last_id, effect.scope.id)

    def _take_task(self, effect: StartTask | SettleTask | FailTask) -> None:
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
            case FailTask(scope, node, attempt):
                self.settled[self._key(effect)] = Status.FAILURE
                if attempt:
                    row = self.rows.task_key(scope, node)
                    self.rows.tasks[row] = evolve(self.rows.tasks[row], status=Status.FAILURE)

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


def _container(plan: Plan, index: int) -> ContainerPlan:
    node = plan.nodes[index]
    assert isinstance(node, ContainerPlan)
    return node
