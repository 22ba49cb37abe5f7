"""A pickled result is taken by steps in workers of this machine alone, and decides nothing: told at its line."""

from __future__ import annotations

import inspect

import pytest

from sequent import Pickled, Sequent, command, container, item, outer, step
from sequent.compiler.analysis import analyse
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError, InvalidFlowError


class Model:
    """No data."""


def make(*_: object, **__: object) -> Model:
    return Model()


def use(*_: object, **__: object) -> None: ...


def flow_of(add) -> Sequent:
    flow = Sequent("f")
    add(flow, flow.add_step("model", func=make, result=Pickled))
    return flow


def problems_of(flow) -> list[DefinitionError]:
    try:
        analyse(definition_of(flow).spec)
    except InvalidFlowError as error:
        return list(error.problems)
    return []


def on_hosts(flow, _):
    flow.add_step("bad", func=make, result=Pickled, hosts=["a"])


def in_a_container_on_hosts(flow, _):
    flow.add_step("on", hosts=["a"]).add_step("bad", func=make, result=Pickled)


def taken_on_hosts(flow, model):
    flow.add_step("bad", func=use, args=[model.result], hosts=["a"])


def taken_in_a_thread(flow, model):
    flow.add_step("bad", func=use, kwargs={"x": [model.result]}, task_construct="thread")


def made_in_the_driver(flow, _):
    flow.add_step("bad", func=make, result=Pickled, task_construct="invoke")


def repeated_over(flow, model):
    flow.add_step("bad", func=use, args=[item()], repeats=model.result)


def of_an_option(flow, model):
    flow.add_step("bad", func=use, timeout=model.result_or(5))


def taken_in_part(flow, model):
    flow.add_step("bad", func=use, args=[model.result["a"]])


def asked_for(flow, model):
    flow.add_step("bad", func=use, requires=model.returned(1))


def asked_for_behind_a_container(flow, _):
    around = flow.add_step("around")
    around.result = around.add_step("inner", func=make, result=Pickled)
    flow.add_step("bad", func=use, requires=around.returned(1))


def ending_its_own_repeat(flow, _):
    flow.add_step("bad", func=make, result=Pickled, repeats=[1, 2], until=True)


def ending_a_repeat(flow, _):
    bad = flow.add_step("bad", repeats=[1, 2])
    bad.until = bad.add_step("inner", func=make, result=Pickled)


MISTAKES = {
    on_hosts: ("pickle-host", "'bad' has a pickled result, and runs on other hosts"),
    in_a_container_on_hosts: ("pickle-host", "'on.bad' has a pickled result, and runs on other hosts"),
    taken_on_hosts: ("pickle-host", "'bad' takes the pickled result of 'model', and runs on other hosts"),
    taken_in_a_thread: ("pickle-construct", "'bad' takes the pickled result of 'model', and runs in a thread"),
    made_in_the_driver: ("pickle-construct", "'bad' has a pickled result, and runs in the process of the driver"),
    repeated_over: ("pickle", "'bad' repeats over the pickled result of 'model'"),
    of_an_option: ("pickle", "'bad' has as its timeout the pickled result of 'model'"),
    taken_in_part: ("pickle", "'bad' takes a part of the pickled result of 'model'"),
    asked_for: ("pickle", "'bad' asks for the result of 'model', which is pickled"),
    asked_for_behind_a_container: ("pickle", "'bad' asks for the result of 'around.inner', which is pickled"),
    ending_its_own_repeat: ("pickle", "'bad' ends once the pickled result of 'bad' is truthy"),
    ending_a_repeat: ("pickle", "'bad' ends once the pickled result of 'bad.inner' is truthy"),
}


@pytest.mark.parametrize("add", MISTAKES)
def test_what_would_have_the_driver_or_a_host_read_it_is_refused_at_its_line(add):
    code, message = MISTAKES[add]
    (found,) = problems_of(flow_of(add))
    assert (found.code, found.message.startswith(message)) == (code, True), found.message
    assert found.hint
    lines, first = inspect.getsourcelines(add)
    assert found.place.file == __file__
    assert first < found.place.line < first + len(lines)


def test_what_a_container_takes_for_its_steps_counts_as_taken_by_those_that_see_it():
    @container
    class flow:
        @step(result=Pickled)
        def model(self) -> Model:
            return Model()

        @container(hosts=["a"])
        class there:
            base: Model = outer.model.result

            @step
            def bad(self) -> None: ...

            harmless = command("true")

    (found,) = problems_of(flow)
    assert (found.code, found.path) == ("pickle-host", "there.bad")


def test_whatever_only_steps_in_workers_take_is_accepted():
    def add(flow, model):
        many = flow.add_step("many", func=make, repeats=[1, 2], result=Pickled)
        inner = flow.add_step("inner")
        inner.result = inner.add_step("last", func=make, args=[model.result], result=Pickled)
        flow.add_step("take", func=use, args=[many.result, inner.result], kwargs={"m": model.result_or(None)})
        flow.result = inner

    assert problems_of(flow_of(add)) == []


def test_the_annotation_of_a_pickled_result_need_not_be_data():
    @container
    class flow:
        @step
        def model(self) -> Model:
            return Model()

    assert [problem.code for problem in problems_of(flow)] == ["not-data"]


@pytest.mark.parametrize("result", [str, "pickle", True])
def test_a_step_has_no_other_form_of_result(result):
    with pytest.raises(DefinitionError, match="'result' is") as found:
        step(result=result)(make)
    assert "result=Pickled" in found.value.hint
    with pytest.raises(DefinitionError, match="'result' is"):
        Sequent("f").add_step("a", func=use, result=result)


def test_a_command_has_none():
    with pytest.raises(DefinitionError, match="'result' is"):
        command("true", result=Pickled)
