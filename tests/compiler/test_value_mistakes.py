"""References that can have no value where they stand are told there, with what is missing."""

import pytest

from sequent.errors import Place
from sequent.model.references import (
    FailuresOf,
    FlowHandle,
    ItemOf,
    OuterValue,
    ParamOf,
    PartOf,
    PreviousOf,
    ResultOr,
    SecretOf,
)
from sequent.model.spec import ParamSpec
from tests.compiler.writing import (
    VALUE,
    asks,
    codes,
    container,
    every,
    flow,
    items,
    mistake,
    mistakes,
    result,
    some,
    step,
)

PREVIOUS = PreviousOf(VALUE, Place("flow.py", 7))


# -- previous --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (flow(step("a", takes=[PREVIOUS])), "'a' takes previous() outside any repeat"),
        (
            flow(container("b", step("a", takes=[PREVIOUS]), repeats=items(1))),
            "'a' takes previous(), and 'b', which repeats, names no result".replace("'a'", "'b.a'"),
        ),
        (
            flow(container("b", step("a", takes=[PREVIOUS]), repeats=items(1), result="a", parallel=2)),
            "'b' runs its iterations in parallel",
        ),
        (
            flow(
                container("b", step("a", takes=[PREVIOUS]), repeats=items(1), result="a", parallel=ParamOf("n")),
                params=[ParamSpec(name="n", type="int")],
            ),
            "'b' runs its iterations in parallel",
        ),
        (flow(step("a", takes=[PREVIOUS], repeats=items(1), parallel=0)), "'a' runs its iterations in parallel"),
        (flow(container("b", step("a"), repeats=items(1), result="a", delay=PREVIOUS)), "outside any repeat"),
    ],
)
def test_previous_without_an_iteration_before_is_refused_with_what_is_missing(spec, text):
    found = mistake(spec)
    assert (found.code, found.place) == ("previous", Place("flow.py", 7))
    assert text in found.message
    assert found.hint


# -- failures -----------------------------------------------------------------------------------------------


def test_failures_of_what_is_not_required_are_refused():
    found = mistake(flow(step("a"), step("b"), step("c", "b", takes=[FailuresOf(("a",), Place("flow.py", 7))])))
    assert (found.code, found.path, found.place) == ("failures", "c", Place("flow.py", 7))
    assert "'c' takes the failures of 'a'" in found.message
    assert "a.failed" in found.hint


@pytest.mark.parametrize("requires", ["a!failed", "a!done", "a", some("a!complete", "b")])
def test_failures_of_what_is_required_here_or_by_a_container_around_are_accepted(requires):
    here = step("c", requires, takes=[FailuresOf(("a",))])
    around = container("d", step("e", takes=[FailuresOf(("a",))]), requires=requires)
    assert mistakes(flow(step("a"), step("b"), here, around)) == []


def test_failures_beside_a_result_or_of_the_same_are_accepted():
    assert mistakes(flow(step("a"), step("b", takes=[FailuresOf(("a",)), ResultOr(("a",), VALUE)]))) == []


def test_failures_of_an_unknown_step_are_told_once():
    assert codes(flow(step("a", takes=[FailuresOf(("b",))]))) == ["unknown-name"]


# -- what was returned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "repeated"),
    [
        (step("a", repeats=items(1)), "a"),
        (container("a", step("b"), result="b", repeats=items(1)), "a"),
        (container("a", step("b", repeats=items(1)), result="b"), "a.b"),
    ],
)
def test_asking_what_something_repeated_returned_is_refused(asked, repeated):
    found = mistake(flow(asked, step("c", asks("a!returned=1", 7))))
    assert (found.code, found.path, found.place) == ("returned", "c", Place("flow.py", 7))
    assert f"'c' asks for the result of 'a', but '{repeated}' repeats" in found.message
    assert found.hint


def test_asking_what_a_container_without_a_result_returned_is_refused():
    found = mistake(flow(container("a", step("b")), step("c", "a!returned=1")))
    assert (found.code, found.hint) == ("no-result", "write result = ... in the body of 'a'")


def test_asking_for_the_result_of_one_iteration_within_it_is_accepted():
    assert mistakes(flow(container("a", step("b"), step("c", "a.b!returned=1"), repeats=items(1)))) == []


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        (every("a!returned=1", "a!returned=2,3"), "'a' cannot return 1 and return 2 or 3 at once"),
        (every("a!returned=1", "a!failed"), "'a' cannot fail and return 1 at once"),
        (every(some("a!returned=1", "a!failed"), "a!returned=2"), "no part of it can be true"),
        (every(some("a!returned=1", "a!returned=2"), "a!failed"), "no part of it can be true"),
    ],
)
def test_a_requirement_on_results_that_can_never_hold_is_refused(requires, reason):
    found = mistake(flow(step("a"), step("c", requires)))
    assert found.code == "unreachable"
    assert f"can never be true, since {reason}" in found.message


@pytest.mark.parametrize(
    "requires",
    [
        every("a!returned=1,2", "a!returned=2,3", "a", "a!complete"),
        some("a!returned=1", "a!returned=2"),
        every(some("a!returned=1", "b!returned=1"), some("a!returned=2", "b!returned=2")),
    ],
)
def test_a_requirement_on_results_that_can_hold_is_accepted(requires):
    assert mistakes(flow(step("a"), step("b"), step("c", requires))) == []


# -- results in branches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("requires", [some("a", "b"), some("a!returned=1", "b!returned=1")])
def test_a_result_of_one_branch_is_refused_with_result_or(requires):
    found = mistake(flow(step("a"), step("b"), step("c", requires, takes=["a", PartOf(result("b"), ("x",))])))
    assert found.code == "result-in-branch"
    assert "it would wait for both" in found.message
    assert "result_or(None)" in found.hint


def test_a_result_or_in_each_branch_is_accepted():
    values = [ResultOr(("a",), VALUE), ResultOr(("b",), VALUE)]
    assert mistakes(flow(step("a"), step("b"), step("c", some("a", "b"), takes=values))) == []


# -- what is no value -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [SecretOf("TOKEN"), FlowHandle()])
@pytest.mark.parametrize(
    ("use", "place"),
    [
        ("repeats", lambda value: step("a", repeats=value)),
        ("delay", lambda value: container("a", step("b"), delay=value)),
        ("timeout", lambda value: step("a", timeout=value)),
        ("parallel", lambda value: step("a", repeats=items(1), parallel=value)),
        ("whole of a part", lambda value: step("a", takes=[PartOf(value, ("x",))])),
        ("start of previous()", lambda value: step("a", takes=[PreviousOf(value)], repeats=items(1))),
        ("attribute 'x'", lambda value: container("a", step("b"), attributes=(("x", value),))),
    ],
)
def test_secrets_and_handles_are_refused_where_a_value_must_be_known(use, place, value):
    found = mistake(flow(place(value)))
    assert (found.code, found.path) == ("no-value", "a")
    assert found.message.endswith(f"as its {use}")
    assert ("'TOKEN'" if isinstance(value, SecretOf) else "the flow itself") in found.message
    assert found.place
    assert "TOKEN" not in found.hint


def test_an_option_that_refers_to_nothing_is_refused_at_its_line():
    line = {"option_places": {"delay": Place("flow.py", 7)}}
    found = mistake(flow(step("a", delay=OuterValue("dya"), **line), step("b", delay=VALUE)))
    assert (found.code, found.place) == ("unknown-outer", Place("flow.py", 7))
    assert mistake(flow(step("a", timeout=ItemOf()))).code == "item"
    assert mistake(flow(step("a", delay=result("b"), **line))).message == (
        "'a' has as its delay the result of 'b', which does not exist"
    )


def test_waiting_for_oneself_by_an_option_is_a_circle():
    assert codes(flow(step("a", delay=result("b")), step("b", timeout=result("a")))) == ["cycle"]


@pytest.mark.parametrize("option", [{"parallel": 2}, {"parallel": ParamOf("n")}])
def test_a_flow_is_not_parallel(option):
    assert codes(flow(step("a"), params=[ParamSpec(name="n", type="int")], **option)) == ["flow-option"]
