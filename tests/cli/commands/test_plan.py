"""A plan as people read it."""

from __future__ import annotations

from attrs import evolve

from sequent.cli.commands.plan import planned_parts
from sequent.compiler import describe
from sequent.model.durations import Backoff
from sequent.model.references import ItemOf, Literal, ParamOf
from sequent.model.spec import ItemsLiteral, ParamSpec
from tests.compiler.writing import amounts, asks, container, every, flow, items, result, some, step

CITIES = ItemsLiteral('["eu","us"]')
NESTED = flow(
    step("last", every("first", some("block!failed", "block!done"))),
    step("first"),
    container("block", step("send", "^first"), repeats=CITIES, parallel=2),
)


def planned(spec):
    return {".".join(part.path): part for part in planned_parts(describe(spec))}


def test_parts_stand_in_the_order_in_which_they_can_start_and_as_written_otherwise():
    assert list(planned(flow(step("b"), step("a"), step("c")))) == ["b", "a", "c"]
    assert list(planned(NESTED)) == ["first", "block", "block.send", "last"]


def test_each_part_says_what_it_waits_for_as_it_would_be_written():
    assert {path: part.waits_for for path, part in planned(NESTED).items()} == {
        "first": "",
        "block": "",
        "block.send": "outer.first",
        "last": "first & (block.done | block.failed)",
    }


def test_siblings_come_first_as_they_stand_in_the_flow():
    inner = step("e", every(some("^x", "c.b", every("c.a!done", "c.z")), "c.z", "c.a"))
    spec = flow(step("x"), container("c", step("z"), step("b"), step("a"), inner))
    assert planned(spec)["c.e"].waits_for == "z & a & (b | outer.x | (z & a.done))"


def test_a_repeat_says_over_what_and_how_many_at_once():
    block = planned(NESTED)["block"]
    assert (block.repeats, block.parallel, block.path, block.notes) == ('["eu", "us"]', 2, ("block",), ())
    ended = evolve(NESTED.root.children[2], until="send")
    assert planned(flow(step("first"), ended))["block"].notes == ("until send",)
    assert planned(flow(step("a", repeats=items(*range(1000)))))["a"].repeats == "1,000 items"


def test_requirements_on_results_waits_limits_and_pools_are_told():
    maker = step("m", retries=2, priority=1, timeout=ItemOf())
    parts = planned(
        flow(
            container("a", maker, result="m", delay=Literal("90.0"), repeats=result("first"), releases=()),
            step("first"),
            step("ask"),
            step(
                "b",
                asks('ask!returned="x","y"'),
                repeats=result("a"),
                parallel=ParamOf("n"),
                until=True,
                max_concurrent=3,
                retries=1,
                backoff=Backoff(60.0, 1.0),
                retry_on=(75, "builtins.ConnectionError", "socket.gaierror"),
                acquires=amounts("db 2"),
                releases=(),
            ),
            step("c", "a!done"),
            params=[ParamSpec(name="n", type="int")],
            pools={"db": 2},
        )
    )
    assert parts["b"].waits_for == 'a & ask.returned("x", "y")'
    assert parts["c"].waits_for == "a.done"
    assert parts["a"].notes == ("delay 1m 30s", "gives back nothing")
    assert parts["a.m"].notes == ("timeout the item of a", "retries 2", "priority 1")
    assert parts["b"].notes == (
        "until its result",
        "retries 1",
        "waits 1m",
        "retries on 75, ConnectionError, socket.gaierror",
        "at most 3 at once",
        "acquires 2 of db",
        "gives back nothing",
    )
    assert (parts["b"].repeats, parts["b"].parallel) == ("a.result", "the parameter n")
