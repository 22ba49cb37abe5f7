"""What a recovery must find unchanged, and how a change is told."""

import pytest

from sequent.compiler import ChangeKind, Difference, compile_flow, differences
from sequent.errors import Place
from sequent.model.references import ItemOf, Literal, OuterValue
from sequent.model.spec import Argument, CommandWork, FlowConfig, FlowSpec, FunctionWork, ItemsCall, ParamSpec
from sequent.model.status import Construct
from tests.compiler.writing import container, every, flow, items, result, some, step


def with_work(work):
    return flow(step("a"), step("b", work=work))


def changed(old, new):
    return differences(compile_flow(old).structure, compile_flow(new).structure)


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
def test_a_change_of_what_a_recovery_rests_on_changes_the_structure(spec):
    assert compile_flow(spec).fingerprint != compile_flow(BASE).fingerprint
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
def test_what_may_change_between_a_run_and_its_recovery_leaves_the_structure(old, new):
    assert changed(old, new) == ()
    assert compile_flow(old).fingerprint == compile_flow(new).fingerprint


def test_differences_are_told_by_path_in_words():
    old = flow(step("a"), step("gone"), container("c", step("d")))
    new = flow(step("a"), step("fresh", "a"), container("c", step("d", repeats=result("a"), parallel=0)))
    text = "'c.d' was: step; and is: step, requires a, repeats a.result, parallel without limit"
    assert changed(old, new) == (
        Difference("c.d", ChangeKind.CHANGED, text),
        Difference("fresh", ChangeKind.ADDED, "'fresh' is new: step, requires a"),
        Difference("gone", ChangeKind.REMOVED, "'gone' is gone; it was: step"),
    )


def test_every_part_of_a_flow_has_a_line():
    day = ParamSpec(name="day", type="date", default=Literal("1"))
    inner = container(
        "c",
        step("d", takes=[OuterValue("day"), ItemOf()]),
        step("e", repeats=ItemsCall(name="pages", takes_self=False), until=True, stop_on_exception=True),
        repeats=items(1),
        until="d",
        result="d",
        handles=False,
    )
    spec = flow(step("a", task_construct=Construct.INVOKE), inner, params=[day], result="a")
    loose = FlowSpec(name="f", root=spec.root, params=spec.params, config=FlowConfig(stop_on_exception=False))
    assert compile_flow(loose).structure == {
        "": "flow, parameter day: date, does not stop on exception, result a",
        "a": "step, invoked",
        "c": "container, repeats a list, until d, result d, does not handle",
        "c.d": "step, takes the item of c, the parameter day",
        "c.e": "step, repeats what a callable gives, until its result, stops on exception",
    }


def test_a_step_of_its_own_fingerprint_tells_its_code():
    plain = CommandWork(words=(Literal('"cp"'), ItemOf(Place("x.py", 1))))
    moved = CommandWork(words=(Literal('"cp"'), ItemOf(Place("x.py", 9))))
    other = CommandWork(words=(Literal('"mv"'), ItemOf(Place("x.py", 1))))
    one, two, three = (
        compile_flow(flow(step("a", work=work, repeats=items(1)))).nodes[2].fingerprint
        for work in (plain, moved, other)
    )
    assert one == two != three
    assert compile_flow(with_work(FunctionWork("f", takes_self=False, fingerprint="abc"))).nodes[2].fingerprint == "abc"
