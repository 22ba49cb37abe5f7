"""A stop starts nothing more, watchers included, lets run what runs, and leaves a run to be recovered."""

from sequent import Sequent
from tests.engine.playing import world


def test_what_runs_may_finish_and_nothing_more_starts():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after", requires=a)
    flow.add_step("later", requires=b)
    play = world(flow)
    play.stop()
    assert play.outcome is None
    play.succeed("a")
    assert play.running == ["b"]
    play.succeed("b")
    assert play.started == ["a", "b"]
    assert play.outcome == "stopped"


def test_watchers_do_not_start_either():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done)
    flow.add_step("alert", requires=a.failed, handles=False)
    play = world(flow)
    play.stop()
    play.fail("a")
    assert play.started == ["a"]
    assert play.outcome == "stopped"


def test_what_waits_for_a_slot_stays_where_it_is():
    flow = Sequent()
    for name in "abc":
        flow.add_step(name)
    play = world(flow, slots=1)
    play.stop()
    play.succeed("a")
    assert play.started == ["a"]
    again = play.recover()
    assert again.running == ["b"]
    again.succeed("b", "c")
    assert again.outcome == "success"


def test_a_run_in_which_nothing_runs_ends_at_once():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("load", repeats=a.result)
    play = world(flow)
    play.succeed("a")
    assert play.opening == ["load"]
    play.stop()
    assert play.outcome == "stopped"


def test_a_second_stop_changes_nothing():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("b", requires=a)
    play = world(flow)
    play.stop()
    play.stop()
    play.succeed("a")
    assert play.outcome == "stopped"


def test_no_further_iteration_begins_and_no_item_is_drawn():
    flow = Sequent()
    flow.add_step("load", repeats=range(3))
    c = flow.add_step("c", repeats=lambda: iter([1, 2]), parallel=2)
    c.add_step("x")
    play = world(flow)
    play.items("c", None)
    play.item("c")
    assert play.drawing == ["c"]
    play.stop()
    play.item("c")
    play.succeed("load/1.1", "c.x/1.1")
    assert play.started == ["load/1.1", "c.x/1.1"]
    assert play.drawing == []
    assert play.outcome == "stopped"


def test_an_item_that_comes_after_the_stop_is_not_wanted_once_the_until_is_met():
    flow = Sequent()
    flow.add_step("poll", repeats=lambda: iter([1, 2]), parallel=2, until=True)
    play = world(flow)
    play.items("poll", None)
    play.item("poll")
    play.stop()
    play.item("poll")
    play.succeed_with("poll/1.1", truthy=True)
    assert play.outcome == "success"


def test_items_that_are_found_after_the_stop_begin_nothing():
    flow = Sequent()
    flow.add_step("a")
    flow.add_step("load", repeats=lambda: [1, 2])
    play = world(flow)
    play.stop()
    play.items("load", 2)
    play.succeed("a")
    assert play.started == ["a"]
    assert play.outcome == "stopped"


def test_what_is_lost_is_not_tried_again():
    flow = Sequent()
    flow.add_step("a")
    play = world(flow)
    play.stop()
    play.lose("a")
    assert play.outcome == "stopped"
    assert play.recover().attempts == {"a": 2}


def test_a_run_of_which_nothing_was_left_to_start_ends_as_it_would_have():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.stop()
    play.succeed("a")
    assert play.outcome == "success"


def test_a_run_in_which_a_step_fails_after_the_stop_is_stopped_all_the_same():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("after", requires=a)
    play = world(flow)
    play.stop()
    play.fail("a")
    assert play.outcome == "stopped"


def test_a_recovery_does_what_the_stop_held_back():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a")
    c.add_step("tidy", requires=a.done)
    play = world(flow)
    play.stop()
    play.succeed("c.a/1.1")
    assert play.closed == {}
    again = play.recover()
    again.succeed("c.tidy/1.1", "c.a/1.2", "c.tidy/1.2")
    assert again.started == ["c.tidy/1.1", "c.a/1.2", "c.tidy/1.2"]
    assert again.outcome == "success"


def test_the_counts_tell_what_settled():
    flow = Sequent(config={"stop_on_exception": False})
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after_a", requires=a)
    flow.add_step("after_b", requires=b)
    play = world(flow)
    play.stop()
    play.succeed("a")
    play.fail("b")
    assert play.ended is not None
    assert play.ended.counts == {"success": 1, "failure": 1, "skipped": 1}
