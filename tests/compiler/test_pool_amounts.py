"""Amounts that pools can never give, or that no step can give back, are refused before anything runs."""

import pytest

from sequent.errors import Place
from sequent.model.spec import ItemsCall
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
