"""Values taken of one branch, and failures of a step that is not required, are told where they are taken."""

import pytest

from sequent.errors import Place
from sequent.model.references import FailuresOf, PartOf, ResultOr
from tests.compiler.writing import VALUE, codes, container, every, flow, mistake, mistakes, result, some, step


@pytest.mark.parametrize(
    ("requires", "takes", "text"),
    [
        (some("a", "b"), ["a", "b"], "it would wait for both"),
        (some("a", "b"), ["a"], "it would wait for it in any case"),
        (every("c", some("a", every("b", "c"))), ["b", "a"], "it would wait for both"),
    ],
)
def test_taking_a_result_of_one_branch_of_an_or_is_refused(requires, takes, text):
    spec = flow(step("a"), step("b"), step("c"), step("d", requires, takes=takes))
    found = mistake(spec)
    assert (found.code, found.path) == ("result-in-branch", "d")
    assert text in found.message


def test_taking_a_result_that_every_branch_requires_is_accepted():
    assert (
        mistakes(flow(step("a"), step("b"), step("d", some(every("a", "b"), every("a", "b!failed")), takes=["a"])))
        == []
    )


@pytest.mark.parametrize("requires", [some("a", "b"), some("a!returned=1", "b!returned=1")])
def test_a_result_of_one_branch_is_refused_with_result_or(requires):
    found = mistake(flow(step("a"), step("b"), step("c", requires, takes=["a", PartOf(result("b"), ("x",))])))
    assert found.code == "result-in-branch"
    assert "it would wait for both" in found.message
    assert "result_or(None)" in found.hint


def test_a_result_or_in_each_branch_is_accepted():
    values = [ResultOr(("a",), VALUE), ResultOr(("b",), VALUE)]
    assert mistakes(flow(step("a"), step("b"), step("c", some("a", "b"), takes=values))) == []


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
