"""Everything wrong with a flow is told at once, each mistake where it was made, with what to do."""

import pytest

from sequent.compiler import compile_flow
from sequent.errors import InvalidFlowError, Place
from sequent.model.references import FlowHandle, ItemOf, Literal, OuterValue, ParamOf
from sequent.model.requirements import AllOf, AnyOf
from sequent.model.spec import ItemsCall, ItemsLiteral, NoWork, ParamSpec
from sequent.model.status import Claim
from tests.compiler.writing import asks, container, every, flow, items, mistake, mistakes, result, some, step

DAY = ParamSpec(name="day", type="date", default=Literal('"2026-11-24"'))


def codes(spec):
    return [problem.code for problem in mistakes(spec)]


# -- circles ----------------------------------------------------------------------------------------


def test_a_circle_is_named_by_its_path_with_the_line_of_each_requirement():
    found = mistake(flow(step("a", asks("b", 1)), step("b", asks("c", 2)), step("c", asks("a", 3)), step("d", "a")))
    assert found.code == "cycle"
    assert "cycle: a -> b -> c -> a" in found.message
    assert (
        "'a' requires 'b' at flow.py:1; 'b' requires 'c' at flow.py:2; 'c' requires 'a' at flow.py:3" in found.message
    )
    assert found.place == Place("flow.py", 1)
    assert found.hint


def test_of_several_ways_round_the_shortest_is_named():
    found = mistake(flow(step("a", "b"), step("b", "c"), step("c", every("d", "b")), step("d", "a")))
    assert "cycle: b -> c -> b" in found.message


def test_each_circle_of_its_own_is_told():
    spec = flow(step("a", "b"), step("b", "a"), container("c", step("d", "c.e"), step("e", "c.d")))
    assert ["a -> b -> a" in str(mistakes(spec)[0]), "c.d -> c.e -> c.d" in str(mistakes(spec)[1])] == [True, True]
    assert codes(spec) == ["cycle", "cycle"]


def test_a_circle_through_containers_is_found_though_no_step_is_in_one():
    inner = step("x", asks("b", 7))
    found = mistake(flow(container("a", inner), container("b", step("y"), requires=asks("a", 8))))
    assert "cycle: a -> b -> a" in found.message
    assert "'a.x' requires 'b' at flow.py:7; 'b' requires 'a' at flow.py:8" in found.message


def test_a_circle_made_by_taking_results_is_found():
    assert codes(flow(step("a", takes=["b"]), step("b", repeats=result("a")))) == ["cycle"]


def test_a_circle_of_many_steps_is_named_in_short():
    count = 3_000
    found = mistake(flow(*(step(f"s{n}", f"s{(n + 1) % count}") for n in range(count))))
    assert "2,980 more" in found.message
    assert len(found.message) < 2_000


def test_a_great_tangle_does_not_take_for_ever():
    count = 1_500
    spec = flow(*(step(f"s{n}", every(*(f"s{(n + far) % count}" for far in (1, 2, 3)))) for n in range(count)))
    assert codes(spec) == ["cycle"]


# -- names that may not be required -------------------------------------------------------------------


def test_a_step_that_requires_itself_is_refused_with_its_path():
    found = mistake(flow(container("a", step("b", asks("a.b", 5)))))
    assert (found.code, found.path, found.place) == ("self-requirement", "a.b", Place("flow.py", 5))
    assert "'a.b' requires itself" in found.message


@pytest.mark.parametrize("named", ["a", "^a", "a.b"])
def test_a_child_that_requires_a_container_around_it_is_refused(named):
    found = mistake(flow(container("a", container("b", step("c", named)))))
    assert found.code == "own-container"
    assert "'a.b.c' is inside" in found.message
    assert "would wait for itself" in found.message


def test_a_container_that_requires_something_inside_it_is_refused():
    found = mistake(flow(container("a", container("b", step("c")), requires="a.b.c")))
    assert found.code == "own-child"
    assert "'a' requires 'a.b.c', which is inside it: it would wait for itself" in found.message


def test_a_container_that_takes_the_result_of_its_own_child_is_refused():
    assert codes(flow(container("a", step("b"), attributes=(("x", result("a.b")),)))) == ["own-child"]


def test_an_unknown_name_is_refused_with_the_name_that_was_meant_and_those_there_are():
    found = mistake(flow(step("s11"), step("s2"), step("s3", asks("s1l", 4))))
    assert (found.code, found.path, found.place) == ("unknown-name", "s3", Place("flow.py", 4))
    assert "'s1l'" in found.message
    assert found.hint == "did you mean 's11'? there are: s11, s2"


def test_an_unknown_name_without_a_line_is_blamed_on_the_option_and_else_on_the_step():
    on_option = step("b", "nothing", option_places={"requires": Place("flow.py", 77)})
    assert mistake(flow(step("a"), on_option)).place == Place("flow.py", 77)
    assert mistake(flow(step("a"), step("b", "nothing", place=Place("flow.py", 78)))).place == Place("flow.py", 78)


def test_reaching_into_another_container_is_refused_with_the_container_to_require():
    spec = flow(container("s1", container("s11", step("s111"))), container("s2", step("s21", "s1.s11.s111")))
    found = mistake(spec)
    assert found.code == "into-container"
    assert "'s2.s21' requires 's1.s11.s111'" in found.message
    assert found.hint == "require the container 's1' instead"


def test_reaching_into_a_sibling_is_refused_with_that_sibling():
    spec = flow(container("a", container("b", step("c")), step("d", "a.b.c")))
    assert mistake(spec).hint == "require the container 'a.b' instead"


@pytest.mark.parametrize(
    "spec",
    [
        flow(container("a", container("b", step("c", "^nihgt")), step("night")), step("other"), params=[DAY]),
        flow(container("a", container("b", step("c", takes=["^nihgt"])), step("night")), step("other"), params=[DAY]),
        flow(
            container("a", container("b", step("c", takes=[OuterValue("nihgt")])), step("night")),
            step("other"),
            params=[DAY],
        ),
    ],
)
def test_an_outer_name_that_exists_at_no_level_is_refused_with_the_nearest_and_their_levels(spec):
    found = mistake(spec)
    assert (found.code, found.path) == ("unknown-outer", "a.b.c")
    assert "outer.nihgt" in found.message
    assert "did you mean 'night'?" in found.hint
    assert "night (in a)" in found.hint
    assert "other (in flow)" in found.hint
    assert "day (in flow)" in found.hint


def test_outer_does_not_find_siblings():
    assert codes(flow(container("a", step("b"), step("c", "^b")))) == ["unknown-outer"]


def test_outer_in_the_flows_own_body_finds_nothing():
    assert mistake(flow(step("a"), step("b", "^a"))).hint == "nothing is further out"


def test_a_step_further_out_is_not_a_value_and_an_attribute_is_no_step():
    spec = flow(
        step("a"),
        container(
            "b",
            container("c", step("d", takes=[OuterValue("a")]), step("e", "^x")),
            attributes=(("x", result("^a")),),
        ),
    )
    found = mistakes(spec)
    assert [problem.code for problem in found] == ["outer-value", "outer-value"]
    assert found[0].hint == "write outer.a.result"
    assert "outer.x" in found[1].hint


# -- requirements that never hold ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        (every("a", "a!failed"), "'a' cannot be success and failure at once"),
        (every("d!failed", "d!skipped", "b"), "'d' cannot be failure and skipped at once"),
        (every("a!active", "b!skipped"), "'b' waits for nothing, and so is never skipped"),
        (every("a!ready", "a!failed", "a"), "'a' cannot be"),
        (some(every("a", "a!failed"), every("b", "b!failed")), "exclude one another"),
        (every(some("a", "b!skipped"), "a!failed"), "no part of it can be true"),
        (asks("b!skipped"), "never skipped"),
        (asks("finally!skipped"), "only waits for things to be done"),
    ],
)
def test_a_requirement_that_can_never_be_true_is_refused_with_the_reason(requires, reason):
    found = mistake(
        flow(step("a"), step("b"), step("finally", every("a!done", "b!done")), step("d", "a"), step("c", requires))
    )
    assert (found.code, found.path) == ("unreachable", "c")
    assert "'c' can never run" in found.message
    assert "can never be true" in found.message
    assert reason in found.message


@pytest.mark.parametrize(
    "requires",
    [
        some("a", "a!failed"),
        every("a!complete", "a!active", "a!ready", "a!failed"),
        every(some("a", "b"), some("a", "a!skipped"), some("b", "b!skipped")),
        every("b!skipped", "a!failed", "b!done"),
        some(every("a", "a!failed"), "b"),
    ],
)
def test_a_requirement_that_can_be_true_is_accepted(requires):
    assert mistakes(flow(step("a"), step("b", "a"), step("c", requires))) == []


def test_taking_the_result_of_what_must_fail_is_refused():
    found = mistake(flow(step("a"), step("b", "a!failed", takes=["a"])))
    assert found.code == "unreachable"


def test_what_rests_on_a_step_that_can_never_run_is_not_blamed_as_well():
    spec = flow(step("a"), step("b", every("a", "a!failed")), step("c", "b"), step("d", "c"))
    assert [problem.path for problem in mistakes(spec)] == ["b"]


def test_a_requirement_that_takes_too_long_to_try_out_is_believed():
    names = [f"s{n}" for n in range(40)]
    rule = every(some(*names), *(some(every(name, f"{name}!failed"), f"{name}!skipped") for name in names))
    assert mistakes(flow(step("first"), *(step(name, "first") for name in names), step("last", rule))) == []


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


@pytest.mark.parametrize("option", [{"repeats": items(1)}, {"requires": "a"}, {"parallel": 2}])
def test_a_flow_takes_no_requirement_and_does_not_repeat(option):
    assert codes(flow(step("a"), **option)) == ["flow-option"]


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


@pytest.mark.parametrize("named", ["nothing", "inner", "again"])
def test_until_names_a_step_of_the_body_that_does_not_repeat(named):
    body = step("b"), container("inner", step("c")), step("again", repeats=items(1))
    found = mistake(flow(container("a", *body, repeats=items(1), until=named)))
    assert repr(named) in found.message
    assert "there are: b" in found.hint


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
    assert codes(flow(step("a", repeats=FlowHandle()))) == ["repeats"]


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
    claims = [step(f"of_{claim}", some(f"a!{claim}", f"b!{claim}", "a")) for claim in Claim]
    assert mistakes(flow(step("a"), container("b", step("x"), requires="a"), *claims)) == []


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
