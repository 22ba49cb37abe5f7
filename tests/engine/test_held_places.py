"""What a person holds does not start; what runs goes on, and the run waits rather than end."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent import Pool, Sequent
from sequent.compiler import compile_flow
from sequent.model import facts
from sequent.model.directives import Selection
from sequent.model.spec import FlowSpec
from tests.engine.playing import Play, plan_of, shown, world
from tests.flows import flow_specs


def two() -> Sequent:
    flow = Sequent("f")
    a = flow.add_step("a")
    flow.add_step("b", requires=a)
    return flow


def test_a_held_step_does_not_start_and_the_run_waits_until_it_is_released():
    play = world(two())
    play.hold("b")
    play.succeed("a")
    assert (play.running, play.outcome) == ([], None)
    play.release("b")
    assert play.running == ["b"]
    play.succeed("b")
    assert play.outcome == "success"


def test_what_runs_goes_on_and_is_held_before_it_is_tried_again():
    flow = Sequent("f")
    flow.add_step("a", retries=1)
    play = world(flow)
    play.hold("a")
    assert play.running == ["a"]
    play.fail("a")
    assert (play.running, play.outcome) == ([], None)
    play.release("a")
    play.succeed("a")
    assert play.outcome == "success"


def test_a_hold_before_the_run_begins_holds_its_first_step():
    play = Play(plan_of(two()), slots=4)
    play.hold("a")
    play.tell(facts.RunStarted())
    assert (play.running, play.outcome) == ([], None)


def repeating(**options: object) -> Sequent:
    flow = Sequent("f")
    box = flow.add_step("box", repeats=[1, 2, 3], **options)
    box.add_step("one")
    return flow


def test_a_held_container_starts_nothing_and_begins_no_iteration():
    play = world(repeating())
    play.hold("box")
    play.succeed("box.one/1.1")
    assert (play.running, play.frames) == ([], 1)
    play.release("box")
    assert play.running == ["box.one/1.2"]
    play = Play(plan_of(repeating()), slots=4)
    play.hold("box")
    play.tell(facts.RunStarted())
    assert (play.running, play.frames, play.opening) == ([], 1, [])


def test_no_item_is_drawn_for_a_container_that_is_held():
    flow = Sequent("f")
    box = flow.add_step("box", repeats=iter_of)
    box.add_step("one")
    play = world(flow)
    play.items("box", None)
    play.item("box")
    play.hold("box")
    play.succeed("box.one/1.1")
    assert play.drawing == []
    play.release("box")
    assert play.drawing == ["box"]


def work() -> None:
    """Be a step's function."""


def iter_of():
    """Be a source of items."""
    yield from ()


def test_one_iteration_is_held_while_the_others_go_on():
    play = world(repeating(parallel=3))
    play.hold("box.one/1.2")
    assert play.running == ["box.one/1.1", "box.one/1.2", "box.one/1.3"]
    play = Play(plan_of(repeating(parallel=3)), slots=4)
    play.hold("box/1.2")
    play.tell(facts.RunStarted())
    assert play.running == ["box.one/1.1", "box.one/1.3"]
    play.succeed("box.one/1.1", "box.one/1.3")
    assert play.outcome is None
    play.release("box/1.2")
    assert play.running == ["box.one/1.2"]


def test_a_copy_on_one_host_is_held():
    flow = Sequent("f")
    flow.add_step("load", hosts=["etl1", "etl2"])
    play = Play(plan_of(flow), slots=4)
    play.reach("etl1", "etl2")
    play.hold("load@etl2")
    play.tell(facts.RunStarted())
    assert play.running == ["load@etl1"]


def test_what_waits_for_a_slot_or_a_pool_makes_way_when_it_is_held():
    db = Pool("db", 2)
    flow = Sequent("f")
    for name, amount in (("a", 1), ("b", 2), ("c", 1)):
        flow.add_step(name, acquires={db: amount})
    play = world(flow)
    assert play.running == ["a"]
    # The large request came first, so c waits behind it until it is held.
    play.hold("b")
    assert play.running == ["a", "c"]
    play.succeed("a", "c")
    play.release("b")
    assert play.running == ["b"]
    flow = Sequent("f")
    for name in "abc":
        flow.add_step(name)
    play = world(flow, slots=1)
    play.hold("b")
    play.succeed("a")
    assert play.running == ["c"]


def test_amounts_of_shared_pools_that_come_for_a_held_task_are_given_back():
    db = Pool("db", 1, shared=True)
    flow = Sequent("f")
    flow.add_step("a", acquires={db: 1})
    play = world(flow)
    play.hold("a")
    play.get_grant("a")
    assert play.running == []
    assert not any(amount for amounts in play.holds.values() for amount in amounts.values())
    play.release("a")
    play.get_grant("a")
    assert play.running == ["a"]


def test_a_task_that_was_handed_over_ahead_is_taken_back_when_it_is_held():
    flow = Sequent("f")
    for name in "abc":
        flow.add_step(name, func=work)
    play = world(flow, slots=1)
    for name in "abc":
        play.quicken(name)
    assert len(play.running) == 3
    play.hold("c")
    assert [shown(key) for key in play.asked_back] == ["c"]
    play.take_back_task("c")
    assert play.running == ["a", "b"]


def test_a_stop_ends_a_run_in_which_something_is_held():
    play = world(two())
    play.hold("b")
    play.succeed("a")
    play.stop()
    assert play.outcome == "stopped"


def test_a_run_that_does_not_wait_for_times_does_not_wait_for_people():
    play = world(two())
    play.hold("b")
    play.succeed("a")
    assert play.scheduler.is_idle
    play.pause()
    assert play.outcome == "suspended"


def test_a_failure_cancels_what_is_held():
    flow = Sequent("f")
    flow.add_step("a")
    flow.add_step("b")
    play = world(flow, slots=1)
    play.hold("b")
    play.fail("a")
    assert (play.outcome, play.statuses) == ("failure", {"a": "failure", "b": "cancelled"})


@pytest.mark.parametrize("name", ["a", "b", "box"])
def test_what_was_released_before_it_would_have_started_is_as_if_it_had_not_been_held(name):
    play = world(two())
    play.hold(name)
    play.release(name)
    play.succeed("a", "b")
    assert play.outcome == "success"


@given(flow_specs(), st.builds(Random, st.integers(0, 1 << 32)), st.integers(1, 3))
def test_a_run_of_which_any_places_are_held_for_a_while_succeeds_in_the_end(
    spec: FlowSpec, random: Random, slots: int
) -> None:
    plan = compile_flow(spec)
    play = Play(plan, slots=slots)
    held: list[Selection] = []
    known = [node.path for node in plan.nodes if node.path]

    def hold() -> None:
        place = Selection(random.choice(known))
        held.append(place)
        play.tell(facts.PlaceHeld(place))

    if known and random.randrange(2):
        hold()
    play.tell(facts.RunStarted())
    for _ in range(2_000):
        if play.ended is not None:
            break
        before = set(play.active)
        choices = [(kind, key) for kind in ("active", "to_open", "to_draw", "timers") for key in getattr(play, kind)]
        if known and random.randrange(6) == 0:
            hold()
        elif held and (not choices or random.randrange(6) == 0):
            place = held.pop(random.randrange(len(held)))
            if place not in held:
                play.tell(facts.PlaceReleased(place))
        else:
            assert choices, "the run waits for nothing"
            kind, key = random.choice(choices)
            if kind == "active":
                play.succeed(shown(key))
            elif kind == "timers":
                play.pass_time(key)
            elif kind == "to_open":
                play.open(key, 2)
            else:
                play.draw(key, is_last=random.randrange(2) == 0)
        started = set(play.active) - before
        assert not any(place.has(tuple(path.split(".")), sequence) for place in held for path, sequence in started)
    assert play.outcome == "success"
