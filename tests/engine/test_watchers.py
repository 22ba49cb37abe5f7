"""Failures of iterations, and who watches them: what runs whatever happened."""

from sequent import Sequent
from tests.engine.playing import world

# -- iterations ------------------------------------------------------------------------------------


def test_an_unhandled_failure_ends_the_loop():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2, 3])
    c.add_step("a")
    play = world(flow)
    play.succeed("c.a/1.1")
    play.fail("c.a/1.2")
    assert play.outcome == "failure"
    assert play.started == ["c.a/1.1", "c.a/1.2"]


def test_all_iterations_of_what_stops_start_nothing_more():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2, 3], parallel=2)
    a = c.add_step("a")
    c.add_step("b", requires=a)
    play = world(flow)
    play.fail("c.a/1.1")
    assert play.statuses == {"c.a/1.1": "failure", "c.b/1.1": "skipped", "c.b/1.2": "cancelled"}
    play.succeed("c.a/1.2")
    assert play.closed == {"c/1.1": "failure", "c/1.2": "cancelled", "c": "failure", "/1": "failure"}
    assert play.started == ["c.a/1.1", "c.a/1.2"]


def test_a_handled_failure_lets_the_loop_go_on():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2])
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.fix/1.1", "c.a/1.2")
    assert play.outcome == "success"


def test_a_repeated_steps_failure_is_that_of_the_whole_repeat_and_is_handled_as_such():
    flow = Sequent()
    load = flow.add_step("load", repeats=[1, 2, 3], parallel=2)
    flow.add_step("fix", requires=load.failed)
    play = world(flow)
    play.fail("load/1.1")
    assert play.running == ["load/1.2"], "another iteration still runs, so the repeat has not settled"
    play.succeed("load/1.2", "fix")
    assert play.started == ["load/1.1", "load/1.2", "fix"]
    assert play.outcome == "success"


# -- watchers --------------------------------------------------------------------------------------


def test_what_requires_that_something_is_done_runs_whatever_happened_and_leaves_the_failure_one():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done)
    play = world(flow)
    play.fail("a")
    assert play.running == ["tidy"]
    play.succeed("tidy")
    assert play.outcome == "failure"


def test_handles_false_tells_of_a_failure_and_leaves_it_one():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    play = world(flow)
    play.fail("a")
    play.succeed("alert")
    assert play.outcome == "failure"


def test_handles_false_has_nothing_to_tell_when_nothing_failed():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    play = world(flow)
    play.succeed("a")
    assert play.statuses == {"a": "success", "alert": "skipped"}
    assert play.outcome == "success"


def test_a_watcher_beside_a_handler_does_not_undo_the_handling():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("alert", requires=a.failed, handles=False)
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a")
    play.succeed("alert", "fix")
    assert play.outcome == "success"


def test_a_watcher_waits_on_in_what_has_stopped_and_starts_once_its_requirement_holds():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("tidy", requires=a.done & slow.done)
    flow.add_step("alert", requires=a.failed & slow, handles=False)
    flow.add_step("other", requires=slow)
    play = world(flow)
    play.fail("a")
    assert play.running == ["slow"]
    play.succeed("slow")
    assert play.running == ["tidy", "alert"]
    play.succeed("tidy", "alert")
    assert play.outcome == "failure"
    assert play.statuses["other"] == "cancelled"


def test_a_watcher_whose_requirement_can_never_hold_is_skipped_in_what_has_stopped():
    flow = Sequent()
    a, slow = flow.add_step("a"), flow.add_step("slow")
    flow.add_step("alert", requires=a.failed & slow, handles=False)
    play = world(flow)
    play.fail("a", "slow")
    assert play.statuses["alert"] == "skipped"


def test_a_watcher_sees_that_what_it_watches_was_cancelled():
    flow = Sequent()
    flow.add_step("a")
    slow = flow.add_step("slow")
    b = flow.add_step("b", requires=slow)
    flow.add_step("tidy", requires=b.done)
    play = world(flow)
    play.fail("a")
    assert play.running == ["slow", "tidy"]


def test_inside_a_container_that_watches_everything_runs_as_usual():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    x = tidy.add_step("x", repeats=[1, 2])
    tidy.add_step("y", requires=x)
    play = world(flow)
    play.fail("a")
    play.succeed("tidy.x/1.1.1", "tidy.x/1.1.2", "tidy.y/1.1")
    assert play.outcome == "failure"
    assert play.closed["tidy/1.1"] == "success"


def test_a_watching_container_that_is_at_work_is_not_stopped_by_what_fails_beside_it():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("b")
    tidy = flow.add_step("tidy", requires=a.done)
    x = tidy.add_step("x")
    tidy.add_step("y", requires=x)
    play = world(flow)
    play.succeed("a")
    play.fail("b")
    play.succeed("tidy.x/1.1", "tidy.y/1.1")
    assert play.outcome == "failure"


def test_a_failure_inside_a_watching_container_stops_that_container():
    flow = Sequent()
    a = flow.add_step("a")
    tidy = flow.add_step("tidy", requires=a.done)
    tidy.add_step("x")
    slow = tidy.add_step("slow")
    tidy.add_step("y", requires=slow)
    play = world(flow)
    play.fail("a", "tidy.x/1.1")
    assert play.statuses["tidy.y/1.1"] == "cancelled"
    play.succeed("tidy.slow/1.1")
    assert play.closed["tidy/1.1"] == "failure"


def test_watchers_further_in_run_when_what_is_around_them_stops():
    flow = Sequent()
    flow.add_step("a")
    c = flow.add_step("c")
    x = c.add_step("x")
    c.add_step("y", requires=x)
    c.add_step("tidy", requires=x.done)
    play = world(flow)
    play.fail("a")
    assert play.statuses["c.y/1.1"] == "cancelled"
    play.succeed("c.x/1.1")
    assert play.running == ["c.tidy/1.1"]
    play.succeed("c.tidy/1.1")
    assert play.closed == {"c/1.1": "cancelled", "/1": "failure"}


def test_the_failure_of_a_watcher_fails_the_flow():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done)
    play = world(flow)
    play.succeed("a")
    play.fail("tidy")
    assert play.outcome == "failure"


def test_handles_false_on_a_container_watches_too():
    flow = Sequent()
    a = flow.add_step("a")
    alarm = flow.add_step("alarm", requires=a.failed, handles=False)
    alarm.add_step("mail")
    play = world(flow)
    play.fail("a")
    play.succeed("alarm.mail/1.1")
    assert play.outcome == "failure"


def test_a_repeated_step_watches_as_a_whole():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("tidy", requires=a.done, repeats=[1, 2])
    play = world(flow)
    play.fail("a")
    play.succeed("tidy/1.1", "tidy/1.2")
    assert play.closed["tidy"] == "success"
    assert play.outcome == "failure"
