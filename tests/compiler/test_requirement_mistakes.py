"""Requirements in a circle, into containers, or that never hold are told where they were made, with what to do."""

import pytest

from sequent.errors import Place
from sequent.model.references import ItemOf, Literal, OuterValue
from sequent.model.spec import ParamSpec
from tests.compiler.writing import asks, codes, container, every, flow, items, mistake, mistakes, result, some, step

DAY = ParamSpec(name="day", type="date", default=Literal('"2026-11-24"'))


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


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("load", "'load' is in the same body: define it further up, and write load alone"),
        ("laod", "did you mean 'load'? It is in the same body, and named without outer"),
        ("nothing", "no body encloses it"),
    ],
)
def test_outer_in_the_flows_own_body_finds_nothing_and_what_was_meant_is_told(name, hint):
    assert mistake(flow(step("load"), step("send", f"^{name}"))).hint == hint


def test_outer_for_a_value_of_the_same_body_is_told_to_be_left_out():
    day, region = OuterValue("day"), OuterValue("region")
    of_the_flow = flow(step("a", takes=[day]), params=[ParamSpec(name="day", type="date")])
    inner = container("b", step("c", takes=[region]), attributes=(("region", ItemOf()),), repeats=items(1))
    assert mistake(of_the_flow).hint == "'day' is in the same body: write day alone"
    assert mistake(flow(inner)).hint == "'region' is in the same body: write region alone"


def test_outer_on_a_containers_own_line_does_not_look_into_its_own_body():
    assert "same body" not in mistake(flow(container("a", step("x"), requires="^x"))).hint


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
        (every("a", "a!failed"), "'a' cannot succeed and fail at once"),
        (every("d!failed", "d!skipped", "b"), "'d' cannot fail and be skipped at once"),
        (every("a!active", "b!skipped"), "'b' waits for nothing, and so is never skipped"),
        (every("a!ready", "a!failed", "a"), "'a' cannot "),
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
