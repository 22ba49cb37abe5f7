"""Iterations begin as items come, as many at once as may, and their container settles once there are no more."""

import pytest

from sequent import Sequent
from tests.engine.playing import world


def endless():
    """Items that the engine is told to be drawn one at a time."""
    yield from ()


def loop(**options):
    """A flow of one container ``c`` with a step ``a``, and ``b`` after it."""
    flow = Sequent()
    c = flow.add_step("c", **options)
    a = c.add_step("a")
    c.add_step("b", requires=a)
    return flow


# -- items that are known --------------------------------------------------------------------------


def test_iterations_run_one_after_the_other_by_default():
    flow = loop(repeats=["x", "y"])
    play = world(flow)
    play.succeed("c.a/1.1")
    assert play.running == ["c.b/1.1"]
    play.succeed("c.b/1.1")
    assert play.running == ["c.a/1.2"]
    play.succeed("c.a/1.2", "c.b/1.2")
    assert play.closed == {"c/1.1": "success", "c/1.2": "success", "c": "success", "/1": "success"}


def test_the_next_iteration_waits_until_all_of_the_one_before_has_settled():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("a")
    c.add_step("aside")
    play = world(flow)
    play.succeed("c.a/1.1")
    assert play.running == ["c.aside/1.1"]
    play.succeed("c.aside/1.1")
    assert play.running == ["c.a/1.2", "c.aside/1.2"]


def test_as_many_iterations_run_at_once_as_may_and_keep_their_numbers():
    flow = loop(repeats=range(4), parallel=2)
    play = world(flow)
    assert play.running == ["c.a/1.1", "c.a/1.2"]
    play.succeed("c.a/1.2", "c.b/1.2")
    assert play.running == ["c.a/1.1", "c.a/1.3"]
    play.succeed("c.a/1.1", "c.b/1.1")
    assert play.running == ["c.a/1.3", "c.a/1.4"]


def test_no_more_than_a_thousand_iterations_are_under_way_where_no_limit_is_set():
    flow = Sequent()
    flow.add_step("load", repeats=range(1_002), parallel=0)
    play = world(flow, slots=10)
    assert play.frames == 1_001
    assert len(play.running) == 10
    play.succeed("load/1.3")
    assert play.frames == 1_001
    play.succeed("load/1.1")
    play.succeed("load/1.2")
    assert play.frames == 1_000


def test_a_limit_higher_than_that_is_taken_at_its_word():
    flow = Sequent()
    flow.add_step("load", repeats=range(1_002), parallel=1_001)
    assert world(flow).frames == 1_002


@pytest.mark.parametrize("parallel", [0, 1, 2])
def test_nothing_to_repeat_over_is_a_success(parallel):
    flow = Sequent()
    c = flow.add_step("c", repeats=[], parallel=parallel)
    c.add_step("a")
    load = flow.add_step("load", repeats=[], parallel=parallel)
    flow.add_step("after", requires=c & load)
    play = world(flow)
    play.succeed("after")
    assert play.outcome == "success"
    assert play.closed == {"c": "success", "load": "success", "/1": "success"}


def test_items_that_an_earlier_step_gives_are_found_once_it_has_succeeded():
    flow = Sequent()
    files = flow.add_step("files")
    flow.add_step("load", repeats=files.result, parallel=0)
    play = world(flow)
    assert play.opening == []
    play.succeed("files")
    assert play.opening == ["load"]
    play.items("load", 3)
    assert play.running == ["load/1.1", "load/1.2", "load/1.3"]


def test_repeats_nest():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    d = c.add_step("d", repeats=[1, 2])
    d.add_step("a")
    c.add_step("b", requires=d)
    play = world(flow)
    for name in ("d.a/1.1.1", "d.a/1.1.2", "b/1.1", "d.a/1.2.1", "d.a/1.2.2", "b/1.2"):
        assert play.running == [f"c.{name}"]
        play.succeed(f"c.{name}")
    assert play.outcome == "success"


def test_a_container_without_repeats_counts_as_one_iteration():
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("load", repeats=[1, 2], parallel=2)
    assert world(flow).running == ["c.load/1.1.1", "c.load/1.1.2"]


def test_two_containers_active_at_once_keep_their_iterations():
    flow = Sequent()
    for name in ("c", "cc"):
        container = flow.add_step(name, repeats=[1, 2, 3])
        container.add_step("a")
    play = world(flow)
    play.succeed("c.a/1.1", "cc.a/1.1", "c.a/1.2", "c.a/1.3")
    assert play.running == ["cc.a/1.2"]
    play.succeed("cc.a/1.2", "cc.a/1.3")
    assert play.outcome == "success"
    assert len(play.started) == 6


# -- until -----------------------------------------------------------------------------------------


def test_a_truthy_result_ends_the_repeat_as_a_success():
    flow = Sequent()
    c = flow.add_step("c", repeats=range(5))
    c.until = c.add_step("check")
    flow.add_step("after", requires=c)
    play = world(flow)
    play.succeed_with("c.check/1.1", truthy=False)
    play.succeed_with("c.check/1.2", truthy=True)
    assert play.running == ["after"]
    assert play.closed["c"] == "success"


def test_it_ends_only_once_the_iteration_has_settled():
    flow = Sequent()
    c = flow.add_step("c", repeats=range(5))
    check = c.until = c.add_step("check")
    c.add_step("rest", requires=check)
    play = world(flow)
    play.succeed_with("c.check/1.1", truthy=True)
    assert play.running == ["c.rest/1.1"]
    play.succeed("c.rest/1.1")
    assert play.outcome == "success"


def test_a_result_that_is_not_known_is_not_truthy():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    c.until = c.add_step("check")
    play = world(flow)
    play.succeed("c.check/1.1", "c.check/1.2")
    assert play.outcome == "success"


def test_only_the_step_that_was_named_ends_it():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    c.until = c.add_step("check")
    c.add_step("other")
    play = world(flow)
    play.succeed_with("c.other/1.1", truthy=True)
    play.succeed_with("c.check/1.1", truthy=False)
    assert play.running == ["c.check/1.2", "c.other/1.2"]


@pytest.mark.parametrize("fate", ["failed", "skipped"])
def test_what_was_skipped_or_failed_does_not_end_it(fate):
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    if fate == "failed":
        c.until = a
    else:
        c.until = c.add_step("check", requires=a)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.fix/1.1")
    assert play.running == ["c.a/1.2"]


def test_with_several_at_once_nothing_more_begins_and_what_is_under_way_finishes():
    flow = Sequent()
    flow.add_step("poll", repeats=range(9), parallel=3, until=True)
    play = world(flow)
    play.succeed_with("poll/1.2", truthy=True)
    assert play.running == ["poll/1.1", "poll/1.3"]
    play.succeed_with("poll/1.1", truthy=False)
    play.succeed_with("poll/1.3", truthy=False)
    assert play.started == ["poll/1.1", "poll/1.2", "poll/1.3"]
    assert play.outcome == "success"


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
