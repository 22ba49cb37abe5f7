"""Copies on hosts: one on each, all required together; each machine has slots of its own, and may be out of reach."""

import pytest

from sequent import STEP_FAILURE, STEP_SUCCESS, STP_RERUN, Pool, Sequent
from sequent.model.effects import AHEAD
from sequent.model.status import Status
from tests.engine.playing import world


def two(**options):
    """A flow whose step ``load`` has copies on two hosts, and ``after`` that requires it."""
    flow = Sequent()
    load = flow.add_step("load", hosts=["etl1", "etl2"], **options)
    flow.add_step("after", requires=load)
    return flow


def nothing(): ...


def reached(flow, slots=100, here=100):
    """A flow whose two hosts can be reached."""
    play = world(flow, slots=here)
    play.reach("etl1", "etl2", slots=slots)
    return play


# -- copies -----------------------------------------------------------------------------------------------


def test_a_step_runs_once_on_each_host_and_all_are_required():
    play = reached(two())
    assert play.running == ["load@etl1", "load@etl2"]
    play.succeed("load@etl2")
    assert play.running == ["load@etl1"]
    play.succeed("load@etl1")
    assert play.running == ["after"]
    play.succeed("after")
    assert play.outcome == "success"


def test_the_failure_of_one_copy_is_a_failure_once_all_have_settled():
    flow = two()
    load = flow.root.__sequent__.children["load"]
    flow.add_step("alert", requires=load.failed)
    play = reached(flow)
    play.fail("load@etl1")
    assert play.running == ["load@etl2"]
    play.succeed("load@etl2")
    assert play.running == ["alert"]
    play.succeed("alert")
    assert (play.statuses["after"], play.outcome) == ("skipped", "success")


def test_an_unhandled_failure_stops_copies_that_have_not_begun_unless_told_otherwise():
    play = world(two())
    play.reach("etl1")
    play.fail("load@etl1")
    assert (play.statuses["load@etl2"], play.outcome) == ("cancelled", "failure")
    play = world(two(stop_on_exception=False))
    play.reach("etl1")
    play.fail("load@etl1")
    assert play.outcome is None
    play.reach("etl2")
    play.succeed("load@etl2")
    assert (play.statuses["after"], play.outcome) == ("skipped", "failure")


def test_repeats_are_inside_hosts():
    play = reached(two(repeats=["a", "b"]))
    assert play.running == ["load@etl1/1.1", "load@etl2/1.1"]
    play.succeed("load@etl1/1.1")
    assert play.running == ["load@etl2/1.1", "load@etl1/1.2"]
    play.succeed("load@etl1/1.2", "load@etl2/1.1", "load@etl2/1.2")
    assert play.running == ["after"]


def test_a_container_has_copies_with_all_that_is_in_it():
    flow = Sequent()
    block = flow.add_step("block", hosts=["etl1", "etl2"], repeats=["a", "b"])
    first = block.add_step("first")
    block.add_step("second", requires=first)
    flow.add_step("after", requires=block)
    play = reached(flow)
    play.succeed("block@etl1.first/1.1")
    assert play.running == ["block@etl2.first/1.1", "block@etl1.second/1.1"]
    play.succeed("block@etl1.second/1.1")
    assert play.running == ["block@etl2.first/1.1", "block@etl1.first/1.2"]
    for task in ("etl2.first/1.1", "etl2.second/1.1", "etl1.first/1.2", "etl1.second/1.2"):
        play.succeed(f"block@{task}")
    play.succeed("block@etl2.first/1.2", "block@etl2.second/1.2")
    assert play.running == ["after"]
    assert {"block@etl1/1", "block@etl1/1.2", "block@etl2/1.1"} <= play.closed.keys()


def test_hosts_inside_a_repeat_are_found_in_each_iteration():
    flow = Sequent()
    group = flow.add_step("group", repeats=[["a"], ["b"]])
    group.add_step("load", hosts=["etl1", "etl2"])
    play = reached(flow)
    assert play.running == ["group.load@etl1/1.1", "group.load@etl2/1.1"]
    play.succeed("group.load@etl1/1.1", "group.load@etl2/1.1")
    assert play.running == ["group.load@etl1/1.2", "group.load@etl2/1.2"]


def test_a_step_may_require_that_something_with_copies_is_active():
    flow = Sequent()
    load = flow.add_step("load", hosts=["etl1", "etl2"])
    flow.add_step("watch", requires=load.active)
    play = world(flow)
    assert play.running == ["watch"]


# -- machines ----------------------------------------------------------------------------------------------


def test_each_machine_has_slots_of_its_own():
    flow = Sequent()
    for name in ("a", "b"):
        flow.add_step(name)
        flow.add_step(f"{name}_there", hosts=["etl1", "etl2"])
    play = reached(flow, slots=1, here=1)
    assert play.running == ["a", "a_there@etl1", "a_there@etl2"]
    play.succeed("a_there@etl2")
    assert play.running == ["a", "a_there@etl1", "b_there@etl2"]
    play.succeed("a")
    assert play.running == ["a_there@etl1", "b_there@etl2", "b"]


def test_quick_tasks_are_handed_over_ahead_to_the_machine_on_which_they_are_quick():
    play = reached(two(func=nothing, repeats=list(range(500)), parallel=0), slots=2)
    play.quicken("load", host="etl1")
    on = [[task for task in play.running if f"@{host}" in task] for host in ("etl1", "etl2")]
    assert [len(tasks) for tasks in on] == [2 * AHEAD, 2]
    play.quicken("load", host="etl1", is_quick=False)
    play.succeed(on[0][0])
    assert len(play.running) == 2 * AHEAD + 1


def test_tasks_ahead_on_a_host_are_asked_back_when_the_run_stops_or_wait_there_if_it_is_lost():
    play = reached(two(func=nothing, repeats=list(range(5)), parallel=0), slots=1)
    play.quicken("load", host="etl1")
    assert len(play.running) == 6
    play.lose_host("etl1")
    play.stop()
    assert len(play.asked_back) == 5
    play.succeed("load@etl2/1.1")
    assert play.outcome == "stopped"


def test_a_name_of_this_machine_shares_its_slots():
    flow = Sequent()
    flow.add_step("load", hosts=["here", "etl1"])
    flow.add_step("b")
    play = world(flow, slots=1)
    play.reach("here", slots=None)
    assert play.running == ["b"]
    play.succeed("b")
    assert play.running == []
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("load", hosts=["here", "etl1"], requires=a)
    flow.add_step("b", requires=a)
    play = world(flow, slots=1)
    play.reach("here", slots=None)
    play.succeed("a")
    assert len(play.running) == 1


def test_what_is_on_a_host_out_of_reach_waits_and_all_else_goes_on():
    flow = two()
    a = flow.add_step("a")
    flow.add_step("b", requires=a)
    play = world(flow)
    play.reach("etl1")
    assert play.running == ["a", "load@etl1"]
    play.succeed("a", "load@etl1", "b")
    assert (play.running, play.outcome) == ([], None)
    play.reach("etl2")
    assert play.running == ["load@etl2"]
    play.succeed("load@etl2", "after")
    assert play.outcome == "success"


def test_a_host_that_is_lost_starts_nothing_more_and_what_runs_there_may_end_later():
    play = reached(two(repeats=["a", "b"]), slots=1)
    play.lose_host("etl2")
    play.succeed("load@etl1/1.1", "load@etl1/1.2")
    assert (play.running, play.outcome) == (["load@etl2/1.1"], None)
    play.succeed("load@etl2/1.1")
    assert (play.running, play.outcome) == ([], None)
    play.reach("etl2", slots=1)
    assert play.running == ["load@etl2/1.2"]


def test_what_had_not_begun_on_a_host_that_is_lost_waits_again_under_the_same_number():
    play = reached(two())
    play.lose_host("etl2")
    play.take_back_task("load@etl2")
    assert play.running == ["load@etl1"]
    play.reach("etl2")
    assert play.attempts["load@etl2"] == 1
    assert play.running == ["load@etl1", "load@etl2"]


def test_a_stop_does_not_wait_for_hosts_out_of_reach():
    play = reached(two())
    play.lose_host("etl2")
    play.stop()
    assert play.outcome is None
    play.succeed("load@etl1")
    assert play.outcome == "stopped"
    again = play.recover()
    again.reach("etl1", "etl2")
    assert (again.running, again.attempts) == (["load@etl2"], {"load@etl2": 2})


def test_a_run_that_waits_for_a_host_alone_is_not_suspended():
    flow = two()
    flow.add_step("later", delay="1h")
    play = world(flow)
    play.pause()
    assert play.outcome is None
    play.reach("etl1", "etl2")
    play.succeed("load@etl1", "load@etl2", "after")
    play.pause()
    assert play.outcome == "suspended"


def test_a_loss_on_a_host_that_restarted_is_tried_again():
    play = reached(two())
    play.lose("load@etl2")
    assert (play.running, play.attempts["load@etl2"]) == (["load@etl1", "load@etl2"], 2)


# -- limits, pools, retries ---------------------------------------------------------------------------------


def test_a_limit_of_a_step_counts_its_copies_together():
    play = reached(two(max_concurrent=1))
    assert play.running == ["load@etl1"]
    play.succeed("load@etl1")
    assert play.running == ["load@etl2"]


def test_each_copy_acquires_for_itself():
    db = Pool("db", 3)
    play = reached(two(acquires={db: 2}))
    assert play.running == ["load@etl1"]
    assert play.in_use("db") == 2
    play.succeed("load@etl1")
    assert play.running == ["load@etl2"]


def test_each_copy_of_a_container_acquires_for_itself():
    db = Pool("db", 3)
    flow = Sequent()
    block = flow.add_step("block", hosts=["etl1", "etl2"], acquires={db: 2})
    block.add_step("a")
    play = reached(flow)
    assert play.running == ["block@etl1.a/1.1"]
    play.succeed("block@etl1.a/1.1")
    assert play.running == ["block@etl2.a/1.1"]


def test_each_copy_has_its_own_retries_and_delay():
    play = reached(two(retries=1, backoff="1s", delay="1h"))
    assert play.waiting_for_time == {"load@etl1": 0, "load@etl2": 0}
    play.time_comes("load@etl1", "load@etl2")
    play.fail("load@etl1")
    assert (play.running, play.waiting_for_time) == (["load@etl2"], {"load@etl1": 1})
    play.succeed("load@etl2")
    play.time_comes("load@etl1")
    play.fail("load@etl1")
    assert play.outcome == "failure"


# -- recoveries ---------------------------------------------------------------------------------------------


def test_a_recovery_redoes_only_the_copies_that_failed():
    play = reached(two(stop_on_exception=False))
    play.fail("load@etl1")
    play.succeed("load@etl2")
    assert play.outcome == "failure"
    again = play.recover()
    again.reach("etl1", "etl2")
    assert (again.running, again.attempts) == (["load@etl1"], {"load@etl1": 2})
    again.succeed("load@etl1", "after")
    assert again.outcome == "success"


def test_a_recovery_redoes_only_the_iterations_that_failed_in_a_copy():
    play = reached(two(repeats=["a", "b"], stop_on_exception=False))
    play.succeed("load@etl1/1.1", "load@etl2/1.1", "load@etl1/1.2")
    play.fail("load@etl2/1.2")
    again = play.recover()
    again.reach("etl1", "etl2")
    assert (again.running, again.attempts) == (["load@etl2/1.2"], {"load@etl2/1.2": 2})


@pytest.mark.parametrize(
    ("asked", "started"),
    [("load@etl2", ["load@etl2"]), ("load", ["load@etl1", "load@etl2"]), ("load/1", ["load@etl1", "load@etl2"])],
)
def test_a_copy_is_named_with_its_host_or_all_without(asked, started):
    play = reached(two())
    play.succeed("load@etl1", "load@etl2")
    play.fail("after")
    again = play.recover(rerun=(asked,))
    again.reach("etl1", "etl2")
    assert again.running == started
    # Where all run again, the hosts are found anew, as the items of a repeat are.
    assert set(again.attempts.values()) == {2 if "@" in asked else 1}


def test_a_copy_that_is_passed_over_counts_as_a_success():
    play = reached(two(stop_on_exception=False))
    play.succeed("load@etl1")
    play.fail("load@etl2")
    again = play.recover(skip=("load@etl2",))
    assert again.running == ["after"]


def test_a_directive_that_reruns_successes_reruns_each_copy():
    flow = Sequent()
    flow.add_step("load", hosts=["etl1", "etl2"], recovery={STEP_SUCCESS: STP_RERUN})
    flow.add_step("after", requires=(flow.root.__sequent__.children["load"], STEP_SUCCESS))
    play = reached(flow)
    play.succeed("load@etl1", "load@etl2")
    play.fail("after")
    again = play.recover()
    again.reach("etl1", "etl2")
    assert again.running == ["load@etl1", "load@etl2"]


def test_hosts_that_are_known_only_while_running_stay_those_with_which_it_began():
    flow = Sequent()
    find = flow.add_step("find")
    flow.add_step("load", hosts=find.result)
    play = world(flow)
    play.succeed("find")
    assert play.opening == ["load"]
    play.hosts("load", "etl1", "etl2")
    play.reach("etl1", "etl2")
    play.succeed("load@etl1")
    play.fail("load@etl2")
    again = play.recover()
    again.hosts("load", "etl3")
    again.reach("etl2")
    assert again.running == ["load@etl2"]


def test_no_hosts_at_all_are_one_copy_here():
    flow = Sequent()
    find = flow.add_step("find")
    load = flow.add_step("load", hosts=find.result)
    flow.add_step("alert", requires=((load, STEP_FAILURE),))
    play = world(flow)
    play.succeed("find")
    play.hosts("load", "")
    assert play.running == ["load"]
    play.end(("load", (1, "")), Status.SUCCESS)
    assert play.outcome == "success"
