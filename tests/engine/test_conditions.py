"""A requirement is true, never, or not yet; each of its atoms is decided once, by itself."""

import pytest

from sequent import STEP_FAILURE, STEP_SUCCESS, Sequent, or_
from tests.engine.playing import Play, world

CLAIMS = ("ready", "active", "success", "failed", "complete", "skipped", "done")
TRUE_ONCE = {
    "success": {"ready", "active", "success", "complete", "done"},
    "failure": {"ready", "active", "failed", "complete", "done"},
    "skipped": {"skipped", "done"},
    "cancelled": {"done"},
}


def bring_about(play: Play, fate: str) -> None:
    """Let ``a``, which requires ``first``, settle so; ``beside`` is of no concern to it."""
    match fate:
        case "success":
            play.succeed("first", "a")
        case "failure":
            play.succeed("first")
            play.fail("a")
        case "skipped":
            play.fail("first")
        case "cancelled":
            play.fail("beside")


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("fate", TRUE_ONCE)
def test_every_claim_is_decided_by_how_a_step_settles(claim, fate):
    flow = Sequent()
    first = flow.add_step("first", stop_on_exception=False)
    flow.add_step("beside")
    a = flow.add_step("a", requires=first, stop_on_exception=False)
    flow.add_step("asks", requires=a if claim == "success" else getattr(a, claim), handles=False)
    play = world(flow)
    bring_about(play, fate)
    assert ("asks" in play.started) is (claim in TRUE_ONCE[fate])
    assert (play.statuses.get("asks") == "skipped") is (claim not in TRUE_ONCE[fate])


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("fate", TRUE_ONCE)
@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_every_claim_about_something_further_out_is_decided_so_before_or_after_it_is_asked(claim, fate, is_late):
    flow = Sequent(config={"stop_on_exception": False})
    first = flow.add_step("first")
    flow.add_step("beside", stop_on_exception=True)
    slow = flow.add_step("slow")
    a = flow.add_step("a", requires=first)
    around = flow.add_step("around", requires=slow.done)
    around.add_step("asks", requires=a if claim == "success" else getattr(a, claim), handles=False)
    play = world(flow)
    if is_late:
        play.succeed("slow")
        bring_about(play, fate)
    else:
        bring_about(play, fate)
        play.succeed("slow")
    assert ("around.asks/1.1" in play.started) is (claim in TRUE_ONCE[fate])
    assert (play.statuses.get("around.asks/1.1") == "skipped") is (claim not in TRUE_ONCE[fate])


# -- three values ----------------------------------------------------------------------------------


def test_all_of_is_skipped_with_its_first_impossible_part_while_others_still_run():
    flow = Sequent(config={"stop_on_exception": False})
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("both", requires=a & b)
    play = world(flow)
    play.fail("a")
    assert play.statuses["both"] == "skipped"
    assert play.running == ["b"]


def test_any_of_starts_with_its_first_true_part_and_only_once():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("either", requires=a | b)
    play = world(flow)
    play.succeed("b")
    assert play.running == ["a", "either"]
    play.succeed("either", "a")
    assert play.started == ["a", "b", "either"]


def test_any_of_is_skipped_only_with_its_last_impossible_part():
    flow = Sequent(config={"stop_on_exception": False})
    a, b = flow.add_step("a"), flow.add_step("b")
    flow.add_step("either", requires=a | b)
    play = world(flow)
    play.fail("a")
    assert "either" not in play.statuses
    play.fail("b")
    assert play.statuses["either"] == "skipped"


@pytest.mark.parametrize(
    ("failing", "status"),
    [("", "active"), ("a", "skipped"), ("b", "active"), ("c", "active"), ("bc", "skipped"), ("abc", "skipped")],
)
def test_joins_nest(failing, status):
    flow = Sequent(config={"stop_on_exception": False})
    a, b, c = (flow.add_step(name) for name in "abc")
    flow.add_step("nested", requires=a & (b | (c & a)))
    play = world(flow)
    for name in "abc":
        if name in failing:
            play.fail(name)
        else:
            play.succeed(name)
    assert play.running == (["nested"] if status == "active" else [])
    assert (play.statuses.get("nested") == "skipped") is (status == "skipped")


def test_an_event_is_a_requirement_with_a_name():
    flow = Sequent()
    a, b = flow.add_step("a"), flow.add_step("b")
    either = flow.add_event(or_((a, STEP_FAILURE), (b, STEP_SUCCESS)))
    flow.add_step("waits", requires=(either, (a, STEP_SUCCESS)))
    play = world(flow)
    play.succeed("a")
    assert play.running == ["b"]
    play.succeed("b")
    assert play.running == ["waits"]


def test_a_whole_chain_is_skipped_by_one_fact():
    flow = Sequent()
    before = flow.add_step("s0")
    for number in range(1, 5_000):
        before = flow.add_step(f"s{number}", requires=before)
    play = world(flow)
    play.fail("s0")
    assert list(play.statuses.values()) == ["failure"] + ["skipped"] * 4_999
    assert play.outcome == "failure"


def test_who_asks_for_a_skip_starts_when_it_is_known():
    flow = Sequent()
    a = flow.add_step("a")
    fix = flow.add_step("fix", requires=a.failed)
    after_fix = flow.add_step("after_fix", requires=fix)
    flow.add_step("otherwise", requires=after_fix.skipped)
    play = world(flow)
    play.succeed("a")
    assert play.running == ["otherwise"]


def test_branches_join_again():
    flow = Sequent()
    a = flow.add_step("a")
    yes = flow.add_step("yes", requires=a)
    no = flow.add_step("no", requires=a.failed)
    flow.add_step("joined", requires=yes | no)
    play = world(flow)
    play.fail("a")
    play.succeed("no", "joined")
    assert play.outcome == "success"
    assert play.statuses["yes"] == "skipped"


def test_what_is_asked_of_a_container_is_decided_only_once_all_of_it_has_settled():
    flow = Sequent(config={"stop_on_exception": False})
    c = flow.add_step("c", repeats=[1, 2], parallel=2)
    c.add_step("x")
    flow.add_step("good", requires=c)
    flow.add_step("bad", requires=c.failed)
    play = world(flow)
    play.fail("c.x/1.1")
    assert "good" not in play.statuses
    assert "bad" not in play.started
    play.succeed("c.x/1.2")
    assert play.statuses["good"] == "skipped"
    assert play.running == ["bad"]


def test_what_is_skipped_in_a_container_leaves_it_a_success():
    flow = Sequent()
    c = flow.add_step("c")
    a = c.add_step("a")
    c.add_step("fix", requires=a.failed)
    play = world(flow)
    play.succeed("c.a/1.1")
    assert play.closed["c/1.1"] == "success"


# -- further out -----------------------------------------------------------------------------------


def test_what_an_iteration_asks_of_something_further_out_means_the_enclosing_iteration():
    flow = Sequent()
    o = flow.add_step("o", repeats=[1, 2], parallel=2)
    a = o.add_step("a")
    c = o.add_step("c", repeats=[1, 2])
    c.add_step("x", requires=a)
    play = world(flow)
    assert play.running == ["o.a/1.1", "o.a/1.2"]
    play.succeed("o.a/1.2")
    assert play.running == ["o.a/1.1", "o.c.x/1.2.1"]
    play.succeed("o.c.x/1.2.1")
    assert play.running == ["o.a/1.1", "o.c.x/1.2.2"]
    play.succeed("o.a/1.1")
    assert play.running == ["o.c.x/1.2.2", "o.c.x/1.1.1"]


def test_a_step_two_levels_further_in_is_told_too():
    flow = Sequent()
    a = flow.add_step("a")
    c = flow.add_step("c")
    d = c.add_step("d")
    d.add_step("x", requires=a & a.done)
    play = world(flow)
    assert play.running == ["a"]
    play.succeed("a")
    assert play.running == ["c.d.x/1.1.1"]


def test_an_iteration_that_was_cancelled_is_not_told_afterwards():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    c = flow.add_step("c")
    c.add_step("bad")
    c.add_step("x", requires=a)
    flow.add_step("mend", requires=c.failed)
    play = world(flow)
    play.fail("c.bad/1.1")
    assert play.statuses["c.x/1.1"] == "cancelled"
    play.succeed("a", "mend")
    assert play.outcome == "success"
    assert "c.x/1.1" not in play.started


def test_a_container_may_require_what_is_further_out():
    flow = Sequent()
    a = flow.add_step("a")
    c = flow.add_step("c")
    d = c.add_step("d", requires=a)
    d.add_step("x")
    play = world(flow)
    assert play.frames == 2, "the container has not begun"
    play.succeed("a")
    play.succeed("c.d.x/1.1.1")
    assert play.outcome == "success"
