"""What goes on after a failure, and how far a stop reaches."""

from sequent import Sequent
from tests.engine.playing import world

# -- stop_on_exception -----------------------------------------------------------------------------


def test_a_flow_that_does_not_stop_runs_whatever_else_can_run_and_fails():
    flow = Sequent(config={"stop_on_exception": False})
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("after_a", requires=a)
    flow.add_step("after_b", requires=b)
    c = flow.add_step("c", repeats=[1, 2])
    c.add_step("x")
    play = world(flow)
    play.fail("a")
    play.succeed("b", "after_b")
    play.fail("c.x/1.1")
    play.succeed("c.x/1.2")
    assert play.outcome == "failure"
    assert play.statuses["after_a"] == "skipped"
    assert "cancelled" not in play.statuses.values()


def test_a_step_that_does_not_stop_fails_its_container_in_the_end():
    flow = Sequent()
    flow.add_step("a", stop_on_exception=False)
    b = flow.add_step("b")
    flow.add_step("after_b", requires=b)
    play = world(flow)
    play.fail("a")
    play.succeed("b", "after_b")
    assert play.outcome == "failure"


def test_a_container_that_does_not_stop_holds_the_stop_back_until_it_has_settled():
    flow = Sequent()
    c = flow.add_step("c", repeats=[1, 2], stop_on_exception=False)
    a = c.add_step("a")
    c.add_step("b", requires=a)
    other = flow.add_step("other")
    between = flow.add_step("between", requires=other)
    flow.add_step("after", requires=between)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("other")
    assert play.running == ["c.a/1.2", "between"], "nothing has stopped yet"
    play.succeed("c.a/1.2", "c.b/1.2")
    assert play.closed["c"] == "failure"
    assert play.statuses["after"] == "cancelled"
    play.succeed("between")
    assert play.outcome == "failure"


def test_a_step_that_does_not_stop_holds_the_stop_back_for_the_levels_around():
    flow = Sequent()
    c = flow.add_step("c")
    c.add_step("a", stop_on_exception=False)
    b = c.add_step("b")
    c.add_step("after_b", requires=b)
    slow = flow.add_step("slow")
    flow.add_step("after_slow", requires=slow)
    play = world(flow)
    play.fail("c.a/1.1")
    play.succeed("c.b/1.1")
    assert play.running == ["slow", "c.after_b/1.1"]
    play.succeed("c.after_b/1.1")
    assert play.statuses["after_slow"] == "cancelled"


def test_what_stops_again_inside_what_does_not_stop_stops_only_itself():
    flow = Sequent(config={"stop_on_exception": False})
    c = flow.add_step("c", stop_on_exception=True)
    c.add_step("a")
    slow = c.add_step("slow")
    c.add_step("after_slow", requires=slow)
    other = flow.add_step("other")
    flow.add_step("after_other", requires=other)
    play = world(flow)
    play.fail("c.a/1.1")
    assert play.statuses["c.after_slow/1.1"] == "cancelled"
    play.succeed("c.slow/1.1", "other", "after_other")
    assert play.outcome == "failure"


def test_it_is_inherited_by_containers_further_in():
    flow = Sequent()
    c = flow.add_step("c", stop_on_exception=False)
    d = c.add_step("d")
    d.add_step("a")
    b = d.add_step("b")
    d.add_step("after_b", requires=b)
    play = world(flow)
    play.fail("c.d.a/1.1.1")
    play.succeed("c.d.b/1.1.1", "c.d.after_b/1.1.1")
    assert play.outcome == "failure"


def test_on_a_repeated_step_it_governs_the_iterations():
    flow = Sequent()
    flow.add_step("load", repeats=[1, 2, 3], stop_on_exception=False)
    slow = flow.add_step("slow")
    flow.add_step("after", requires=slow)
    play = world(flow)
    play.fail("load/1.1", "load/1.2")
    assert play.running == ["slow", "load/1.3"]
    play.succeed("load/1.3")
    assert play.statuses["after"] == "cancelled", "the repeat has failed as a whole, which stops what is around it"


def test_a_handler_is_not_needed_where_nothing_stops_but_still_makes_it_a_success():
    flow = Sequent(config={"stop_on_exception": False})
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.fail("a")
    play.succeed("fix")
    assert play.outcome == "success"
