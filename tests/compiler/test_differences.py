"""What a recovery must find unchanged, and how a change is told."""

import re

import pytest

from sequent.compiler import describe
from sequent.compiler.differences import ChangeKind, differences
from sequent.errors import Place
from sequent.model.durations import Backoff
from sequent.model.references import Literal, ParamOf, ResultOr
from sequent.model.spec import ParamSpec
from sequent.model.status import Action, Status
from sequent.model.work import Argument, FunctionWork
from tests.compiler.writing import container, every, flow, items, result, some, step

PLACE = re.compile(r", at flow\.py:\d+")


def with_work(work):
    return flow(step("a"), step("b", work=work))


def changed(old, new):
    return differences(describe(old), describe(new))


BASE = flow(step("a"), step("b", "a"), container("c", step("d"), step("e", "c.d"), requires="b", repeats=items(1)))


@pytest.mark.parametrize(
    "spec",
    [
        flow(step("a"), step("b", "a"), container("c", step("d"), step("e"), requires="b", repeats=items(1))),
        flow(step("a"), step("b", "a"), container("c", step("d"), step("e", "c.d"), requires="b")),
        flow(
            step("a"), step("b", "a!done"), container("c", step("d"), step("e", "c.d"), requires="b", repeats=items(1))
        ),
        flow(
            step("a"),
            step("b", "a"),
            container("c", step("d"), step("e", "c.d"), requires="b", repeats=items(1), parallel=2),
        ),
        flow(
            step("a"),
            step("b", "a"),
            container("c", step("d"), step("e", "c.d"), requires="b", repeats=items(1), until="d"),
        ),
        flow(
            step("a"),
            step("b", "a"),
            container("c", step("d"), step("e", "c.d"), requires="b", repeats=items(1), result="d"),
        ),
        flow(step("a"), step("b", "a"), container("c", step("d"), step("e", "c.d"), requires="b", repeats=result("a"))),
        flow(step("a", handles=False), *BASE.root.children[1:]),
        flow(step("a", stop_on_exception=False), *BASE.root.children[1:]),
        flow(container("a", step("x")), *BASE.root.children[1:]),
        flow(step("a"), step("b", takes=["a"]), BASE.root.children[2]),
    ],
)
def test_a_change_of_what_a_recovery_rests_on_is_a_difference(spec):
    assert len(changed(BASE, spec)) in {1, 2}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            with_work(FunctionWork("f", takes_self=False)),
            with_work(FunctionWork("g", takes_self=True, fingerprint="2")),
        ),
        (
            with_work(FunctionWork("f", takes_self=False, arguments=(Argument("x", Literal("1")),))),
            with_work(FunctionWork("f", takes_self=False, arguments=(Argument("x", Literal("2")),))),
        ),
        (flow(step("a", repeats=items(1, 2))), flow(step("a", repeats=items(3)))),
        (flow(step("a", place=Place("x.py", 1))), flow(step("a", place=Place("y.py", 2)))),
        (flow(step("a"), step("b")), flow(step("b"), step("a"))),
        (
            flow(step("a"), step("b"), step("c", some("a", every("b", "a!done")))),
            flow(step("a"), step("b"), step("c", some(every("a!done", "b"), "a", "a"))),
        ),
        (
            flow(step("a"), container("b", container("c", step("d", "^a")))),
            flow(step("a"), container("b", container("c", step("d", "a")))),
        ),
    ],
)
def test_what_may_change_between_a_run_and_its_recovery_is_no_difference(old, new):
    assert changed(old, new) == ()


def test_differences_are_told_by_path_in_words():
    old = flow(step("a"), step("gone"), container("c", step("d")))
    new = flow(step("a"), step("fresh", "a"), container("c", step("d", repeats=result("a"), parallel=0)))
    text = "'c.d' has changed. Now also: requires a, repeats a.result, parallel without limit"
    assert [(each.path, each.kind, PLACE.sub("", each.text)) for each in changed(old, new)] == [
        ("c.d", ChangeKind.CHANGED, text),
        ("fresh", ChangeKind.ADDED, "'fresh' is new. It is a step, requires a"),
        ("gone", ChangeKind.REMOVED, "'gone' is gone. It was a step"),
    ]


def test_a_difference_has_the_place_of_the_present_part():
    here = Place("flow.py", 7)
    old, new = flow(step("a"), step("b", "a")), flow(step("a"), step("b", place=here), step("c", place=here))
    assert [each.text for each in changed(old, new)] == [
        "'b' has changed, at flow.py:7. No longer: requires a",
        "'c' is new, at flow.py:7. It is a step",
    ]


@pytest.mark.parametrize(
    "option",
    [
        {"timeout": Literal("60.0")},
        {"delay": Literal("60.0")},
        {"nice": Literal("5")},
        {"retries": 3},
        {"retry_on": (1,)},
        {"priority": 1},
        {"max_concurrent": 2},
        {"retries": 1, "backoff": Backoff(2.0, 2.0)},
    ],
)
def test_how_long_how_often_and_how_many_may_change(option):
    assert changed(flow(step("a")), flow(step("a", **option))) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"acquires": (("db", 1),)}),
        ({"acquires": (("db", 1),)}, {"acquires": (("db", 2),)}),
        ({"acquires": (("db", 1),)}, {"acquires": (("db", 1),), "releases": ()}),
        ({}, {"recovery": {Status.FAILURE: Action.SKIP}}),
        ({}, {"timeout": ParamOf("n")}),
        ({"requires": "z!returned=1"}, {"requires": "z!returned=2"}),
        ({"requires": 'z!returned="x; y"'}, {"requires": 'z!returned="x; z"'}),
        ({"takes": [ResultOr(("z",), Literal("1"))]}, {"takes": [ResultOr(("z",), Literal("2"))]}),
        ({"timeout": Literal("1.0")}, {"timeout": Literal("2.0"), "requires": "z"}),
    ],
)
def test_what_a_recovery_rests_on_may_not_change(old, new):
    number = ParamSpec(name="n", type="int")
    one, other = (flow(step("z"), step("a", **options), pools={"db": 4}, params=[number]) for options in (old, new))
    (found,) = changed(one, other)
    assert (found.path, found.kind) == ("a", ChangeKind.CHANGED)


def test_another_capacity_of_a_pool_changes_the_flow():
    (found,) = changed(flow(step("a"), pools={"db": 1}), flow(step("a"), pools={"db": 2}))
    assert (found.path, found.kind) == ("", ChangeKind.CHANGED)
    assert PLACE.sub("", found.text) == "the flow has changed. Before: pool db: 1. Now: pool db: 2"


def test_the_order_of_values_and_of_directives_is_no_difference():
    old = flow(
        step("z"), step("a", "z!returned=1,2", recovery={Status.FAILURE: Action.SKIP, Status.SUCCESS: Action.RERUN})
    )
    new = flow(
        step("z"), step("a", "z!returned=2,1", recovery={Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP})
    )
    assert changed(old, new) == ()
