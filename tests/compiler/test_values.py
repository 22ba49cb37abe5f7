"""References that can have no value where they stand are told there, with what is missing."""

import pytest

from sequent.errors import Place
from sequent.model.references import FlowHandle, ItemOf, OuterValue, ParamOf, PartOf, PreviousOf, SecretOf
from sequent.model.spec import ParamSpec
from tests.compiler.writing import VALUE, container, flow, items, mistake, result, step

PREVIOUS = PreviousOf(VALUE, Place("flow.py", 7))


# -- previous ---------------------------------------------------------------------------------------


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


# -- what is no value ---------------------------------------------------------------------------------------


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
