"""Everything wrong with a flow is told at once, each mistake where it was made, with what to do."""

import pytest

from sequent.compiler import compile_flow
from sequent.errors import InvalidFlowError, Place
from sequent.model.references import FlowHandle, ItemOf, Literal, ParamOf
from sequent.model.requirements import AllOf, AnyOf
from sequent.model.spec import ItemsCall, ItemsLiteral, ParamSpec
from sequent.model.status import Claim
from sequent.model.work import NoWork
from tests.compiler.writing import asks, codes, container, every, flow, items, mistake, mistakes, some, step

DAY = ParamSpec(name="day", type="date", default=Literal('"2026-11-24"'))


# -- names, nesting, and what a flow needs ----------------------------------------------------------------


def test_a_name_used_twice_is_refused_with_both_lines():
    first, second = step("load", place=Place("flow.py", 10)), step("load", place=Place("flow.py", 20))
    found = mistake(flow(container("a", first, second)))
    assert (found.code, found.path, found.place) == ("duplicate", "a.load", Place("flow.py", 20))
    assert "'load'" in found.message
    assert "flow.py:10" in found.message


@pytest.mark.parametrize(("one", "other"), [("load", "Load"), ("straße", "STRASSE"), ("ﬁle", "file")])
def test_names_that_differ_only_in_case_or_form_are_refused(one, other):
    found = mistake(flow(step(one), step(other)))
    assert found.code == "similar-names"
    assert repr(one) in found.message
    assert repr(other) in found.message
    assert "differ only in case" in found.message


def test_names_that_were_joined_alike_are_accepted():
    assert mistakes(flow(container("s1", step("s11")), step("s1_s11"))) == []


def test_a_name_that_is_too_long_is_refused():
    assert mistakes(flow(step("s" * 64))) == []
    assert mistake(flow(step("s" * 65))).hint == "at most 64 are allowed"


def test_an_empty_flow_is_refused():
    found = mistake(flow())
    assert found.code == "empty-flow"
    assert "empty flow" in found.message


def test_a_step_without_work_and_a_container_without_steps_are_accepted():
    assert mistakes(flow(step("a", work=NoWork()), container("b", requires="a"))) == []


@pytest.mark.parametrize(
    "option",
    [
        {"repeats": items(1)},
        {"requires": "a"},
        {"parallel": 2},
        {"delay": Literal("3.0")},
        {"handles": False},
        {"releases": (("db", 1),)},
    ],
)
def test_a_flow_neither_requires_nor_repeats_nor_waits_nor_gives_back(option):
    assert codes(flow(step("a"), pools={"db": 2}, **option))[0] == "flow-option"


def nested(levels):
    inner = step("x")
    for _ in range(levels - 1):
        inner = container("c", inner)
    return flow(inner)


def test_a_hundred_levels_are_accepted_and_a_thousand_refused_with_their_number():
    assert mistakes(nested(100)) == []
    assert "101 levels" in mistake(nested(101)).message
    found = mistake(nested(1_000))
    assert found.code == "depth"
    assert "1000 levels" in found.message
    assert "at most 100" in found.hint


def alternating(levels):
    requires = asks("a")
    for level in range(levels):
        requires = (AllOf if level % 2 else AnyOf)((requires, asks("b")))
    return requires


def test_a_requirement_may_be_nested_a_hundred_deep_and_no_deeper():
    steps = step("a"), step("b")
    assert mistakes(flow(*steps, step("c", alternating(100)))) == []
    assert codes(flow(*steps, step("c", alternating(101)))) == ["depth"]
    assert codes(flow(*steps, step("c", alternating(3_000)))) == ["depth"]


def test_a_chain_of_and_is_one_level():
    requires = asks("a")
    for _ in range(3_000):
        requires = AllOf((requires, asks("b")))
    assert mistakes(flow(step("a"), step("b"), step("c", requires))) == []


# -- repeats, results, items, parameters ---------------------------------------------------------------------


ENDLESS = ItemsCall(name="count", takes_self=False, is_endless=True)


def test_endless_items_need_an_until():
    found = mistake(flow(container("a", step("b"), repeats=ENDLESS)))
    assert found.code == "endless"
    assert "never ends" in found.message
    assert codes(flow(step("a", repeats=ENDLESS))) == ["endless"]
    assert (
        mistakes(flow(container("a", step("b"), repeats=ENDLESS, until="b"), step("c", repeats=ENDLESS, until=True)))
        == []
    )


def test_an_empty_list_of_items_is_accepted():
    assert mistakes(flow(container("a", step("b"), repeats=items()), step("c", repeats=items()))) == []


def test_until_needs_repeats():
    assert codes(flow(container("a", step("b"), until="b"), step("c", until=True))) == ["until", "until"]


@pytest.mark.parametrize(
    ("named", "why"),
    [("nothing", "is not in its body"), ("inner", "is a container"), ("again", "repeats")],
)
def test_until_names_a_step_of_the_body_that_does_not_repeat(named, why):
    body = step("b"), container("inner", step("c")), step("again", repeats=items(1))
    found = mistake(flow(container("a", *body, repeats=items(1), until=named)))
    assert found.message == f"'until' of 'a' names {named!r}, which {why}"
    assert "there are: b" in found.hint
    alone = flow(container("a", step("again", repeats=items(1)), repeats=items(1), until="again"))
    assert mistake(alone).hint == "name a step of its body that does not repeat"


def test_a_result_names_something_in_the_body_that_has_one():
    assert mistake(flow(container("a", step("load"), result="laod"))).hint.startswith("did you mean 'load'?")
    assert codes(flow(container("a", container("b", step("c")), result="b"))) == ["no-result"]
    assert codes(flow(step("a"), result="b")) == ["unknown-name"]


def test_the_result_of_a_container_that_names_none_is_refused_with_the_names_of_its_steps():
    found = mistake(flow(container("a", step("load"), step("check")), step("b", takes=["a"])))
    assert (found.code, found.path) == ("no-result", "b")
    assert "load, check" in found.hint


@pytest.mark.parametrize(
    "spec",
    [
        flow(container("a", step("b", takes=[ItemOf()]))),
        flow(container("a", step("b"), attributes=(("x", ItemOf()),))),
        flow(container("a", step("b"), repeats=ItemOf())),
        flow(step("a", repeats=ItemOf())),
    ],
)
def test_item_outside_of_any_repeat_is_refused_with_what_is_missing(spec):
    found = mistake(spec)
    assert found.code == "item"
    assert "outside any repeat" in found.message
    assert found.hint


def test_an_unknown_parameter_is_refused_with_those_there_are():
    found = mistake(flow(step("a", takes=[ParamOf("dya")]), params=[DAY]))
    assert found.code == "unknown-param"
    assert found.hint == "did you mean 'day'? there are: day"


def test_repeating_over_the_flow_is_refused():
    assert codes(flow(step("a", repeats=FlowHandle()))) == ["no-value"]


# -- all at once ------------------------------------------------------------------------------------------


def test_all_mistakes_are_told_together_each_with_code_place_and_hint():
    spec = flow(
        step("a", "b"),
        step("b", "a"),
        step("c", "nothing"),
        step("C"),
        container("d", step("e", "d"), step("f", takes=["^nobody"]), repeats=ENDLESS),
        step("g", every("c", "c!failed")),
        step("h", "d.e"),
    )
    with pytest.raises(InvalidFlowError) as caught:
        compile_flow(spec)
    assert {problem.code for problem in caught.value.problems} == {
        *("cycle", "unknown-name", "similar-names", "own-container", "unknown-outer", "endless", "unreachable"),
        "into-container",
    }
    assert all(problem.place and problem.hint and problem.path for problem in caught.value.problems)
    assert "'nothing'" in str(caught.value)


def test_a_requirement_of_which_a_part_is_unknown_is_not_judged_for_the_rest():
    assert codes(flow(step("a"), step("b", every("a", "a!failed", "nothing")))) == ["unknown-name"]


def test_every_claim_may_be_required_of_a_step_and_of_a_container():
    said = {claim: "returned=1" if claim is Claim.RETURNED else claim.value for claim in Claim}
    claims = [step(f"of_{claim}", some(f"a!{said[claim]}", f"b!{said[claim]}", "a")) for claim in Claim]
    assert mistakes(flow(step("a"), container("b", step("x"), requires="a", result="x"), *claims)) == []


def test_items_that_were_written_down_are_not_looked_into():
    assert mistakes(flow(step("a", repeats=ItemsLiteral(text='{"$g":[0,1000000,1]}')))) == []


def test_very_many_mistakes_are_all_told_in_reasonable_time():
    count = 3_000
    found = mistakes(flow(*(step(f"step{number}", f"stap{number}") for number in range(count))))
    assert len(found) == count
    assert found[0].hint.startswith("did you mean")
    assert all(problem.hint for problem in found)


def test_what_is_nested_too_deep_is_told_once():
    inner = container("c", step("x"), result="x")
    for _ in range(120):
        inner = container("c", step("x"), inner, result="c")
    assert codes(flow(inner)) == ["depth"]


@pytest.mark.parametrize("option", [{"parallel": 2}, {"parallel": ParamOf("n")}])
def test_a_flow_is_not_parallel(option):
    assert codes(flow(step("a"), params=[ParamSpec(name="n", type="int")], **option)) == ["flow-option"]
