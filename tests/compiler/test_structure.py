"""What a recovery must find unchanged, and how a change is told."""

from datetime import UTC, datetime

import pytest

from sequent.compiler import ChangeKind, Difference, compile_flow, differences
from sequent.errors import Place
from sequent.model.durations import read_seconds, span_text
from sequent.model.references import FailuresOf, ItemOf, Literal, OuterValue, ParamOf, PartOf, PreviousOf, ResultOr
from sequent.model.spec import Backoff, FlowConfig, FlowSpec, ItemsCall, ParamSpec
from sequent.model.status import Action, Construct, Status
from sequent.model.wire import encode
from sequent.model.work import Argument, CommandWork, FunctionWork
from tests.compiler.writing import amounts, container, every, flow, items, result, some, step


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
    text = "'c.d' is now also: requires a, repeats a.result, parallel without limit"
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


def test_every_word_has_its_place_in_a_line():
    number = ParamSpec(name="n", type="int")
    options = {
        "acquires": amounts("db 2, gpu 1"),
        "releases": (),
        "recovery": {Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP},
        "timeout": Literal("5400.0"),
        "delay": Literal(encode(datetime(2026, 11, 24, 6, tzinfo=UTC))),
        "retries": 2,
        "backoff": Backoff(1.5, 2.0, 60.0, 0.1),
        "retry_on": ("builtins.OSError", 75),
        "priority": 3,
        "max_concurrent": 4,
    }
    spec = flow(
        step("a", **options),
        step("b", 'a!returned="x"', [PartOf(ResultOr(("a",), Literal("0")), ("k", 0))], handles=False),
        step("c", "b!failed", [FailuresOf(("b",))], task_construct=Construct.THREAD, delay=PartOf(ParamOf("n"), (0,))),
        step("d", takes=[PreviousOf(ItemOf())], repeats=items(1)),
        container("e", step("f"), repeats=items(1), parallel=ParamOf("n"), max_concurrent=0),
        params=[number],
        pools={"gpu": 1, "db*": 2},
    )
    assert compile_flow(spec).structure == {
        "": "flow, parameter n: int, pool db: 2 shared by all runs, pool gpu: 1",
        "a": "step, acquires 2 of db and 1 of gpu, gives back nothing, in a recovery failure skip, success rerun; "
        "delay until 2026-11-24T06:00:00+00:00, timeout 1h 30m, retries 2, "
        "waits 1.5s, each time 2 times as long up to 1m, give or take 10%, retries on builtins.OSError, 75, "
        "priority 3, at most 4 at once",
        "b": "step, requires a.result_or & a.returned(\"x\"), takes a.result_or(0)['k'][0], does not handle",
        "c": "step, requires b.failed, takes b.failures, delay the parameter n[0], in a thread",
        "d": "step, repeats a list, takes the previous result of d, first the item of d",
        "e": "container, repeats a list, parallel the parameter n; any number at once",
        "e.f": "step",
    }


@pytest.mark.parametrize(
    "option",
    [
        {"timeout": Literal("60.0")},
        {"delay": Literal("60.0")},
        {"retries": 3},
        {"retry_on": (1,)},
        {"priority": 1},
        {"max_concurrent": 2},
        {"retries": 1, "backoff": Backoff(2.0, 2.0)},
    ],
)
def test_how_long_how_often_and_how_many_only_tunes_a_step(option):
    (found,) = changed(flow(step("a")), flow(step("a", **option)))
    assert (found.path, found.kind) == ("a", ChangeKind.TUNED)


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
def test_what_a_recovery_rests_on_is_more_than_tuned(old, new):
    number = ParamSpec(name="n", type="int")
    one, other = (flow(step("z"), step("a", **options), pools={"db": 4}, params=[number]) for options in (old, new))
    (found,) = changed(one, other)
    assert (found.path, found.kind) == ("a", ChangeKind.CHANGED)


def test_another_capacity_of_a_pool_changes_the_flow():
    (found,) = changed(flow(step("a"), pools={"db": 1}), flow(step("a"), pools={"db": 2}))
    assert (found.path, found.kind) == ("", ChangeKind.CHANGED)
    assert found.text == "the flow was: pool db: 1; and is: pool db: 2"


def test_the_order_of_values_and_of_directives_leaves_the_structure():
    old = flow(
        step("z"), step("a", "z!returned=1,2", recovery={Status.FAILURE: Action.SKIP, Status.SUCCESS: Action.RERUN})
    )
    new = flow(
        step("z"), step("a", "z!returned=2,1", recovery={Status.SUCCESS: Action.RERUN, Status.FAILURE: Action.SKIP})
    )
    assert changed(old, new) == ()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (0.25, "0.25s"), (30.0, "30s"), (3600.0, "1h"), (90061.5, "1d 1h 1m 1.5s"), (864000.0, "10d")],
)
def test_a_length_of_time_reads_as_it_is_written(seconds, text):
    assert span_text(seconds) == text
    assert read_seconds(text) == seconds


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
