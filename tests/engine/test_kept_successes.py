"""Handlers and watchers that had succeeded: when they run again."""

from attrs import evolve

from sequent import Sequent
from sequent.model.requirements import AllOf, AnyOf
from sequent.model.status import Action, Claim, Status
from tests.engine.playing import play_of, world
from tests.small_flows import block, done, failed, flow, items, on, step

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


def test_what_a_kept_step_returned_counts_no_more_once_it_runs_again():
    asked = on("tidy", Claim.RETURNED)
    play = play_of(flow(step("a"), step("tidy", done("a")), step("b", evolve(asked, values=("1",))), step("bad")))
    play.fail("a")
    play.end(("tidy", (1,)), Status.SUCCESS, answers=(0,))
    again = play.recover()
    again.succeed("a")
    again.end(("tidy", (1,)), Status.SUCCESS, answers=())
    assert again.statuses["b"] == "skipped"


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


def test_a_kept_handler_that_a_stop_keeps_handles_nothing_that_fails_after_it():
    inside = block(
        "c",
        step("x"),
        step("fix", AnyOf((on("c.x", Claim.READY), on("c.x", Claim.COMPLETE)))),
        step("bad"),
        repeats=items(2),
        parallel=2,
    )
    play = play_of(flow(inside))
    play.succeed("c.fix/1.1", "c.x/1.1", "c.bad/1.1")
    play.fail("c.bad/1.2")
    again = play.recover(rerun=("c.x/1.1",))
    again.fail("c.bad/1.2")
    again.fail("c.x/1.1")
    assert again.closed["c/1.1"] == "failure"
    assert "c.fix/1.1" not in again.started


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


def test_a_kept_handler_is_kept_as_soon_as_what_it_handled_has_stayed_a_success():
    play = play_of(
        flow(
            step("slow", recovery={Status.SUCCESS: Action.RERUN}),
            step("a"),
            step("h", AllOf((AnyOf((on("a"), failed("a"))), on("slow")))),
            step("after", on("h")),
            stop=False,
        )
    )
    play.succeed("slow", "a", "h")
    play.fail("after")
    assert play.recover().running == ["slow", "after"]
