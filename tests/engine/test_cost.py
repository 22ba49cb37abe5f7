"""A fact costs what it changes, and memory follows what is under way."""

from __future__ import annotations

import sys
from collections import deque
from types import FrameType
from typing import Self

import pytest

from sequent import Sequent
from sequent.engine import Scheduler
from sequent.model import facts
from sequent.model.effects import Effect, EndRun, OpenRepeat, StartTask
from sequent.model.plan import Plan
from sequent.model.saved_state import SavedFrame, SavedTask
from sequent.model.status import Status
from tests.engine.playing import plan_of, world

# -- cost ------------------------------------------------------------------------------------------


class Instructions:
    """Counts the instructions of the engine that are executed, which no machine's speed changes."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exception: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, arg: object):
        frame.f_trace_opcodes = True
        self.count += event == "opcode"
        return self._trace


class Quick:
    """Runs a plan with tasks that all end alike, as fast as it goes."""

    def __init__(self, plan: Plan, count: int) -> None:
        self.scheduler = Scheduler(plan, slots=8)
        self.items = count
        self.pending: deque[Effect] = deque(self.scheduler.handle(facts.RunStarted()))
        self.most_frames = 0
        self.end: EndRun | None = None

    def go(self, ends: int, fact: type[facts.TaskSucceeded | facts.TaskFailed] = facts.TaskSucceeded) -> None:
        """Let so many tasks end, or all that are left."""
        while self.pending and ends:
            effect = self.pending.popleft()
            match effect:
                case StartTask(scope, node, attempt):
                    self._tell(fact(scope.id, node, attempt))
                    ends -= 1
                case OpenRepeat(scope, node):
                    self._tell(facts.RepeatOpened(scope.id, node, self.items))
                case EndRun():
                    self.end = effect

    def _tell(self, fact: facts.Fact) -> None:
        self.pending.extend(self.scheduler.handle(fact))
        self.most_frames = max(self.most_frames, self.scheduler.active_frames)


def independent(size):
    flow = Sequent(config={"stop_on_exception": False})
    for number in range(size):
        flow.add_step(f"s{number}")
    return flow


def chain(size):
    flow = Sequent()
    before = flow.add_step("s0")
    for number in range(1, size):
        before = flow.add_step(f"s{number}", requires=before)
    return flow


def pairs(size):
    flow = Sequent(config={"stop_on_exception": False})
    for number in range(size // 2):
        a = flow.add_step(f"a{number}")
        flow.add_step(f"b{number}", requires=a)
    return flow


def gathered(size):
    """All are required by one, which also handles their failures."""
    flow = Sequent()
    together = None
    for number in range(size):
        step = flow.add_step(f"s{number}")
        together = step.complete if together is None else together & step.complete
    flow.add_step("after", requires=together)
    return flow


def looked_at(size):
    """All of a container's children wait for one thing further out."""
    flow = Sequent(config={"stop_on_exception": False})
    a = flow.add_step("a")
    c = flow.add_step("c")
    for number in range(size):
        c.add_step(f"s{number}", requires=a.done)
    return flow


def hoping(size):
    """A failure that each of many might handle, until what else they wait for fails as well."""
    flow = Sequent(config={"stop_on_exception": False})
    bad = flow.add_step("bad")
    for number in range(size):
        a = flow.add_step(f"a{number}")
        flow.add_step(f"fix{number}", requires=bad.failed & a)
    return flow


def loop(size):
    flow = Sequent()
    c = flow.add_step("c", repeats=range(2))
    a = c.add_step("a")
    c.add_step("b", requires=a)
    return flow


def sleeping(size):
    """One of many that waits for a time while others end."""
    flow = Sequent(config={"stop_on_exception": False})
    flow.add_step("late", delay=3600)
    for number in range(size):
        flow.add_step(f"s{number}")
    return flow


def watched(size):
    """All are watched by one that was kept: whether it runs again is open until all have settled."""
    flow = Sequent(config={"stop_on_exception": False})
    together = None
    for number in range(size):
        step = flow.add_step(f"s{number}")
        together = step.done if together is None else together & step.done
    flow.add_step("after", requires=together)
    return flow


@pytest.mark.parametrize(
    ("shape", "fact"),
    [
        *((shape, facts.TaskSucceeded) for shape in (independent, chain, pairs, gathered, looked_at, loop, sleeping)),
        *((shape, facts.TaskFailed) for shape in (independent, pairs, gathered, looked_at, hoping)),
    ],
)
def test_what_a_fact_costs_does_not_grow_with_the_flow(shape, fact):
    costs = [cost_of(plan_of(shape(size)), size, fact) for size in (100, 5_000)]
    assert costs[1] <= costs[0] * 1.05


@pytest.mark.parametrize("is_handled", [True, False])
def test_a_fact_that_decides_many_handlers_costs_each_of_them_once(is_handled):
    def cost(size):
        flow = Sequent(config={"stop_on_exception": False})
        bad, other = flow.add_step("bad"), flow.add_step("other")
        for number in range(size):
            flow.add_step(f"fix{number}", requires=bad.failed & other)
        if is_handled:
            flow.add_step("fix", requires=bad.failed & other.failed)
        play = Quick(plan_of(flow), 0)
        play.go(1, facts.TaskFailed)
        with Instructions() as instructions:
            play.go(1, facts.TaskFailed)
        return instructions.count / size

    assert cost(1_000) <= cost(100) * 1.05


def test_what_it_costs_to_take_up_a_run_grows_with_what_had_begun_alone():
    def cost(size):
        plan = plan_of(watched(size))
        tasks = {number: SavedTask(Status.SUCCESS, 1) for number in range(2, size + 2)}
        saved = SavedFrame(1, {**tasks, 1: SavedTask(Status.FAILURE, 1)})
        scheduler = Scheduler(plan, slots=8, saved=saved, last_id=1, recovery=1)
        with Instructions() as instructions:
            (_, started) = scheduler.handle(facts.RunStarted())
        assert started == StartTask(started.scope, 1, 2)
        return instructions.count / size

    assert cost(1_000) <= cost(100) * 1.05


def test_what_an_end_costs_does_not_grow_with_what_a_kept_watcher_waits_for():
    def cost(size):
        plan = plan_of(watched(size))
        tasks = {number: SavedTask(Status.FAILURE, 1) for number in range(1, size + 1)}
        saved = SavedFrame(1, {**tasks, size + 1: SavedTask(Status.SUCCESS, 1)})
        scheduler = Scheduler(plan, slots=8, saved=saved, last_id=1, recovery=1)
        pending = deque(effect for effect in scheduler.handle(facts.RunStarted()) if isinstance(effect, StartTask))

        def end(count):
            for _ in range(count):
                order = pending.popleft()
                pending.extend(scheduler.handle(facts.TaskSucceeded(order.scope.id, order.node, order.attempt)))

        end(size // 2)
        with Instructions() as instructions:
            end(30)
        return instructions.count

    assert cost(2_000) <= cost(100) * 1.05


def cost_of(plan: Plan, size: int, fact: type[facts.TaskSucceeded | facts.TaskFailed]) -> int:
    """The instructions that thirty such ends cost in the middle of a run of such ends."""
    quick = Quick(plan, size)
    quick.go(size // 2, fact)
    with Instructions() as instructions:
        quick.go(30, fact)
    assert instructions.count > 30
    return instructions.count


def test_nothing_further_out_remembers_an_iteration_that_has_settled():
    flow = Sequent()
    slow = flow.add_step("slow")
    a = flow.add_step("a")
    c = flow.add_step("c", repeats=range(9), requires=a)
    c.add_step("x", requires=a | slow)
    play = world(flow)
    play.succeed("a")
    for number in range(1, 9):
        play.succeed(f"c.x/1.{number}")
        (root, _) = play.scheduler._run.frames.values()
        assert {position: len(inner) for position, inner in root.watched.items()} == {0: 1}


def test_a_container_that_has_settled_is_forgotten_by_what_is_around_it():
    flow = Sequent()
    flow.add_step("slow")
    for name in ("c", "d"):
        flow.add_step(name).add_step("x")
    play = world(flow)
    play.succeed("c.x/1.1")
    root = play.scheduler._run.frames[1]
    assert list(root.blocks) == [2]


def test_memory_follows_what_is_active():
    flow = Sequent()
    c = flow.add_step("c", repeats=range(2))
    a = c.add_step("a")
    c.add_step("b", requires=a)
    quick = Quick(plan_of(flow), 20_000)
    quick.go(-1)
    assert quick.end is not None
    assert quick.end.counts == {Status.SUCCESS: 40_000}
    assert quick.most_frames == 2
