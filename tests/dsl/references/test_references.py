"""What a flow takes that is known only while it runs, as the specification has it."""

from __future__ import annotations

from enum import Enum

import pytest

import sequent
from sequent import Sequent, command, container, item, outer, param, previous, secret, step
from sequent.dsl.specification.definitions import definition_of
from sequent.model.references import (
    FailuresOf,
    ItemOf,
    Literal,
    OuterName,
    OuterValue,
    ParamOf,
    PartOf,
    PreviousOf,
    ResultOf,
    ResultOr,
    SecretOf,
)
from sequent.model.requirements import AnyOf, Atom
from sequent.model.status import Claim
from sequent.model.work import Formatted, Template, references_of


class Size(Enum):
    SMALL = 1
    LARGE = 2


def spec_of(flow):
    return definition_of(flow).spec.root


def child(name, container_):
    return next(part for part in container_.children if part.name == name)


def taken(step_):
    return [argument.value for argument in step_.work.arguments]


def work(*args, **kwargs): ...


@container
class flow:
    names: list[str] = param()

    @step
    def pick(self) -> Size | str | bool | None: ...

    @step
    def table(self) -> dict[str, list[int]]: ...

    @step(requires=pick.returned("full", True, None, Size.LARGE) | pick.failed)
    def branch(
        self,
        stand_in: object = table.result_or({"a": [1]}),
        failures: object = table.failures,
        part: int = table.result["a"][-1],
        field: object = table.result.rows.name,
        first: str = names[0],
        token: str = secret("TOKEN"),
    ) -> int: ...

    @step(repeats=[(1, "a")])
    def each(self, name: str = item()[1], before: int = previous(0), begun: int = previous(branch.result)) -> int: ...

    @container(repeats=table.result["a"], requires=branch.returned(3))
    class fold:
        name: str = item()["name"]
        sum_: float = previous(0.0)
        columns: list[int] = outer.table.result["a"]
        safe: int = outer.branch.result_or(0)
        failed_: object = outer.table.failures
        first: str = outer.names[0]

        @step(requires=outer.branch.returned(1, 2))
        def add(self) -> float: ...

        show = command("echo", name, f"{sum_:.2f}:{outer.names[0]}", env={"A": f"x{secret('A')}"}, stdin=secret("B"))
        result = add


ROOT = spec_of(flow)


def test_returned_is_a_claim_with_its_values_as_wire_text():
    values = ('"full"', "true", "null", '{"$e":["Size","LARGE"]}')
    assert child("branch", ROOT).requires == AnyOf(
        (Atom(("pick",), Claim.RETURNED, values=values), Atom(("pick",), Claim.FAILURE))
    )
    assert child("fold", ROOT).requires == Atom(("branch",), Claim.RETURNED, values=("3",))


def test_what_is_further_out_may_be_asked_what_it_returned():
    add = child("add", child("fold", ROOT))
    assert add.requires == Atom(OuterName("branch"), Claim.RETURNED, values=("1", "2"))


def test_stand_ins_failures_parts_and_secrets_are_arguments():
    table = ResultOf(("table",))
    assert taken(child("branch", ROOT)) == [
        ResultOr(("table",), Literal('{"a":[1]}')),
        FailuresOf(("table",)),
        PartOf(table, ("a", -1)),
        PartOf(table, ("rows", "name")),
        PartOf(ParamOf("names"), (0,)),
        SecretOf("TOKEN"),
    ]


def test_a_repeated_step_takes_parts_of_its_item_and_what_it_returned_before():
    assert taken(child("each", ROOT)) == [
        PartOf(ItemOf(), (1,)),
        PreviousOf(Literal("0")),
        PreviousOf(ResultOf(("branch",))),
    ]


def test_a_container_takes_them_as_attributes():
    fold = child("fold", ROOT)
    assert fold.repeats == PartOf(ResultOf(("table",)), ("a",))
    assert fold.attributes == (
        ("name", PartOf(ItemOf(), ("name",))),
        ("sum_", PreviousOf(Literal("0.0"))),
        ("columns", PartOf(ResultOf(OuterName("table")), ("a",))),
        ("safe", ResultOr(OuterName("branch"), Literal("0"))),
        ("failed_", FailuresOf(OuterName("table"))),
        ("first", PartOf(OuterValue("names"), (0,))),
    )


def test_a_command_takes_parts_in_its_words_and_secrets_in_env_and_stdin():
    show = child("show", child("fold", ROOT)).work
    assert show.words[1] == PartOf(ItemOf(), ("name",))
    name = PartOf(OuterValue("names"), (0,))
    assert show.words[2] == Template((Formatted(PreviousOf(Literal("0.0")), "", ".2f"), ":", Formatted(name)))
    assert show.env == (("A", Template(("x", Formatted(SecretOf("A"))))),)
    assert show.stdin == SecretOf("B")
    assert [type(found) for found in references_of(show)] == [PartOf, PreviousOf, PartOf, SecretOf, SecretOf]


def test_each_reference_knows_its_line():
    part = taken(child("branch", ROOT))[2]
    with open(__file__, encoding="utf-8") as source:
        assert source.readlines()[part.place.line - 1].strip().startswith("part: int = table.result")


def test_every_name_is_free_for_a_part():
    a = step(work)
    for name in (
        "name",
        "number",
        "site",
        "text",
        "label",
        "target",
        "node",
        "keys",
        "default",
        "help",
        "count",
        "index",
    ):

        @container
        class holder:
            a = step(work)
            b = step(kwargs={"x": getattr(a.result, name)})(work)

        assert taken(child("b", spec_of(holder))) == [PartOf(ResultOf(("a",)), (name,))]
    assert not hasattr(a.result, "__wrapped__")


def test_no_name_of_a_child_is_taken_by_a_container():
    @container
    class holder:
        depth = step(work)
        shown = step(work)
        target = step(work)

    assert [holder.depth, holder.shown, holder.target] == list(holder.__sequent__.children.values())


def test_the_builder_takes_the_same():
    flow = Sequent("built")
    a = flow.add_step("a", func=work, kwargs={"x": secret("T")})
    b = flow.add_step("b", func=work, repeats=[1], args=(a.result_or(None), a.result["x"], a.failures, previous(1)))
    c = flow.add_step("c", command=("echo", a.result.y), requires=a.returned("go"))
    d = flow.add_step("d", func=work, requires=((a, sequent.STEP_FAILURE), a.returned(1)))
    a, b, c, d = spec_of(flow).children
    assert taken(a) == [SecretOf("T")]
    assert taken(b) == [
        ResultOr(("a",), Literal("null")),
        PartOf(ResultOf(("a",)), ("x",)),
        FailuresOf(("a",)),
        PreviousOf(Literal("1")),
    ]
    assert c.work.words[1] == PartOf(ResultOf(("a",)), ("y",))
    assert c.requires == Atom(("a",), Claim.RETURNED, values=('"go"',))
    assert d.requires.parts[1] == Atom(("a",), Claim.RETURNED, values=("1",))


def test_values_of_returned_are_compared_with_the_annotation_however_it_is_found():
    class Local(Enum):
        ONE = 1

    @container
    class flow:
        @step
        def pick(self) -> Local: ...

        listed = command("ls", result=str)

        @container
        class inner:
            @step
            def check(self) -> bool: ...

            result = check

        unknown = step(work)
        a = step(requires=pick.returned(Local.ONE) & listed.returned("x") & inner.returned(True))(work)
        b = step(requires=unknown.returned(3))(work)

    assert len(spec_of(flow).children) == 6


@pytest.mark.parametrize("word", ["result", "failures"])
def test_a_name_further_out_may_be_paired_with_a_status(word):
    @container
    class flow:
        a = step(work)

        @container
        class inner:
            b = step(requires=((outer.a, sequent.STEP_FAILURE),), kwargs={"x": getattr(outer.a, word)})(work)

    (b,) = child("inner", spec_of(flow)).children
    assert b.requires == Atom(OuterName("a"), Claim.FAILURE)
