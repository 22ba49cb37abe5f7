"""What holds for every fact: stale ones mean nothing, and order is kept."""

from __future__ import annotations

import random

import pytest

from sequent import Sequent
from sequent.engine import Scheduler
from sequent.model import facts
from sequent.model.effects import CloseFrame, CloseRepeat, EndRun, OpenFrame, OpenRepeat, StartTask
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.plan import ContainerPlan, OuterAtom, Plan, StepPlan
from sequent.model.scope import Scope
from sequent.model.status import Claim, Construct, RunStatus, Status
from tests.engine.playing import plan_of, world

# -- stale facts -----------------------------------------------------------------------------------


def lost_once():
    """``a`` (node 1) runs as attempt 2 in frame 1, ``c`` (node 3) as attempt 1 in the frame of its container."""
    flow = Sequent()
    a = flow.add_step("a")
    b = flow.add_step("b")
    b.add_step("c")
    b.add_step("d")
    flow.add_step("after", requires=a)
    play = world(flow)
    play.lose("a")
    assert play.attempts == {"a": 2, "b.c/1.1": 1, "b.d/1.1": 1}
    return play


@pytest.mark.parametrize("kind", [facts.TaskSucceeded, facts.TaskFailed, facts.TaskLost, facts.TaskBegan])
@pytest.mark.parametrize(
    ("frame", "node", "attempt"),
    [
        pytest.param(1, 1, 1, id="an attempt that was lost"),
        pytest.param(1, 1, 3, id="an attempt that has not begun"),
        pytest.param(99, 1, 2, id="an iteration that is not under way"),
        pytest.param(1, 5, 1, id="a step that has not started"),
        pytest.param(1, 2, 1, id="a container"),
        pytest.param(1, 3, 1, id="a step of another container"),
        pytest.param(2, 5, 1, id="a step at a place that the container does not have"),
    ],
)
def test_facts_of_what_is_not_the_current_attempt_are_ignored(kind, frame, node, attempt):
    play = lost_once()
    assert play.tell(kind(frame, node, attempt)) == []
    play.succeed("a")
    assert "after" in play.running


def test_a_task_cannot_end_twice():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("after", requires=a & slow)
    play = world(flow)
    play.succeed("a")
    assert play.tell(facts.TaskFailed(1, 1, 1)) == []
    play.succeed("slow", "after")
    assert play.outcome == "success"


def test_items_that_nobody_waits_for_are_ignored():
    flow = Sequent()
    flow.add_step("load", repeats=lambda: [1, 2])
    flow.add_step("slow")
    play = world(flow)
    assert play.tell(facts.ItemDrawn(1, 1, 1)) == []
    assert play.tell(facts.ItemsEnded(1, 1)) == []
    play.items("load", 2)
    for fact in (
        facts.RepeatOpened(1, 1, 0),
        facts.RepeatOpened(99, 1, 0),
        facts.ItemDrawn(1, 1, 7),
        facts.ItemsEnded(1, 1),
        facts.DrawFailed(1, 1),
        facts.DrawFailed(1, 3),
    ):
        assert play.tell(fact) == []
    play.succeed("load/1.1", "load/1.2", "slow")
    assert play.outcome == "success"


def test_an_item_that_was_drawn_for_what_is_no_longer_under_way_is_ignored():
    flow = Sequent()
    flow.add_step("poll", repeats=lambda: iter([1, 2]), parallel=2, until=True)
    flow.add_step("slow")
    play = world(flow)
    play.items("poll", None)
    play.item("poll")
    play.succeed_with("poll/1.1", truthy=True)
    assert play.closed["poll"] == "success"
    play.break_items("poll")
    play.succeed("slow")
    assert play.outcome == "success"


def test_nothing_happens_after_the_end():
    flow = Sequent()
    flow.add_step("a")
    play = world(flow)
    play.succeed("a")
    for fact in (facts.RunStarted(), facts.StopRequested(), facts.TaskFailed(1, 1, 1)):
        assert play.tell(fact) == []


# -- plans that no compiler makes ------------------------------------------------------------------

STEP = StepPlan(index=1, path=("a",), parent=0, position=0, construct=Construct.PROCESS)


def test_a_plan_begins_with_a_container():
    with pytest.raises(AssertionError, match="is not a container"):
        Scheduler(Plan(name="flow", nodes=(STEP,)), slots=1)


def test_the_root_does_not_repeat():
    root = ContainerPlan(index=0, path=(), parent=-1, children=(1,), repeats=ItemsLiteralPlan("[]"))
    with pytest.raises(AssertionError, match="the root does not repeat"):
        Scheduler(Plan(name="flow", nodes=(root, STEP)), slots=1).handle(facts.RunStarted())


def test_nothing_waits_for_what_is_not_around_it():
    inner = ContainerPlan(index=2, path=("c",), parent=0, position=1, outer_atoms=(OuterAtom(3, Claim.DONE, -1),))
    elsewhere = StepPlan(index=3, path=("d", "x"), parent=9, position=0, construct=Construct.PROCESS)
    root = ContainerPlan(index=0, path=(), parent=-1, children=(1, 2), atoms=((), ()), free=(0, 1), handlers=((), ()))
    scheduler = Scheduler(Plan(name="flow", nodes=(root, STEP, inner, elsewhere)), slots=1)
    with pytest.raises(AssertionError, match="node 3 is not around"):
        scheduler.handle(facts.RunStarted())


# -- order -----------------------------------------------------------------------------------------


def test_steps_start_first_come_first_served_as_slots_become_free():
    flow = Sequent()
    a = flow.add_step("a")
    for name in "bcd":
        flow.add_step(name)
    flow.add_step("after_a", requires=a)
    play = world(flow, slots=2)
    assert play.running == ["a", "b"]
    play.succeed("a")
    assert play.running == ["b", "c"]
    play.succeed("b")
    assert play.running == ["c", "d"]
    play.succeed("c")
    assert play.running == ["d", "after_a"]


def test_what_one_fact_makes_ready_starts_in_the_order_in_which_it_is_written():
    flow = Sequent()
    a = flow.add_step("a")
    for name in ("e", "c", "d", "b"):
        flow.add_step(name, requires=a)
    play = world(flow)
    play.succeed("a")
    assert play.running == ["e", "c", "d", "b"]


@pytest.mark.parametrize("slots", [1, 2, 7])
def test_no_more_tasks_run_at_once_than_there_are_slots(slots):
    flow = Sequent()
    c = flow.add_step("c", repeats=range(3), parallel=0)
    load = c.add_step("load", repeats=range(3), parallel=0)
    c.add_step("after", requires=load)
    play = world(flow, slots=slots)
    while play.running:
        assert len(play.running) <= slots
        play.succeed(play.running[0])
    assert len(play.started) == 12


def test_an_iteration_is_closed_before_the_next_begins_and_begins_before_its_tasks():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("a")
    flow.add_step("after", requires=c)
    scheduler = Scheduler(plan_of(flow), slots=2)
    root = Scope(1, 0, 1, (1,))
    first, second = Scope(2, 1, 1, (1, 1), root), Scope(3, 1, 2, (1, 2), root)
    assert scheduler.handle(facts.RunStarted()) == [OpenFrame(root, is_new=True), OpenRepeat(root, 1, 0)]
    assert scheduler.handle(facts.RepeatOpened(1, 1, 2)) == [OpenFrame(first, is_new=True), StartTask(first, 2, 1)]
    assert scheduler.handle(facts.TaskSucceeded(2, 2, 1)) == [
        CloseFrame(first, Status.SUCCESS),
        OpenFrame(second, is_new=True),
        StartTask(second, 2, 1),
    ]
    assert scheduler.handle(facts.TaskSucceeded(3, 2, 1)) == [
        CloseFrame(second, Status.SUCCESS),
        CloseRepeat(root, 1, Status.SUCCESS),
        StartTask(root, 3, 1),
    ]
    assert scheduler.running == 1
    assert scheduler.handle(facts.TaskSucceeded(1, 3, 1)) == [
        CloseFrame(root, Status.SUCCESS),
        EndRun(RunStatus.SUCCESS, {Status.SUCCESS: 3}),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_same_facts_always_have_the_same_effects(seed):
    choice = random.Random(seed)
    flow = Sequent(config={"stop_on_exception": False})
    for number in range(4):
        c = flow.add_step(f"c{number}", repeats=range(3), parallel=2)
        a, b = c.add_step("a"), c.add_step("b")
        c.add_step("fix", requires=a.failed | b.failed)
        c.add_step("after", requires=a & b)
        c.add_step("tidy", requires=a.done & b.done)
    play = world(flow, slots=3)
    told, seen = [], []
    while play.active:
        key, order = choice.choice(list(play.active.items()))
        kind = facts.TaskFailed if choice.random() < 0.3 else facts.TaskSucceeded
        del play.active[key]
        fact = kind(order.scope.id, order.node, order.attempt)
        told.append(fact)
        seen.append(_but_opening(play.tell(fact)))
    assert play.outcome is not None
    again = world(flow, slots=3)
    assert [_but_opening(again.tell(fact)) for fact in told] == seen


def _but_opening(effects):
    """What the world has answered already is not compared."""
    return [effect for effect in effects if not isinstance(effect, OpenRepeat)]
