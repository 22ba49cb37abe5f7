"""A recovery keeps what has succeeded, runs the rest, and some of what it keeps once more."""

import pytest

from sequent import Sequent
from tests.engine.playing import plan_of, world
from tests.simulated import Rows


def endless():
    """Items that the engine is told to be drawn one at a time."""
    yield from ()


# -- kept, and run again ---------------------------------------------------------------------------


def test_what_succeeded_is_kept_and_the_rest_runs():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after", requires=a & b)
    play = world(flow)
    play.succeed("a")
    play.fail("b")
    again = play.recover()
    assert again.running == ["b"]
    again.succeed("b", "after")
    assert again.outcome == "success"
    assert again.attempts == {"b": 2, "after": 1}


def test_what_had_no_outcome_runs_again_as_the_next_attempt():
    flow = Sequent()
    flow.add_step("a")
    again = world(flow).recover().recover()
    assert again.attempts == {"a": 3}


def test_what_is_kept_is_not_counted_again():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("b", requires=a)
    play = world(flow)
    play.succeed("a")
    again = play.recover()
    again.succeed("b")
    assert again.ended is not None
    assert again.ended.counts == {"success": 1}


def test_what_was_skipped_or_cancelled_is_judged_anew():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after_a", requires=a)
    flow.add_step("after_b", requires=b)
    play = world(flow)
    play.fail("a")
    play.succeed("b")
    assert play.statuses == {"a": "failure", "after_a": "skipped", "after_b": "cancelled", "b": "success"}
    again = play.recover()
    assert sorted(again.running) == ["a", "after_b"]
    again.succeed("a", "after_a", "after_b")
    assert again.outcome == "success"


def test_a_run_that_has_succeeded_has_nothing_left_to_do():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("a")
    play = world(flow)
    play.succeed("c.a/1.1", "c.a/1.2")
    again = play.recover()
    assert again.started == []
    assert again.outcome == "success"


def test_a_run_of_which_nothing_was_kept_starts_from_the_beginning():
    flow = Sequent()
    flow.add_step("a")
    play = world(flow)
    empty = type(play)(plan_of(flow), slots=1, rows=Rows(play.plan)).recover()
    assert empty.attempts == {"a": 1}


def test_who_asks_what_had_been_active_is_answered_by_what_is_kept():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("beside", requires=a.ready & a.active)
    play = world(flow)
    play.succeed("a")
    again = play.recover()
    assert again.attempts == {"beside": 2}


# -- containers ------------------------------------------------------------------------------------


def test_a_container_that_succeeded_is_kept_whole_with_the_failures_handled_in_it():
    flow = Sequent()
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    flow.add_step("bad", requires=c)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.fix/1.1")
    play.fail("bad")
    again = play.recover()
    assert again.running == ["bad"]


def test_a_container_that_failed_is_opened_again_and_each_child_judged_by_itself():
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("good")
    bad = c.add_step("bad")
    c.add_step("after", requires=bad)
    play = world(flow)
    play.succeed("c.good/1.1")
    play.fail("c.bad/1.1")
    again = play.recover()
    assert again.running == ["c.bad/1.1"]
    again.succeed("c.bad/1.1", "c.after/1.1")
    assert again.closed == {"c/1.1": "success", "/1": "success"}


def test_a_container_that_was_cancelled_is_opened_again():
    flow = Sequent()
    flow.add_step("bad")
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("b", requires=a)
    play = world(flow)
    play.fail("bad")
    play.succeed("c.a/1.1")
    assert play.closed["c/1.1"] == "cancelled"
    again = play.recover()
    assert again.running == ["bad", "c.b/1.1"]


def test_iterations_that_succeeded_are_kept_and_the_loop_goes_on_from_where_it_was():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2, 3])
    a = c.add_step("a")
    c.add_step("b", requires=a)
    play = world(flow)
    play.succeed("c.a/1.1", "c.b/1.1", "c.a/1.2")
    play.fail("c.b/1.2")
    again = play.recover()
    assert again.running == ["c.b/1.2"]
    again.succeed("c.b/1.2", "c.a/1.3", "c.b/1.3")
    assert again.outcome == "success"
    assert again.attempts == {"c.b/1.2": 2, "c.a/1.3": 1, "c.b/1.3": 1}


def test_iterations_that_were_under_way_at_once_are_opened_again_before_new_ones_begin():
    flow = Sequent()
    flow.add_step("load", repeats=range(5), parallel=3)
    play = world(flow)
    play.succeed("load/1.2")
    again = play.recover()
    assert again.running == ["load/1.1", "load/1.3", "load/1.4"]
    again.succeed("load/1.1", "load/1.3", "load/1.4", "load/1.5")
    assert again.outcome == "success"


def test_a_container_further_in_is_taken_up_in_mid_iteration():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    d = c.add_step("d", repeats=[1, 2])
    d.add_step("a")
    c.add_step("b", requires=d)
    play = world(flow)
    play.succeed("c.d.a/1.1.1", "c.d.a/1.1.2", "c.b/1.1", "c.d.a/1.2.1")
    play.fail("c.d.a/1.2.2")
    again = play.recover()
    again.succeed("c.d.a/1.2.2", "c.b/1.2")
    assert again.started == ["c.d.a/1.2.2", "c.b/1.2"]
    assert again.outcome == "success"


def test_an_until_that_was_met_is_not_asked_again():
    flow = Sequent()
    flow.add_step("poll", repeats=range(9), parallel=2, until=True)
    play = world(flow)
    play.succeed_with("poll/1.1", truthy=True)
    again = play.recover()
    again.succeed_with("poll/1.2", truthy=False)
    assert again.started == ["poll/1.2"]
    assert again.outcome == "success"


def test_the_verdict_of_a_kept_step_counts_when_its_iteration_settles():
    flow = Sequent()
    c = flow.add_step("c", repeats=range(9))
    check = c.until = c.add_step("check")
    c.add_step("rest", requires=check)
    play = world(flow)
    play.succeed_with("c.check/1.1", truthy=True)
    again = play.recover()
    again.succeed("c.rest/1.1")
    assert again.started == ["c.rest/1.1"]
    assert again.outcome == "success"


# -- items that are drawn --------------------------------------------------------------------------


def drawn():
    flow = Sequent()
    flow.add_step("load", repeats=endless, parallel=2)
    play = world(flow)
    play.items("load", None)
    play.item("load")
    play.item("load")
    play.succeed("load/1.1")
    return play


def test_an_iterator_is_drawn_again_up_to_where_it_was():
    again = drawn().recover()
    assert again.to_open["load", (1,)].drawn == 2
    again.items("load", None)
    assert again.running == ["load/1.2"]
    assert again.to_draw["load", (1,)].number == 3
    again.end_items("load")
    again.succeed("load/1.2")
    assert again.outcome == "success"


def test_items_that_cannot_be_had_again_fail_the_container_and_open_nothing_again():
    again = drawn().recover()
    again.break_items("load")
    assert again.started == []
    assert again.outcome == "failure"


# -- handlers and watchers that are kept -----------------------------------------------------------


def handled():
    """``a`` failed and was handled by ``fix``; then ``bad`` failed."""
    flow = Sequent()
    a = flow.add_step("a")
    fix = flow.add_step("fix", requires=a.failed)
    flow.add_step("after", requires=a)
    bad = flow.add_step("bad", requires=fix | a)
    flow.add_step("last", requires=fix & bad)
    play = world(flow)
    play.fail("a")
    play.succeed("fix")
    play.fail("bad")
    return play


def test_a_failed_step_runs_again_though_it_was_handled_and_its_handler_waits_for_it():
    again = handled().recover()
    assert again.running == ["a"]


def test_a_kept_handler_stays_kept_when_the_failure_does_not_come_again():
    again = handled().recover()
    again.succeed("a")
    assert again.running == ["after", "bad"]
    again.succeed("after", "bad", "last")
    assert again.outcome == "success"
    assert "fix" not in again.started


def test_a_kept_handler_runs_again_when_the_same_thing_fails_again():
    again = handled().recover()
    again.fail("a")
    assert again.running == ["fix"]
    assert again.attempts["fix"] == 2
    again.succeed("fix", "bad", "last")
    assert again.outcome == "success"


def test_a_kept_handler_that_runs_again_may_fail():
    again = handled().recover()
    again.fail("a", "fix")
    assert again.outcome == "failure"


def test_a_kept_handler_of_the_end_stays_kept_when_the_end_is_a_success():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("bad")
    flow.add_step("fix", requires=a.complete)
    play = world(flow)
    play.fail("a")
    play.succeed("fix")
    play.fail("bad")
    again = play.recover()
    again.succeed("a", "bad")
    assert again.started == ["a", "bad"]
    assert again.outcome == "success"


def test_a_kept_alert_runs_again_when_the_same_thing_fails_again():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    play = world(flow)
    play.fail("a")
    play.succeed("alert")
    again = play.recover()
    again.fail("a")
    assert again.running == ["alert"]
    again.succeed("alert")
    assert again.outcome == "failure"
    third = again.recover()
    third.succeed("a")
    assert third.started == ["a"]
    assert third.outcome == "success"


def test_what_waited_until_something_was_done_runs_again_when_that_ran_again():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    flow.add_step("lock_up", requires=tidy.done)
    play = world(flow)
    play.fail("a")
    play.succeed("tidy", "lock_up")
    again = play.recover()
    assert again.running == ["a"]
    again.succeed("a", "tidy", "lock_up")
    assert again.attempts == {"a": 2, "tidy": 2, "lock_up": 2}
    assert again.outcome == "success"


def test_what_waited_until_something_was_done_stays_kept_where_that_is_kept():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("bad")
    flow.add_step("tidy", requires=a.done)
    play = world(flow)
    play.succeed("a", "tidy")
    play.fail("bad")
    again = play.recover()
    assert again.running == ["bad"]
    again.succeed("bad")
    assert again.outcome == "success"


def test_what_watches_several_things_waits_for_all_of_them_and_runs_again_for_one():
    flow = Sequent()
    a, bad = flow.add_step("a"), flow.add_step("bad")
    flow.add_step("tidy", requires=a.done & bad.done)
    play = world(flow)
    play.succeed("a")
    play.fail("bad")
    play.succeed("tidy")
    again = play.recover()
    assert again.running == ["bad"]
    again.succeed("bad", "tidy")
    assert again.outcome == "success"


def test_a_container_that_watched_runs_again_as_a_whole():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    x = tidy.add_step("x", repeats=[1, 2])
    tidy.add_step("y", requires=x)
    play = world(flow)
    play.fail("a")
    play.succeed("tidy.x/1.1.1", "tidy.x/1.1.2", "tidy.y/1.1")
    again = play.recover()
    again.succeed("a", "tidy.x/1.1.1", "tidy.x/1.1.2", "tidy.y/1.1")
    assert again.outcome == "success"
    assert again.attempts == {"a": 2, "tidy.x/1.1.1": 2, "tidy.x/1.1.2": 2, "tidy.y/1.1": 2}


def test_an_until_is_asked_anew_where_its_container_runs_again_as_a_whole():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("poll", requires=a.done, repeats=range(9), until=True)
    play = world(flow)
    play.fail("a")
    play.succeed_with("poll/1.1", truthy=True)
    again = play.recover()
    again.succeed("a")
    again.succeed_with("poll/1.1", truthy=False)
    again.succeed_with("poll/1.2", truthy=True)
    assert again.outcome == "success"


def test_a_kept_watcher_in_a_container_that_is_opened_again_looks_further_out_too():
    flow = Sequent()
    a = flow.add_step("a", stop_on_exception=False)
    c = flow.add_step("c")
    c.add_step("tidy", requires=a.done)
    c.add_step("alert", requires=a.failed, handles=False)
    c.add_step("bad")
    play = world(flow)
    play.fail("a")
    play.succeed("c.tidy/1.1", "c.alert/1.1")
    play.fail("c.bad/1.1")
    again = play.recover()
    assert again.running == ["a", "c.bad/1.1"]
    again.succeed("a")
    assert again.running == ["c.bad/1.1", "c.tidy/1.1"], "what was done ran again; the failure did not come again"
    again.succeed("c.tidy/1.1", "c.bad/1.1")
    assert again.outcome == "success"


def test_a_watcher_in_a_container_that_is_kept_stays_kept():
    flow = Sequent()
    a = flow.add_step("a", stop_on_exception=False)
    c = flow.add_step("c")
    c.add_step("tidy", requires=a.done)
    play = world(flow)
    play.fail("a")
    play.succeed("c.tidy/1.1")
    again = play.recover()
    again.succeed("a")
    assert again.started == ["a"]
    assert again.outcome == "success"


def test_a_kept_handler_stays_kept_when_a_stop_comes_before_its_cause_has_settled():
    again = handled_beside_a_failure().recover()
    again.fail("bad")
    again.fail("a")
    assert again.started == ["a", "bad"]
    assert again.statuses == {"bad": "failure", "a": "failure"}
    assert again.outcome == "failure"
    assert again.recover().running == ["a", "bad"]


def handled_beside_a_failure():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("bad")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a")
    play.succeed("fix")
    play.fail("bad")
    return play


def test_a_kept_until_step_that_watches_is_asked_anew_when_it_runs_again():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a")
    c.until = c.add_step("check", requires=a.done)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed_with("c.check/1.1", truthy=True)
    assert play.outcome == "failure"
    again = play.recover()
    again.succeed("c.a/1.1")
    again.succeed_with("c.check/1.1", truthy=False)
    assert again.running == ["c.a/1.2"]


def test_a_kept_until_step_that_runs_again_and_fails_is_no_longer_truthy():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a")
    check = c.until = c.add_step("check", requires=a.done)
    c.add_step("fix", requires=check.failed)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed_with("c.check/1.1", truthy=True)
    again = play.recover()
    again.succeed("c.a/1.1")
    again.fail("c.check/1.1")
    again.succeed("c.fix/1.1")
    assert again.running == ["c.a/1.2"]


def test_a_kept_handler_is_kept_for_good_once_its_requirement_cannot_hold_again():
    flow = Sequent()
    a, b, bad = flow.add_step("a"), flow.add_step("b"), flow.add_step("bad")
    fix = flow.add_step("fix", requires=a.failed & b.failed)
    flow.add_step("after", requires=fix & bad)
    play = world(flow)
    play.fail("a", "b")
    play.succeed("fix")
    play.fail("bad")
    again = play.recover()
    again.succeed("bad", "a")
    assert again.running == ["b", "after"]
    again.fail("b")
    assert again.statuses["b"] == "failure"
    again.succeed("after")
    assert again.outcome == "failure"


def test_a_kept_watcher_runs_again_only_once_its_whole_requirement_holds_again():
    flow = Sequent(config={"stop_on_exception": False})
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("tidy", requires=a.done & b.done)
    play = world(flow)
    play.fail("a", "b")
    play.succeed("tidy")
    again = play.recover()
    again.succeed("a")
    assert again.running == ["b"]
    again.succeed("b", "tidy")
    assert again.outcome == "success"


def test_what_was_handled_in_a_container_that_runs_again_as_a_whole_runs_again_whole_too():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    d = tidy.add_step("d", stop_on_exception=False)
    d.add_step("good")
    d.add_step("bad")
    tidy.add_step("fix", requires=d.failed)
    play = world(flow)
    play.fail("a")
    play.succeed("tidy.d.good/1.1.1")
    play.fail("tidy.d.bad/1.1.1")
    play.succeed("tidy.fix/1.1")
    assert play.closed["tidy/1.1"] == "success"
    again = play.recover()
    again.succeed("a", "tidy.d.good/1.1.1", "tidy.d.bad/1.1.1")
    assert again.outcome == "success"
    assert again.attempts == {"a": 2, "tidy.d.good/1.1.1": 2, "tidy.d.bad/1.1.1": 2}


# -- losses ----------------------------------------------------------------------------------------


def test_what_was_lost_is_tried_again_and_the_third_loss_in_a_row_is_a_failure():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.lose("a")
    play.lose("a")
    assert play.attempts == {"a": 3}
    play.lose("a")
    assert play.statuses == {"a": "failure"}
    play.succeed("fix")
    assert play.outcome == "success"


def test_a_recovery_counts_losses_anew():
    flow = Sequent()
    flow.add_step("a")
    play = world(flow)
    play.lose("a")
    play.lose("a")
    again = play.recover()
    again.lose("a")
    again.lose("a")
    assert again.attempts == {"a": 6}
    again.succeed("a")
    assert again.outcome == "success"


def test_losses_are_counted_for_each_task_by_itself():
    flow = Sequent()
    flow.add_step("load", repeats=[1, 2], parallel=2)
    play = world(flow)
    for name in ("load/1.1", "load/1.2") * 2:
        play.lose(name)
    assert play.attempts == {"load/1.1": 3, "load/1.2": 3}
    play.lose("load/1.1")
    assert play.statuses == {"load/1.1": "failure"}


def test_what_is_lost_waits_its_turn_again():
    flow = Sequent()
    for name in "abc":
        flow.add_step(name)
    play = world(flow, slots=1)
    play.lose("a")
    assert play.running == ["b"]
    play.succeed("b", "c", "a")
    assert play.outcome == "success"


@pytest.mark.parametrize("handles", [True, False])
def test_what_is_lost_in_what_has_stopped_starts_again_only_if_it_watches(handles):
    flow = Sequent()
    flow.add_step("bad")
    a = flow.add_step("a")
    flow.add_step("b", requires=a, handles=handles)
    play = world(flow)
    play.succeed("a")
    play.fail("bad")
    play.lose("b")
    assert play.attempts["b"] == (1 if handles else 2)
    assert play.statuses.get("b") == ("cancelled" if handles else None)


def test_what_was_lost_in_what_has_stopped_runs_in_the_recovery():
    flow = Sequent()
    flow.add_step("bad")
    flow.add_step("a")
    play = world(flow)
    play.fail("bad")
    play.lose("a")
    again = play.recover()
    again.succeed("bad", "a")
    assert again.outcome == "success"
