"""Annotations are found where they were written: in modules, in bodies, and in the functions around these."""

from __future__ import annotations

import enum
import typing
from collections.abc import Coroutine
from dataclasses import dataclass
from types import FunctionType

import pytest

from sequent import Sequent, container, param, step
from sequent.dsl.parameters.param import encode_params
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import InvalidFlowError, UsageError
from sequent.model.annotations import classes_in

if typing.TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal


class Colour(enum.Enum):
    RED = 1


def mistakes_of(flow):
    with pytest.raises(InvalidFlowError) as caught:
        definition_of(flow)
    return [problem.message for problem in caught.value.problems]


def test_a_class_of_the_function_around_a_flow_is_found_by_its_parameters_and_results():
    @dataclass
    class Row:
        colour: Colour

    @container
    class flow:
        row: Row = param(default=None)  # wrong: told below
        given: list[Row] = param()

        @step
        def load(self) -> dict[str, Row]: ...

        @container
        class inner:
            @step
            def load(self) -> Row: ...

    assert mistakes_of(flow) == ["the default of 'row' is None, which is not a Row"]

    @container
    class right:
        given: list[Row] = param()

        @step
        def load(self) -> dict[str, Row]: ...

        @container
        class inner:
            @step
            def load(self) -> Row: ...

    definition = definition_of(right)
    assert dict(definition.result_types) == {("load",): dict[str, Row], ("inner", "load"): Row}
    assert definition.param_types == {"given": list[Row]}


def test_a_class_of_the_function_around_is_found_by_what_the_builder_is_given():
    @dataclass
    class Row:
        colour: Colour

    def load() -> Row: ...

    flow = Sequent("flow")
    block = flow.add_step("block")
    flow.add_step("load", func=load)
    block.add_step("load", func=load)
    assert set(classes_in(definition_of(flow).result_types["block", "load"]).values()) == {Row, Colour}


def test_what_is_awaited_is_the_result():
    def later() -> Coroutine[object, object, Colour]: ...

    async def soon() -> Colour: ...

    flow = Sequent("flow")
    flow.add_step("later", func=later)
    flow.add_step("soon", func=soon)
    assert dict(definition_of(flow).result_types) == {("later",): Colour, ("soon",): Colour}


def test_a_parameter_does_not_hide_its_own_type():
    @container
    class flow:
        date: date = param()

        @step
        def work(self) -> None: ...

    assert mistakes_of(flow) == ["the type of the parameter 'date' cannot be found: date"]


def test_every_type_that_cannot_be_found_is_told_and_a_function_of_several_steps_once():
    def load() -> Decimal: ...

    flow = Sequent("flow")
    for name in "abc":
        flow.add_step(name, func=load)
    flow.add_step("d", func=FunctionType(load.__code__, globals(), "other"))
    assert mistakes_of(flow) == ["the type of the result of 'a' cannot be found: Decimal"]


def test_a_value_with_a_class_that_the_annotation_of_the_parameter_does_not_name_is_refused_before_the_run():
    @dataclass
    class Row:
        colour: Colour

    @container
    class flow:
        anything: object = param()

        @step
        def work(self) -> None: ...

    definition = definition_of(flow)
    assert encode_params(definition, {"anything": {"a": 1}}) == {"anything": '{"a":1}'}
    with pytest.raises(UsageError, match=r"'anything' has a \S*Row in it, which its annotation object does not name"):
        encode_params(definition, {"anything": [Row(Colour.RED)]})
