"""What attempts get and what they give: arguments, results, and whether those are truthy."""

from __future__ import annotations

import functools
from dataclasses import make_dataclass

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import NotDataError
from sequent.model.status import Verdict
from sequent.model.value_text import decode, encode
from sequent.runtime.orders import AttemptBegan
from sequent.runtime.worker.inputs import Catalogue
from tests.runtime.driving import Driving
from tests.runtime.worker_steps import Colour, Row, add, nothing, unnamed


def rows() -> list[Row]:
    return [Row("a", Colour.RED)]


def name_of(found):
    return [f"{row.name} {row.colour.name}" for row in found]


async def later():
    return "later"


def big():
    return "x" * 3_000_000


def length(text):
    return len(text)


def change(items):
    items.append(1)
    return items


def unresolved() -> functools.nothing:
    return [1]


class Adder:
    def __init__(self, first):
        self.first = first

    def __call__(self, second):
        return self.first + second

    def method(self, second):
        return self.first * second


class Later(Adder):
    async def __call__(self, second):
        return self.first - second


flow = Sequent("flow")
flow.add_step("object", func=Adder(2), args=(3,))
flow.add_step("method", func=Adder(2).method, args=(3,))
flow.add_step("later_object", func=Later(2), args=(3,))
flow.add_step("partial", func=functools.partial(add, 2), kwargs={"b": 3})
flow.add_step("builtin", func=max, args=(2, 3))
flow.add_step("nameless", func=lambda: 5)
flow.add_step("repeated", func=nothing, repeats=unresolved)
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
made = flow.add_step("rows", func=rows)
flow.add_step("names", func=name_of, args=(made.result,))
flow.add_step("unnamed", func=unnamed)
flow.add_step("later", func=later)
large = flow.add_step("big", func=big)
flow.add_step("length", func=length, args=(large.result,))
flow.add_step("change", func=change, args=([0],))
flow.add_step("nothing", func=nothing)


def test_a_step_gets_its_arguments_and_gives_its_result_and_its_output(driving: Driving):
    ended = driving.run("sum")
    assert (ended.result, ended.problem) == ("4", None)
    assert driving.log_of(ended) == "adding 1 3\n"


def test_a_literal_is_a_fresh_copy_for_each_attempt(driving: Driving):
    assert [driving.run("change").result for _ in range(2)] == ["[0,1]", "[0,1]"]


def test_a_coroutine_function_is_run(driving: Driving):
    assert driving.run("later").result == '"later"'


@pytest.mark.parametrize(
    ("step", "result"),
    [("object", "5"), ("method", "6"), ("later_object", "-1"), ("partial", "5"), ("builtin", "3"), ("nameless", "5")],
)
def test_whatever_can_be_called_can_be_a_step(driving: Driving, step, result):
    assert driving.run(step).result == result


def test_an_annotation_of_items_that_means_nothing_names_no_class(driving: Driving):
    assert driving.run("repeated", item="1").problem is None


def test_records_and_enums_travel_to_the_step_that_asks(driving: Driving):
    text = driving.run("rows").result
    assert text
    ended = driving.run("names", inputs=(text,), makers=("rows",))
    assert (ended.problem, ended.result) == (None, '["a RED"]')


def test_a_class_that_the_annotation_does_not_name_is_refused_with_the_way_out(driving: Driving):
    problem = driving.run("unnamed").problem
    assert problem
    assert "annotate the step's return with" in problem.message


def test_a_kept_result_whose_class_has_changed_is_told_with_the_way_out(driving: Driving):
    text = driving.run("rows").result
    assert text
    older = text.replace('"name":"a"', '"title":"a","size":1')
    problem = driving.run("names", inputs=(older,), makers=("rows",)).problem
    assert problem
    assert "the result of 'rows' cannot be read back: a stored Row has other fields than the class has now" in (
        problem.message
    )
    assert "it had 'title', 'size' and had no 'name'" in problem.message
    assert "sequent recover --from rows" in problem.message


def test_two_classes_of_one_name_are_not_taken_for_each_other():
    first = make_dataclass("Twin", ["name"])
    second = make_dataclass("Twin", ["name"])
    flow = Sequent("twins")
    for name, kind in (("one", first), ("two", second)):

        def work() -> object: ...

        work.__annotations__["return"] = kind
        flow.add_step(name, func=work)
    catalogue = Catalogue(definition_of(flow))
    text = encode(second("a"))
    assert type(decode(text, catalogue.classes_of("two"))) is second
    with pytest.raises(NotDataError, match="the flow has several classes of that name"):
        decode(text, catalogue.classes_of(""))


def test_values_larger_than_any_packet_travel_both_ways(driving: Driving):
    text = driving.run("big").result
    assert text is not None
    assert len(text) == 3_000_002
    assert driving.run("length", inputs=(text,), makers=("big",)).result == "3000000"


def test_a_beginning_is_announced_where_that_is_asked_for(driving: Driving):
    frame = driving.start("nothing", announces=True)
    assert driving.wait(lambda report: report.frame == frame) == AttemptBegan(frame, 1, 1)
    driving.end_of(frame)


@pytest.mark.parametrize(("step", "verdict"), [("nothing", Verdict.FALSY), ("sum", Verdict.TRUTHY)])
def test_the_worker_tells_whether_a_result_is_truthy(driving: Driving, step, verdict):
    assert driving.run(step, wants_verdict=True).verdict is verdict
    assert driving.run(step).verdict is Verdict.UNKNOWN
