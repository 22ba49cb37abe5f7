"""Iterations begin as items come, as many at once as may, and their container settles once there are no more."""

import pytest

from sequent import Sequent
from tests.engine.playing import loop, world

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
