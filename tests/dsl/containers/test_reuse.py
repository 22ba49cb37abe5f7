"""A container that is used again with other parameters, and plain attributes that are reached from within."""
# ruff: noqa: RUF012  a class's list is a constant

from __future__ import annotations

from enum import Enum

from sequent import command, container, item, outer, param, previous, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import ItemOf, Literal, OuterName, OuterValue, ParamOf, PreviousOf, ResultOf
from sequent.model.requirements import Atom
from sequent.model.spec import ItemsLiteral, StepSpec
from sequent.model.status import Claim
from sequent.model.work import Formatted, Template


class Mode(Enum):
    FAST = 1


@container(stop_on_exception=False)
class load_region:
    """Loads one region."""

    region: str = param()
    depth: int = param(default=1)

    @step
    def load(self, depth: int = depth) -> str:
        return self.region * self.depth

    say = command("echo", region, f"<{region:>4}>", result=str)

    @container(repeats=[1, 2])
    class each:
        where: str = outer.region

        @step
        def part(self, text: str = outer.load.result) -> str: ...

        result = part

    @step(requires=say.done)
    def whole(self, parts: list[str] = each.result) -> str: ...

    result = whole


@container
class flow:
    zone: str = param(default="z")

    @step
    def first(self) -> str: ...

    eu = container(requires=first, handles=False, kwargs={"region": "eu"})(load_region)
    us = container(kwargs={"region": first.result, "depth": 3}, stop_on_exception=True)(load_region)
    home = container(kwargs={"region": zone})(load_region)
    many = container(repeats=["a", "b"], parallel=2, kwargs={"region": item(), "depth": previous(7)})(load_region)
    again = container(kwargs={"depth": 9})(eu)

    @step
    def report(self, eu: str = eu.result, many: list[str] = many.result) -> None: ...


DEFINITION = definition_of(flow)
ROOT = DEFINITION.spec.root


def child(name, container_=ROOT):
    return next(part for part in container_.children if part.name == name)


def test_each_use_has_the_steps_of_the_first_with_paths_of_its_own():
    for name in ("eu", "us"):
        used = child(name)
        assert [part.name for part in used.children] == ["load", "say", "each", "whole"]
        assert used.result == "whole"
        assert child("whole", used).requires == Atom((name, "say"), Claim.DONE)
        assert child("whole", used).work.arguments[0].value == ResultOf((name, "each"))
        assert child("part", child("each", used)).work.arguments[0].value == ResultOf(OuterName("load"))
        assert DEFINITION.functions[name, "load"] is DEFINITION.functions["us", "load"]
        assert DEFINITION.bodies[name,].__name__ == "load_region"


def test_options_are_of_the_line_that_uses_it_and_else_of_the_first():
    assert child("eu").requires == Atom(("first",), Claim.SUCCESS)
    assert (child("eu").handles, child("eu").stop_on_exception) == (False, False)
    assert child("us").stop_on_exception is True
    assert child("many").parallel == 2
    assert child("many").repeats == ItemsLiteral('["a","b"]')


def test_its_parameters_are_what_it_is_given():
    assert child("eu").attributes == (("region", Literal('"eu"')), ("depth", Literal("1")))
    assert child("us").attributes == (("region", ResultOf(("first",))), ("depth", Literal("3")))
    assert child("home").attributes[0] == ("region", ParamOf("zone"))
    assert child("many").attributes == (("region", ItemOf()), ("depth", PreviousOf(Literal("7"))))
    assert child("again").attributes == (("region", Literal('"eu"')), ("depth", Literal("9")))
    assert [param_.name for param_ in DEFINITION.spec.params] == ["zone"]


def test_a_parameter_that_its_body_names_directly_is_what_it_is_given():
    assert child("load", child("eu")).work.arguments[0].value == Literal("1")
    assert child("load", child("us")).work.arguments[0].value == Literal("3")
    assert child("say", child("eu")).work.words[1:] == (
        Literal('"eu"'),
        Template(("<", Formatted(Literal('"eu"'), "", ">4"), ">")),
    )
    assert child("say", child("us")).work.words[1] == ResultOf(("first",))


def test_from_within_they_are_further_out():
    assert child("each", child("eu")).attributes == (("where", OuterValue("region")),)


def test_its_result_is_asked_as_any_other():
    assert [argument.value for argument in child("report").work.arguments] == [ResultOf(("eu",)), ResultOf(("many",))]


def test_in_a_unit_test_it_has_what_it_was_given():
    assert flow.eu().load() == "eu"
    assert flow.again().load() == "eu" * 9
    assert flow.us(region="x").load() == "xxx"


def test_the_first_stays_a_flow_of_its_own():
    spec = definition_of(load_region).spec
    assert [param_.name for param_ in spec.params] == ["region", "depth"]
    assert child("whole", spec.root).requires == Atom(("say",), Claim.DONE)


def test_a_flow_with_its_parameters_given_is_a_flow():
    spec = definition_of(container(kwargs={"region": "eu"})(load_region)).spec
    assert spec.params == ()
    assert spec.root.attributes == (("region", Literal('"eu"')), ("depth", Literal("1")))


def test_a_container_is_used_again_within_one_that_is_used_again():
    @container
    class block:
        name: str = param()
        own = container(kwargs={"region": name})(load_region)
        last = step(kwargs={"x": own.result})(lambda x: x)

    @container
    class flow:
        one = container(kwargs={"name": "n"})(block)

    own = child("own", child("one", definition_of(flow).spec.root))
    assert own.attributes[0] == ("region", Literal('"n"'))
    assert child("whole", own).requires == Atom(("one", "own", "say"), Claim.DONE)


def test_a_container_and_its_second_use_stand_side_by_side():
    @container
    class flow:
        @container
        class one:
            first = step(lambda: 1)
            second = step(requires=first.done)(lambda: 1)

        two = container(requires=one.failed)(one)
        last = step(requires=one.done & two)(lambda: 1)

    one, two, last = definition_of(flow).spec.root.children
    assert child("second", one).requires == Atom(("one", "first"), Claim.DONE)
    assert child("second", two).requires == Atom(("two", "first"), Claim.DONE)
    assert last.requires.parts == (Atom(("one",), Claim.DONE), Atom(("two",), Claim.SUCCESS))


def test_a_sibling_may_be_given_its_own_result_again():
    @container
    class flow:
        one = container(kwargs={"region": "n"})(load_region)
        two = container(kwargs={"region": one.result})(one)
        last = step(requires=one.done, kwargs={"x": two.result})(lambda x: x)

    root = definition_of(flow).spec.root
    assert child("two", root).attributes[0] == ("region", ResultOf(("one",)))
    assert child("whole", child("two", root)).requires == Atom(("two", "say"), Claim.DONE)
    assert child("last", root).requires == Atom(("one",), Claim.DONE)
    assert child("last", root).work.arguments[0].value == ResultOf(("two",))


@container
class constants:
    zones = ["a", "b"]
    limits = {"eu": 2}
    mode = Mode.FAST
    pause = "3s"
    width = 2

    @container
    class inner:
        width = 5
        limit: int = outer.limits["eu"]

        @step(delay=outer.pause)
        def work(self, zones: list[str] = outer.zones, mode: Mode = outer.mode) -> None: ...

        say = command("echo", outer.zones, f"{outer.limits['eu']:03}", cwd=outer.pause)

        @container(repeats=outer.zones, parallel=outer.width)
        class deeper:
            @step(repeats=outer.zones, parallel=outer.limits["eu"], timeout=outer.pause)
            def near(self, width: int = outer.width) -> None: ...

            @step
            def far(self, text: str = outer.pause) -> None: ...


def test_plain_attributes_are_known_from_within():
    inner = child("inner", definition_of(constants).spec.root)
    assert inner.attributes == (("limit", Literal("2")),)
    work = child("work", inner)
    assert [argument.value for argument in work.work.arguments] == [
        Literal('["a","b"]'),
        Literal('{"$e":["Mode","FAST"]}'),
    ]
    assert work.work.arguments[1].value.classes == (Mode,)
    say = child("say", inner).work
    assert say.words[1:] == (Literal('["a","b"]'), Template((Formatted(Literal("2"), "", "03"),)))
    assert say.cwd == Literal('"3s"')


def test_plain_attributes_may_be_options_and_items():
    inner = child("inner", definition_of(constants).spec.root)
    assert child("work", inner).values["delay"] == Literal("3.0")
    deeper = child("deeper", inner)
    assert (deeper.repeats, deeper.parallel, deeper.values) == (ItemsLiteral('["a","b"]'), 2, {})
    near = child("near", deeper)
    assert isinstance(near, StepSpec)
    assert (near.repeats, near.parallel, near.values["timeout"]) == (ItemsLiteral('["a","b"]'), 2, Literal("3.0"))


def test_the_nearest_plain_attribute_counts():
    deeper = child("deeper", child("inner", definition_of(constants).spec.root))
    assert child("near", deeper).work.arguments[0].value == Literal("5")
    assert child("far", deeper).work.arguments[0].value == Literal('"3s"')
