"""Names that may not be required or taken are told where they are written, with what to do."""

import pytest

from sequent.errors import Place
from sequent.model.references import ItemOf, Literal, OuterValue
from sequent.model.spec import ParamSpec
from tests.compiler.writing import asks, codes, container, flow, items, mistake, mistakes, result, step

DAY = ParamSpec(name="day", type="date", default=Literal('"2026-11-24"'))


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
