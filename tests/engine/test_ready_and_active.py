"""Requirements on what is ready or active."""

from sequent import Sequent
from tests.engine.playing import world

# -- ready and active ------------------------------------------------------------------------------


def test_ready_comes_before_a_slot_is_free_and_active_with_the_code():
    flow = Sequent()
    flow.add_step("x")
    a = flow.add_step("a")
    flow.add_step("at_ready", requires=a.ready)
    flow.add_step("at_active", requires=a.active)
    play = world(flow, slots=1)
    play.succeed("x")
    assert play.running == ["a"]
    play.announce("a")
    play.succeed("a")
    assert play.started == ["x", "a", "at_ready"]
    play.succeed("at_ready", "at_active")
    assert play.outcome == "success"


def test_who_asks_for_active_waits_until_the_code_has_begun():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("beside", requires=a.active)
    play = world(flow)
    assert play.running == ["a"]
    play.announce("a")
    assert play.running == ["a", "beside"]


def test_who_ended_had_been_active_though_nobody_said_so():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("beside", requires=a.active)
    play = world(flow)
    play.fail("a")
    assert play.statuses["beside"] == "cancelled", "it would have run, but its container stopped"


def test_what_was_ready_stays_so_though_it_is_cancelled():
    flow = Sequent()
    flow.add_step("x")
    a = flow.add_step("a")
    flow.add_step("at_ready", requires=a.ready, handles=False)
    flow.add_step("at_active", requires=a.active, handles=False)
    play = world(flow, slots=1)
    play.fail("x")
    assert play.running == ["at_ready"]
    assert play.statuses == {"x": "failure", "a": "cancelled", "at_active": "skipped"}


def test_what_was_ready_is_counted_once_however_it_settles():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after", requires=a.ready & b)
    play = world(flow)
    play.succeed("a")
    assert play.running == ["b"], "the other part does not hold yet"
    play.succeed("b")
    assert play.running == ["after"]


def test_a_part_that_held_holds_on_though_what_it_asks_of_is_cancelled():
    flow = Sequent()
    flow.add_step("bad")
    b, a = flow.add_step("b"), flow.add_step("a")
    flow.add_step("alert", requires=a.ready & b, handles=False)
    play = world(flow, slots=2)
    play.fail("bad")
    assert play.statuses["a"] == "cancelled"
    play.succeed("b")
    assert play.running == ["alert"]


def test_what_had_been_ready_before_it_was_asked_counts_once():
    flow = Sequent()
    a, b, slow = flow.add_step("a"), flow.add_step("b"), flow.add_step("slow")
    c = flow.add_step("c", requires=slow)
    c.add_step("after", requires=a.ready & b)
    play = world(flow)
    play.succeed("a", "slow")
    assert play.running == ["b"]
    play.succeed("b")
    assert play.running == ["c.after/1.1"]


def test_a_container_that_becomes_ready_by_the_fact_that_stops_it_does_not_begin():
    flow = Sequent()
    a = flow.add_step("a")
    c = flow.add_step("c", requires=a.active)
    c.add_step("x")
    play = world(flow)
    play.fail("a")
    assert play.started == ["a"]
    assert play.outcome == "failure"


def test_what_had_begun_and_was_lost_stays_active_for_those_who_asked():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("beside", requires=a.active)
    play = world(flow)
    play.announce("a")
    play.lose("a")
    play.announce("a")
    assert play.started == ["a", "beside", "a"]


def test_what_was_lost_before_it_had_begun_was_not_active():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("beside", requires=a.active)
    play = world(flow)
    play.lose("a")
    assert play.started == ["a", "a"]


def test_a_container_is_ready_and_active_from_its_start():
    flow = Sequent()
    a = flow.add_step("a")
    c = flow.add_step("c", requires=a)
    c.add_step("x")
    flow.add_step("at_ready", requires=c.ready)
    flow.add_step("at_active", requires=c.active)
    play = world(flow)
    assert play.running == ["a"]
    play.succeed("a")
    assert sorted(play.running) == ["at_active", "at_ready", "c.x/1.1"]


def test_a_repeated_step_is_active_while_its_items_are_found():
    flow = Sequent()
    a = flow.add_step("a")
    load = flow.add_step("load", repeats=a.result)
    flow.add_step("beside", requires=load.active)
    play = world(flow)
    play.succeed("a")
    assert play.opening == ["load"]
    assert play.running == ["beside"]


def test_a_step_further_in_sees_what_is_ready_and_active_further_out():
    flow = Sequent()
    first = flow.add_step("first")
    a = flow.add_step("a", requires=first)
    c = flow.add_step("c")
    c.add_step("at_ready", requires=a.ready)
    c.add_step("at_active", requires=a.active)
    play = world(flow)
    assert play.running == ["first"]
    play.succeed("first")
    assert play.running == ["a", "c.at_ready/1.1"]
    play.announce("a")
    assert play.running == ["a", "c.at_ready/1.1", "c.at_active/1.1"]


def test_a_step_further_in_sees_what_had_become_active_before_it_was_asked():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    c = flow.add_step("c", requires=slow)
    c.add_step("beside", requires=a.active)
    play = world(flow)
    play.announce("a")
    play.succeed("slow")
    assert play.running == ["a", "c.beside/1.1"]
