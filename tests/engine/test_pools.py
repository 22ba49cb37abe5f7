"""Resources: all or nothing, in turn, given back exactly once, and never waited for in vain."""

from sequent.model.spec import PoolSpec
from tests.engine.playing import play_of
from tests.small_flows import block, failed, flow, items, on, step

DB = PoolSpec("db", 4)
TAPE = PoolSpec("tape", 1)
SHARED = PoolSpec("licence", 2, is_shared=True)


def wants(**amounts: int) -> tuple[tuple[str, int], ...]:
    return tuple(amounts.items())


def test_a_task_starts_only_while_all_that_it_wants_is_free():
    spec = flow(step("a", acquires=wants(db=3)), step("b", acquires=wants(db=2)), pools=(DB,))
    play = play_of(spec)
    assert (play.running, play.in_use("db")) == (["a"], 3)
    play.succeed("a")
    assert (play.running, play.in_use("db")) == (["b"], 2)
    play.succeed("b")
    assert (play.outcome, play.in_use("db")) == ("success", 0)


def test_all_or_nothing_so_nobody_holds_a_part_while_waiting_for_the_rest():
    spec = flow(
        step("a", acquires=wants(tape=1)),
        step("b", acquires=wants(db=4, tape=1)),
        step("c", on("x"), acquires=wants(db=1)),
        step("x"),
        pools=(DB, TAPE),
    )
    play = play_of(spec)
    assert play.in_use("db") == 0
    play.succeed("x", "a")
    assert play.running == ["b"]


def test_a_large_request_is_not_passed_over_by_small_ones():
    small = [step(name, acquires=wants(db=2)) for name in "abc"]
    play = play_of(flow(*small[:2], step("large", acquires=wants(db=4)), small[2], pools=(DB,)))
    play.succeed("a")
    assert play.running == ["b"]
    play.succeed("b")
    assert play.running == ["large"]


def test_small_requests_go_on_once_the_large_one_before_them_waits_no_more():
    spec = flow(
        step("holder", acquires=wants(db=2)),
        block("c", step("bad"), step("large", acquires=wants(db=3))),
        step("small", acquires=wants(db=1), requires=on("first")),
        step("first"),
        step("fix", failed("c")),
        pools=(DB,),
    )
    play = play_of(spec)
    play.succeed("first")
    assert "small" not in play.running
    play.fail("c.bad/1.1")
    assert sorted(play.running) == ["fix", "holder", "small"]


def test_who_could_not_use_its_turn_for_a_limit_leaves_it_to_those_behind_it():
    spec = flow(
        step("holder", acquires=wants(db=4)),
        step("x", acquires=wants(db=2), max_concurrent=1, repeats=items(2), parallel=0),
        step("small", acquires=wants(db=2), requires=on("first")),
        step("first"),
        pools=(DB,),
    )
    play = play_of(spec)
    play.succeed("first", "holder")
    assert play.running == ["x/1.1", "small"]


def test_the_higher_priority_gets_what_is_given_back():
    spec = flow(
        step("a", acquires=wants(tape=1)),
        step("b", acquires=wants(tape=1)),
        step("c", acquires=wants(tape=1), priority=1),
        step("first", acquires=wants(tape=1), priority=9),
        pools=(TAPE,),
    )
    play = play_of(spec)
    play.succeed("first", "c", "a")
    assert play.started == ["first", "c", "a", "b"]


def test_a_container_holds_what_it_acquires_until_it_has_settled():
    spec = flow(
        block("c", step("a"), step("b", on("c.a")), acquires=wants(tape=1)),
        block("d", step("a"), acquires=wants(tape=1)),
        pools=(TAPE,),
    )
    play = play_of(spec)
    play.succeed("c.a/1.1")
    assert play.running == ["c.b/1.1"]
    play.succeed("c.b/1.1")
    assert play.running == ["d.a/1.1"]


def test_who_holds_of_a_pool_through_its_container_goes_before_who_came_earlier():
    spec = flow(
        block("c", step("a", acquires=wants(db=1)), step("b", on("c.a"), acquires=wants(db=1)), acquires=wants(db=1)),
        step("large", acquires=wants(db=3)),
        pools=(DB,),
    )
    play = play_of(spec)
    assert play.running == ["c.a/1.1"]
    play.succeed("c.a/1.1", "c.b/1.1")
    assert play.running == ["large"]


def test_resources_return_before_a_task_is_tried_again():
    spec = flow(step("a", acquires=wants(tape=1), retries=1), step("b", acquires=wants(tape=1)), pools=(TAPE,))
    play = play_of(spec)
    play.fail("a")
    assert play.running == ["b"]
    play.succeed("b", "a")
    assert play.outcome == "success"


def test_a_failed_and_a_lost_attempt_give_back_whatever_they_were_to_keep():
    spec = flow(step("a", acquires=wants(tape=1), releases=()), step("fix", failed("a")), pools=(TAPE,))
    play = play_of(spec)
    play.lose("a")
    assert play.in_use("tape") == 1
    play.fail("a")
    assert (play.running, play.in_use("tape")) == (["fix"], 0)


def test_what_is_not_given_back_is_kept_for_the_run_and_given_back_by_a_later_step():
    spec = flow(
        step("mount", acquires=wants(tape=1), releases=()),
        step("use", on("mount")),
        step("unmount", on("use"), releases=wants(tape=1)),
        step("other", on("unmount"), acquires=wants(tape=1)),
        pools=(TAPE,),
    )
    play = play_of(spec)
    play.succeed("mount")
    assert play.rows.kept == {"tape": 1}
    play.succeed("use", "unmount")
    assert (play.running, play.rows.kept) == (["other"], {"tape": 0})


def test_a_part_may_be_given_back_and_the_rest_kept():
    spec = flow(step("a", acquires=wants(db=3), releases=wants(db=1)), step("b", on("a")), pools=(DB,))
    play = play_of(spec)
    play.succeed("a")
    assert (play.rows.kept, play.in_use("db")) == ({"db": 2}, 2)


def test_giving_back_more_than_is_held_is_a_failure_of_that_step():
    spec = flow(
        step("a", acquires=wants(db=1), releases=wants(db=2)),
        step("fix", failed("a")),
        step("keep", on("fix"), acquires=wants(db=1), releases=()),
        pools=(DB,),
    )
    play = play_of(spec)
    play.succeed("a")
    assert (play.statuses["a"], play.running, play.in_use("db")) == ("failure", ["fix"], 0)


def test_what_the_run_keeps_is_held_again_before_anything_starts_in_its_recovery():
    spec = flow(
        step("mount", acquires=wants(tape=1), releases=()),
        step("use", on("mount")),
        step("unmount", on("use"), releases=wants(tape=1)),
        step("other", acquires=wants(tape=1)),
        pools=(TAPE,),
    )
    play = play_of(spec)
    play.succeed("mount")
    again = play.recover()
    assert again.running == ["use"]
    again.succeed("use", "unmount")
    assert again.running == ["other"]


def test_what_tasks_and_containers_held_is_free_in_a_recovery_until_they_start_again():
    spec = flow(block("c", step("a", acquires=wants(db=2)), acquires=wants(db=2)), pools=(DB,))
    play = play_of(spec)
    again = play.recover()
    assert (again.running, again.in_use("db")) == (["c.a/1.1"], 4)


def test_a_run_in_which_nobody_can_give_back_ends_at_once_and_says_who_waits_for_what():
    spec = flow(step("a", acquires=wants(tape=1), releases=()), step("b", acquires=wants(tape=1)), pools=(TAPE,))
    play = play_of(spec)
    play.succeed("a")
    assert play.outcome == "failure"
    (blocked,) = play.ended.blocked
    assert (play.plan.nodes[blocked.node].path, blocked.pool, blocked.wanted, blocked.free, blocked.holders) == (
        ("b",),
        "tape",
        1,
        0,
        (("the run", 1),),
    )


def test_while_somebody_may_still_give_back_nothing_is_given_up():
    spec = flow(
        step("a", acquires=wants(tape=1), releases=()),
        step("b", acquires=wants(tape=1)),
        step("c", on("a"), releases=wants(tape=1)),
        pools=(TAPE,),
    )
    play = play_of(spec)
    play.succeed("a")
    assert (play.running, play.outcome) == (["c"], None)
    play.succeed("c", "b")
    assert play.outcome == "success"


def test_whoever_could_start_does_where_only_its_turn_keeps_it_and_nothing_else_goes_on():
    spec = flow(
        step("keep", acquires=wants(db=2), releases=()),
        step("large", on("keep"), acquires=wants(db=3)),
        step("small", on("keep"), acquires=wants(db=1), releases=wants(db=3)),
        pools=(DB,),
    )
    play = play_of(spec)
    play.succeed("keep")
    assert play.running == ["small"]
    play.succeed("small")
    assert play.running == ["large"]


def test_a_waiting_task_that_is_cancelled_holds_up_nobody():
    spec = flow(
        step("hold", acquires=wants(tape=1)),
        block("c", step("fails"), step("waits", acquires=wants(tape=1))),
        step("fix", failed("c"), acquires=wants(tape=1)),
        pools=(TAPE,),
    )
    play = play_of(spec)
    play.fail("c.fails/1.1")
    play.succeed("hold")
    assert play.running == ["fix"]


def test_iterations_of_a_repeated_step_acquire_each_for_itself():
    play = play_of(flow(step("load", repeats=items(6), parallel=0, acquires=wants(db=2)), pools=(DB,)))
    assert len(play.running) == 2
    play.succeed("load/1.1")
    assert play.running == ["load/1.2", "load/1.3"]


# -- pools that runs share -------------------------------------------------------------------------


def test_a_task_that_wants_of_a_shared_pool_starts_once_the_other_runs_leave_it_that():
    play = play_of(flow(step("a", acquires=wants(licence=1)), pools=(SHARED,)))
    assert (play.running, list(play.asked)) == ([], [("a", (1,))])
    play.get_grant("a")
    play.succeed("a")
    assert (play.outcome, play.in_use("licence")) == ("success", 0)


def test_a_run_never_asks_for_more_of_a_shared_pool_than_there_is():
    play = play_of(flow(step("a", repeats=items(3), parallel=0, acquires=wants(licence=1)), pools=(SHARED,)))
    assert len(play.asked) == 2


def test_a_task_that_is_cancelled_while_it_asks_holds_nothing():
    play = play_of(flow(step("a", acquires=wants(licence=1)), step("b"), pools=(SHARED,)))
    play.fail("b")
    assert (play.outcome, play.in_use("licence"), play.statuses["a"]) == ("failure", 0, "cancelled")
