"""What pools can never give, or only in a way in which all wait for one another, is refused before anything runs."""

import pytest

from sequent.errors import Place
from sequent.model.references import ParamOf
from sequent.model.spec import ItemsCall, ParamSpec
from tests.compiler.writing import (
    amounts,
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
KEEP = amounts("")


def items_up_to(count):
    return items(*range(count))


# -- demands ---------------------------------------------------------------------------------------------


def test_a_demand_above_the_capacity_can_never_start():
    found = mistake(flow(asking("load", "db 4", option_places={"acquires": Place("flow.py", 7)}), pools={"db": 3}))
    assert (found.code, found.path, found.place) == ("pool", "load", Place("flow.py", 7))
    assert "'load' acquires 4 of the pool 'db': it can never start, since the capacity is 3" in found.message
    assert found.hint


def test_a_demand_beside_what_the_containers_around_hold_can_never_start():
    inner = holds("b", "db 1", asking("c", "db 2"), asking("d", "db 1"))
    found = mistake(flow(holds("a", "db 1", inner), pools={"db": 3}))
    assert found.path == "a.b.c"
    assert "'a.b' and 'a' around it hold 2" in found.message
    assert "the capacity is 3" in found.message


def test_what_stands_within_a_demand_that_is_too_large_is_not_blamed_as_well():
    assert [m.path for m in mistakes(flow(holds("a", "db 4", asking("b", "db 1")), pools={"db": 3}))] == ["a"]


def test_a_pool_that_the_flow_does_not_have_is_refused_with_the_nearest():
    found = mistake(flow(asking("a", "gup 1"), pools={"gpu": 1}))
    assert (found.code, found.hint) == ("unknown-pool", "did you mean 'gpu'? there are: gpu")
    assert codes(flow(step("a", releases=amounts("db 1")))) == ["unknown-pool"]


# -- what is kept, and given back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "repeated",
    [
        asking("a", "db 2", releases=KEEP, repeats=items_up_to(4)),
        container("a", asking("a", "db 2", releases=KEEP), repeats=items_up_to(4)),
        container("a", container("a", asking("a", "db 2", releases=KEEP), repeats=items(1, 2)), repeats=items(1, 2)),
        asking("a", "db 3", releases=amounts("db 1"), repeats=items_up_to(5)),
        asking("a", "db 2", some("z!failed", every("z", "z!done")), releases=KEEP, repeats=items_up_to(4)),
    ],
)
def test_holds_that_accumulate_beyond_the_capacity_are_refused_with_the_iteration(repeated):
    found = mistake(flow(step("z"), repeated, pools={"db": 5}))
    assert found.code == "pool"
    assert "after 2 iterations there is not enough left of 5" in found.message
    assert "no step gives any back" in found.message


@pytest.mark.parametrize(
    "parts",
    [
        [asking("a", "db 2", releases=KEEP, repeats=items_up_to(2))],
        [asking("a", "db 2", releases=KEEP, repeats=PAGES)],
        [asking("a", "db 2", releases=KEEP, repeats=items_up_to(9), until=True)],
        [asking("a", "db 2", "b!failed", releases=KEEP, repeats=items_up_to(9)), step("b")],
        [asking("a", "db 2", "b!skipped", releases=KEEP, repeats=items_up_to(9)), step("b", "c"), step("c")],
        [
            asking("a", "db 2", releases=KEEP, repeats=items_up_to(9)),
            step("b", releases=amounts("db 2"), repeats=PAGES),
        ],
        [asking("a", "db 2", releases=amounts("db 2"), repeats=items_up_to(9))],
        [container("a", asking("b", "db 2", releases=KEEP), repeats=items())],
        [asking(name, "db 3", releases=KEEP, repeats=PAGES) for name in "ab"],
        [asking("a", "db 2", "b", releases=KEEP, repeats=items_up_to(9)), step("b", "c!failed"), step("c")],
    ],
)
def test_holds_that_may_be_enough_are_accepted(parts):
    assert mistakes(flow(*parts, pools={"db": 5})) == []


def test_what_several_steps_keep_together_is_refused_with_who_keeps_it():
    keepers = [asking(name, "db 2", releases=KEEP) for name in "abc"]
    found = mistake(flow(*keepers, pools={"db": 5}))
    assert found.path == "c"
    assert "beside what 'a' and 'b' keep, 4, there is not enough left of 5" in found.message


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            [asking("a", "db 1", releases=amounts("db 3"))],
            "gives back 3 of the pool 'db' and acquires 1: no other step",
        ),
        ([step("a", releases=amounts("db 1"))], "gives back 1 of the pool 'db' and acquires none: no other step"),
        (
            [asking("k", "db 1", releases=KEEP), step("a", "k", releases=amounts("db 2"))],
            "acquires none: others keep at most 1",
        ),
        (
            [
                asking("k", "db 2", releases=KEEP),
                step("b", "k", releases=amounts("db 1")),
                step("a", "b", releases=amounts("db 2")),
            ],
            "others keep at most 2, of which 1 are given back elsewhere",
        ),
        (
            [asking("k", "db 2", releases=KEEP), step("a", "k", releases=amounts("db 1"), repeats=items_up_to(3))],
            "acquires none, 3 times: others keep at most 2",
        ),
    ],
)
def test_giving_back_what_nobody_can_hold_is_refused_with_the_amounts(parts, text):
    found = mistake(flow(*parts, pools={"db": 4}))
    assert (found.code, found.path) == ("pool", "a")
    assert text in found.message


@pytest.mark.parametrize(
    "parts",
    [
        [asking("k", "db 2", releases=KEEP), step("a", "k", releases=amounts("db 2"))],
        [asking("k", "db 1", releases=KEEP, repeats=PAGES), step("a", "k", releases=amounts("db 3"))],
        [holds("k", "db 2", step("x"), releases=KEEP), asking("a", "db 1", "k", releases=amounts("db 3"))],
        [
            asking("k", "db 2", releases=KEEP),
            step("a", "k!failed", releases=amounts("db 2")),
            step("b", "k", releases=amounts("db 2")),
        ],
    ],
)
def test_giving_back_what_an_earlier_step_may_have_kept_is_accepted(parts):
    assert mistakes(flow(*parts, pools={"db": 4})) == []


# -- holding and waiting -------------------------------------------------------------------------------------


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
