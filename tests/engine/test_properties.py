"""The engine does what the contract says: random flows, outcomes, orders of ends, crashes and recoveries."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from sequent.model.durations import Backoff
from sequent.model.references import Literal
from sequent.model.requirements import AllOf, AnyOf
from sequent.model.spec import ContainerSpec, FlowSpec
from sequent.model.status import Claim
from sequent.model.value_text import encode
from tests.engine.pairs import (
    Mood,
    check,
    courses,
    randoms,
    some_asked,
    some_directives,
    some_drawn,
    some_questions,
    some_waits,
)
from tests.flows import flow_specs
from tests.reference_directives import Asked
from tests.small_flows import DRAWN, block, done, failed, flow, items, on, outer, step


@given(flow_specs(asks_results=True, has_hosts=True), courses, st.integers(1, 4), randoms)
def test_the_engine_agrees_with_the_reference_through_failures_crashes_and_recoveries(
    spec: FlowSpec, course: list[Mood], slots: int, random: Random
) -> None:
    root = some_questions(some_waits(some_drawn(spec.root, random), random), random)
    assert isinstance(root, ContainerSpec)
    check(evolve(spec, root=root), course, slots, random)


@given(flow_specs(asks_results=True, has_hosts=True), courses, st.integers(1, 4), randoms)
def test_the_engine_agrees_with_the_reference_about_directives(
    spec: FlowSpec, course: list[Mood], slots: int, random: Random
) -> None:
    root = some_directives(some_questions(some_waits(some_drawn(spec.root, random), random), random), random)
    assert isinstance(root, ContainerSpec)
    check(evolve(spec, root=root), course, slots, random, some_asked)


def test_a_copy_stays_open_where_a_run_is_stopped_before_its_repeat_begins_anew() -> None:
    hosts = Literal(encode(["h1", "h2"]))
    spec = flow(block("a", evolve(step("c", repeats=items(2), until=True), values={"hosts": hosts})))
    again = ("a.c", (1, 1, "h1"))
    check(spec, [Mood(), Mood(stop_after=0)], 1, Random(1), lambda *_: Asked(rerun=(again,)))


HARD = {
    "a failure stops the flow before its container has settled": flow(
        block("inner", step("a"), step("b"), step("c", on("inner.b"))), step("x"), step("y", on("x"))
    ),
    "a failure waits for a handler further out": flow(
        block("inner", step("a"), step("b")),
        step("h", AllOf((failed("inner"), on("x")))),
        step("x"),
        step("y", on("x")),
        step("z", on("y")),
    ),
    "a kept handler meets a stop": flow(step("a"), step("h", failed("a")), step("t", done("h")), step("b"), step("c")),
    "something is lost in what has stopped": flow(
        block("inner", step("a"), step("b"), step("c", handles=False), repeats=items(2), parallel=2),
        step("t", done("inner")),
    ),
    "a kept step watches further out": flow(
        step("a"),
        block("c", step("t", outer("a", Claim.DONE)), step("h", outer("a", Claim.FAILURE)), step("x"), step("y")),
        stop=False,
    ),
    "a container runs again as a whole": flow(
        step("a"),
        block(
            "c",
            block("d", step("x"), step("y", repeats=items(2)), step("z", on("c.d.x")), repeats=items(2), parallel=2),
            step("h", failed("c.d")),
            requires=done("a"),
        ),
        step("b"),
        stop=False,
    ),
    "iterations are drawn while others end the repeat": flow(
        block("c", step("x"), step("y", on("c.x", Claim.ACTIVE)), repeats=DRAWN, parallel=3, until="x"),
        step("h", failed("c")),
        step("t", done("c")),
    ),
    "a kept handler meets nothing but a stop": flow(step("a"), step("h", failed("a")), step("b")),
    "a kept step can run again no more": flow(
        step("a"), step("b"), step("h", AllOf((failed("a"), failed("b")))), step("n", on("h")), stop=False
    ),
    "a kept step has all it requires before its cause has settled": flow(
        step("a"),
        block("c", step("x"), step("t", AnyOf((outer("a", Claim.DONE), on("c.x")))), step("y", on("c.x"))),
        stop=False,
    ),
    "items are drawn while an iteration ends the repeat": flow(
        block("c", step("x"), repeats=DRAWN, parallel=2, until="x")
    ),
    "a failure that waits for another attempt meets a stop": flow(
        block("c", step("x", retries=2, backoff=Backoff(first=1.0)), step("h", failed("c.x"))), step("y")
    ),
    "levels hold the stop back or not": flow(
        block(
            "c",
            block("d", step("x", stop_on_exception=True), step("y"), step("z", on("c.d.y"))),
            step("v", done("c.d")),
            step("w", on("c.v")),
            repeats=items(2),
            stop_on_exception=False,
        ),
        step("u"),
        step("s", on("u")),
    ),
}


@pytest.mark.parametrize("spec", HARD.values(), ids=HARD.keys())
@settings(max_examples=4 * settings.default.max_examples)
@given(courses, st.integers(1, 4), randoms)
def test_the_engine_agrees_with_the_reference_where(
    spec: FlowSpec, course: list[Mood], slots: int, random: Random
) -> None:
    check(spec, course, slots, random)
