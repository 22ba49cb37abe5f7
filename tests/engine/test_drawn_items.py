"""Items that are drawn one at a time, that cannot be had, or that a stop comes between."""

from sequent import Sequent
from tests.engine.playing import endless, world

# -- items that are drawn --------------------------------------------------------------------------


def drawn(**options):
    flow = Sequent()
    flow.add_step("load", repeats=endless, **options)
    return flow


def test_an_item_is_drawn_only_as_its_iteration_begins():
    play = world(drawn())
    assert play.opening == ["load"]
    assert play.drawing == []
    play.items("load", None)
    assert play.drawing == ["load"]
    play.item("load")
    assert (play.running, play.drawing) == (["load/1.1"], [])
    play.succeed("load/1.1")
    play.end_items("load")
    assert play.outcome == "success"


def test_one_item_is_drawn_at_a_time_until_as_many_are_under_way_as_may():
    play = world(drawn(parallel=2))
    play.items("load", None)
    play.item("load")
    assert play.drawing == ["load"]
    play.item("load")
    assert (play.running, play.drawing) == (["load/1.1", "load/1.2"], [])
    play.succeed("load/1.1")
    assert play.drawing == ["load"]


def test_a_callable_may_give_all_its_items_at_once():
    play = world(drawn(parallel=0))
    play.items("load", 2)
    assert play.running == ["load/1.1", "load/1.2"]


def test_an_until_ends_endless_items():
    play = world(drawn(until=True))
    play.items("load", None)
    play.item("load")
    play.succeed_with("load/1.1", truthy=True)
    assert play.drawing == []
    assert play.outcome == "success"


def test_an_item_that_comes_after_the_until_was_met_begins_nothing():
    play = world(drawn(until=True, parallel=3))
    play.items("load", None)
    play.item("load")
    play.item("load")
    play.succeed_with("load/1.1", truthy=True)
    assert play.drawing == ["load"]
    play.item("load")
    assert play.running == ["load/1.2"]
    play.succeed_with("load/1.2", truthy=False)
    assert play.outcome == "success"


def test_no_items_at_all_are_a_success():
    play = world(drawn())
    play.items("load", None)
    play.end_items("load")
    assert play.outcome == "success"


def test_items_that_end_while_iterations_run_let_them_finish():
    play = world(drawn(parallel=3))
    play.items("load", None)
    play.item("load")
    play.item("load")
    play.end_items("load")
    assert play.running == ["load/1.1", "load/1.2"]
    play.succeed("load/1.2", "load/1.1")
    assert play.outcome == "success"


# -- items that cannot be had ----------------------------------------------------------------------


def test_items_that_cannot_be_found_fail_the_container():
    play = world(drawn())
    play.break_items("load")
    assert play.closed["load"] == "failure"
    assert play.outcome == "failure"


def test_a_draw_that_fails_fails_the_container_once_begun_iterations_have_settled():
    flow = drawn(parallel=2)
    play = world(flow)
    play.items("load", None)
    play.item("load")
    play.break_items("load")
    assert play.running == ["load/1.1"]
    assert "load" not in play.closed
    play.succeed("load/1.1")
    assert play.closed["load"] == "failure"


def test_a_draw_that_fails_is_handled_as_the_containers_failure():
    flow = Sequent()
    load = flow.add_step("load", repeats=endless)
    flow.add_step("fix", requires=load.failed)
    play = world(flow)
    play.break_items("load")
    play.succeed("fix")
    assert play.outcome == "success"


def test_a_draw_that_fails_stops_what_is_around_unless_told_otherwise():
    flow = Sequent()
    flow.add_step("load", repeats=endless)
    a = flow.add_step("a")
    flow.add_step("after", requires=a)
    play = world(flow)
    play.break_items("load")
    assert play.statuses == {"after": "cancelled"}

    flow = Sequent(config={"stop_on_exception": False})
    flow.add_step("load", repeats=endless)
    a = flow.add_step("a")
    flow.add_step("after", requires=a)
    play = world(flow)
    play.break_items("load")
    play.succeed("a", "after")
    assert play.outcome == "failure"


# -- stopped in between ----------------------------------------------------------------------------


def test_a_container_that_stops_while_its_items_are_found_is_cancelled():
    flow = Sequent()
    flow.add_step("bad")
    load = flow.add_step("load", repeats=endless)
    flow.add_step("tidy", requires=load.done)
    play = world(flow)
    play.fail("bad")
    assert play.closed["load"] == "cancelled"
    assert play.running == ["tidy"]


def test_items_that_are_found_after_the_stop_begin_nothing():
    flow = Sequent()
    bad = flow.add_step("bad")
    flow.add_step("load", repeats=endless)
    flow.add_step("tidy", requires=bad.done)
    play = world(flow)
    play.fail("bad")
    play.items("load", 3)
    assert play.running == ["tidy"]


def test_an_item_that_is_drawn_after_the_stop_begins_nothing():
    flow = Sequent()
    flow.add_step("bad")
    flow.add_step("load", repeats=endless, parallel=2)
    play = world(flow)
    play.items("load", None)
    play.item("load")
    play.fail("bad")
    play.item("load")
    assert play.running == ["load/1.1"]
    play.succeed("load/1.1")
    assert play.closed["load"] == "cancelled"


def test_an_item_that_is_drawn_after_the_stop_is_not_wanted_once_the_until_is_met():
    flow = Sequent()
    flow.add_step("bad")
    flow.add_step("poll", repeats=endless, parallel=2, until=True)
    play = world(flow)
    play.items("poll", None)
    play.item("poll")
    play.fail("bad")
    play.item("poll")
    play.succeed_with("poll/1.1", truthy=True)
    assert play.closed["poll"] == "success"


def test_a_repeat_whose_iterations_had_all_begun_is_no_less_a_success_for_a_stop():
    flow = Sequent()
    flow.add_step("bad")
    flow.add_step("load", repeats=[1, 2], parallel=2)
    play = world(flow)
    play.fail("bad")
    play.succeed("load/1.1", "load/1.2")
    assert play.closed["load"] == "success"
    assert play.outcome == "failure"
