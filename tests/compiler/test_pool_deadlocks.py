"""Containers that can only wait for one another's pools for ever are refused before anything runs."""

import pytest

from sequent.model.references import ParamOf
from sequent.model.spec import ItemsCall, ParamSpec
from tests.compiler.writing import (
    asking,
    codes,
    container,
    every,
    flow,
    holds,
    items,
    mistake,
    mistakes,
    some,
    step,
)

PAGES = ItemsCall(name="pages", takes_self=False)


def crossed(**options):
    return [holds("a", "p 1", asking("x", "q 1")), holds("b", "q 1", asking("y", "p 1"), **options)]


def test_two_containers_that_hold_what_the_other_waits_for_are_refused():
    found = mistake(flow(*crossed(), pools={"p": 1, "q": 1}))
    assert (found.code, found.path) == ("holding", "a")
    assert "'a.x' waits for 1 of the pool 'q', while around it 'a' holds 1 of 'p'" in found.message
    assert "'a.x'" in found.message
    assert "'b.y'" in found.message
    assert found.hint


@pytest.mark.parametrize(
    "requires",
    ["a", "a!failed", "a!done", "c", "e", every("d", "a"), some("a", "c")],
)
def test_what_must_have_settled_before_does_not_wait_at_the_same_time(requires):
    others = step("c", "a"), step("d"), step("e", every("d", "a"))
    assert mistakes(flow(*crossed(requires=requires), *others, pools={"p": 1, "q": 1})) == []


@pytest.mark.parametrize("requires", ["a!active", "c", "d!done", some("a", "e")])
def test_what_need_not_have_settled_before_may_wait_at_the_same_time(requires):
    others = step("c", "a!active"), step("d", every("e", "a")), step("e")
    assert codes(flow(*crossed(requires=requires), *others, pools={"p": 1, "q": 1})) == ["holding"]


def test_what_waits_within_for_the_other_container_does_not_wait_at_the_same_time():
    within = [holds("a", "p 1", asking("x", "q 1")), holds("b", "q 1", container("c", asking("y", "p 1", "^a")))]
    assert mistakes(flow(*within, pools={"p": 1, "q": 1})) == []


@pytest.mark.parametrize("pools", [{"p": 2, "q": 1}, {"p": 1, "q": 2}])
def test_a_pool_with_enough_for_both_lets_them_go_on(pools):
    assert mistakes(flow(*crossed(), pools=pools)) == []


def test_a_lock_around_keeps_containers_apart():
    apart = [
        holds("l", "lock 1", holds("a", "p 1", asking("x", "q 1"))),
        holds("m", "lock 1", holds("b", "q 1", asking("y", "p 1"))),
    ]
    assert mistakes(flow(*apart, pools={"p": 1, "q": 1, "lock": 1})) == []
    assert codes(flow(*apart, pools={"p": 1, "q": 1, "lock": 2})) == ["holding"]


def test_three_in_a_circle_are_refused():
    ring = [holds(one, f"{one} 1", asking("x", f"{other} 1")) for one, other in ("pq", "qr", "rp")]
    found = mistake(flow(*ring, pools={"p": 1, "q": 1, "r": 1}))
    assert all(f"'{name}.x'" in found.message for name in "pqr")


def each(*, parallel, inner="db 1", **options):
    return container("each", holds("a", "db 1", asking("x", inner)), repeats=PAGES, parallel=parallel, **options)


@pytest.mark.parametrize(
    ("parallel", "capacity", "is_refused"), [(1, 2, False), (2, 2, True), (2, 3, False), (3, 3, True), (0, 40, True)]
)
def test_iterations_that_each_hold_a_part_of_what_all_wait_for_are_refused(parallel, capacity, is_refused):
    assert codes(flow(each(parallel=parallel), pools={"db": capacity})) == ["holding"] * is_refused


@pytest.mark.parametrize(("parallel", "is_refused"), [(1, False), (2, True)])
def test_what_comes_later_in_one_iteration_may_wait_beside_what_comes_first_in_another(parallel, is_refused):
    block = container("each", *crossed(requires="each.a"), repeats=PAGES, parallel=parallel)
    assert codes(flow(block, pools={"p": 1, "q": 1})) == ["holding"] * is_refused


def test_iterations_that_block_one_another_are_told_with_how_many():
    assert "2 times 'each.a.x' waits for 2" in mistake(flow(each(parallel=0, inner="db 2"), pools={"db": 3})).message


def test_items_that_are_too_few_and_limits_that_are_not_known_are_accepted():
    two = flow(
        container("each", holds("a", "db 1", asking("x", "db 1")), repeats=items(1, 2), parallel=0), pools={"db": 3}
    )
    unknown = flow(each(parallel=ParamOf("n")), pools={"db": 2}, params=[ParamSpec(name="n", type="int")])
    assert mistakes(two) == mistakes(unknown) == []


def test_different_containers_that_each_hold_a_part_are_refused_together():
    parts = [holds(name, "db 1", asking("x", "db 1")) for name in "abcd"]
    found = mistake(flow(*parts, pools={"db": 4}))
    assert found.message.count("waits for") == 4
    assert mistakes(flow(*parts, pools={"db": 5})) == []


def test_runs_that_share_a_pool_can_block_one_another():
    parts = [holds("a", "db 1", asking("x", "db 1"))]
    assert mistakes(flow(*parts, pools={"db": 2})) == []
    assert codes(flow(*parts, pools={"db*": 2})) == ["holding"]
    assert codes(flow(*crossed(), pools={"p*": 1, "q*": 1})) == ["holding"]
    assert mistakes(flow(holds("a", "p 1", asking("x", "q 1")), pools={"p*": 1, "q*": 1})) == []


def test_containers_that_want_what_no_container_holds_are_accepted_however_many():
    parts = [holds(f"c{n}", "p 1", asking("x", "q 1"), asking("y", "q 2")) for n in range(2_000)]
    assert mistakes(flow(*parts, pools={"p": 3, "q": 2})) == []


def test_very_many_that_may_meet_are_looked_at_for_a_while_only():
    parts = [holds(f"c{n}", f"p{n % 7} 1, r 1", asking("x", f"p{(n + 1) % 7} 1")) for n in range(300)]
    assert mistakes(flow(*parts, pools={"r": 1, **{f"p{n}": 1_000 for n in range(7)}})) == []
