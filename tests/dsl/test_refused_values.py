"""A mistake in arguments, references, parameters or containers is told at import, at the line that makes it."""

import threading
from collections import OrderedDict

import pytest

from sequent import Sequent, container, item, outer, param, step
from sequent.errors import DefinitionError


def work(*args, **kwargs): ...


def take(x): ...


def test_a_parameter_without_a_value_is_told(blamed):
    def write():
        @container
        class flow:
            @step  # wrong
            def load(self, table): ...

    blamed(write, "'table'", "has no value")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"args": 3}, "'args' of 'take' is 3"),
        ({"kwargs": [1]}, "'kwargs' of 'take'"),
        ({"kwargs": {1: 2}}, "has the key 1"),
        ({"kwargs": {"y": 2}}, "unexpected keyword argument 'y'"),
        ({"args": (1, 2)}, "too many positional arguments"),
        ({"kwargs": {"x": threading.Lock()}}, "kwargs['x'] is a lock"),
        ({"kwargs": {"x": {"db": object()}}}, "kwargs['x']['db'] is an object"),
        ({"args": ("x" * (17 * 2**20),)}, "16,777,216 are allowed"),
    ],
)
def test_arguments_that_do_not_fit_are_told(options, text, blamed):
    def write():
        @container
        class flow:
            a = step(**options)(take)  # wrong

    blamed(write, text)


def test_a_step_among_the_arguments_is_told_of_its_result(blamed):
    def write_kwargs():
        @container
        class flow:
            a = step(work)
            b = step(kwargs={"x": a})(take)  # wrong

    def write_default():
        @container
        class flow:
            a = step(work)

            @step  # wrong
            def b(self, x=a): ...

    def write_nested():
        @container
        class flow:
            a = step(work)
            b = step(kwargs={"x": OrderedDict(y=a.result)})(take)  # wrong

    blamed(write_kwargs, "is the step 'a' itself", "write a.result")
    blamed(write_default, "is the step 'a' itself")
    blamed(write_nested, "has the reference", "an argument of its own")


@pytest.mark.parametrize(
    "misuse",
    [
        lambda r: r == 1,
        lambda r: r != 1,
        lambda r: r + "a",
        lambda r: 1 - r,
        lambda r: [*r],
        lambda r: len(r) + 1,
        lambda r: r(),
        lambda r: not r,
        lambda r: r < 2,
        lambda r: int(r) + 1,
        lambda r: 1 in r,
        lambda r: r | 1,
        lambda r: -r,
    ],
)
def test_a_reference_is_known_only_while_running(misuse, blamed):
    a = step(work)
    for reference in (a.result, item(), param(), outer.a.result):
        with pytest.raises(DefinitionError, match="only while") as caught:
            misuse(reference)
        assert caught.value.place.file == __file__
        assert caught.value.place.line == misuse.__code__.co_firstlineno


def test_a_reference_in_a_text_is_only_for_a_command(blamed):
    def write_default():
        @container
        class flow:
            a = step(work)

            @step  # wrong
            def b(self, x=f"{a.result}.csv"): ...

    def write_kwargs():
        @container
        class flow:
            a = step(work)
            b = step(kwargs={"x": f"{a.result}.csv"})(take)  # wrong

    def write_option():
        @container
        class flow:
            a = step(work)
            b = step(task_construct=f"{a.result}")(work)  # wrong

    def write_items():
        @container
        class flow:
            a = step(work)
            b = step(repeats=[f"{a.result}"])(work)  # wrong

    for write in (write_default, write_kwargs, write_option, write_items):
        blamed(write, "only in a command's words")


def test_an_attribute_cannot_be_a_siblings_result(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            x: str = a.result  # wrong

    blamed(write, "is of a sibling: a.result", "def work(self, x=")


def test_an_attribute_cannot_be_a_requirement(blamed):
    def write():
        @container
        class flow:
            a = step(work)
            b = step(work)
            either = a | b  # wrong

    blamed(write, "'either' is a requirement, which cannot be an attribute", "requires=")


def test_an_until_where_no_step_could_be_named_says_to_define_one(blamed):
    def write():
        @container(repeats=[1])
        class flow:
            @container
            class inner:
                a = step(work)

            until = inner  # wrong

    blamed(write, "'until' of 'flow' names no step", "define a step whose result says")


@pytest.mark.parametrize("word", ["result", "until"])
def test_a_designation_must_name_a_step_of_that_body(word):
    other = step(work)
    with pytest.raises(DefinitionError, match=f"'{word}' of 'flow' names no step of its body") as caught:
        container(repeats=[1])(type("flow", (), {"a": step(work), "b": step(work), word: "a"}))
    assert "'a', 'b'" in str(caught.value)
    del other


def test_a_container_without_a_result_has_none_to_give(blamed):
    def write():
        @container
        class flow:
            @container
            class inner:
                a = step(work)

            b = step(kwargs={"x": inner.result})(take)  # wrong

    blamed(write, "'inner' names no result", "result = a")


def test_a_parameter_belongs_to_the_flow(blamed):
    def write():
        @container
        class flow:
            @container
            class inner:
                day: str = param()  # wrong
                a = step(work)

    blamed(write, "'day' is a parameter of 'inner'", "outer.day")


def test_a_parameter_needs_a_type(blamed):
    def write():
        @container
        class flow:
            day = param()  # wrong
            a = step(work)

    blamed(write, "'day' has no type")


def test_an_empty_container_is_refused(blamed):
    def write():
        @container  # wrong
        class flow:
            pass

    blamed(write, "nothing to do")


def test_a_function_is_no_container(blamed):
    def write():
        @container  # wrong
        def flow(): ...

    blamed(write, "is not a class")


def test_a_result_that_names_a_siblings_result_is_told_to_name_the_step(blamed):
    def write():
        @container
        class flow:
            load = step(work)
            result = load.result  # wrong

    blamed(write, "name the step itself: result = load")


def test_a_misspelt_word_is_told_with_the_nearest(blamed):
    def write():
        load = step(work)
        return load.reslut  # wrong

    blamed(write, "'load' has no 'reslut'", "did you mean 'result'?")
    assert not hasattr(step(work), "reslut")


def test_outer_alone_is_no_value(blamed):
    def write_default():
        @container
        class flow:
            @step  # wrong
            def load(self, day=outer): ...

    def write_attribute():
        @container
        class flow:
            day = outer  # wrong
            load = step(work)

    blamed(write_default, "the default of 'day' is 'outer' itself", "outer.day")
    blamed(write_attribute, "the attribute 'day' is 'outer' itself")


@pytest.mark.parametrize("option", ["store", "run_id"])
def test_a_store_and_a_runs_id_are_texts(blamed, option):
    def write():
        Sequent("flow", **{option: 5})  # wrong

    blamed(write, f"'{option}' is 5")


def test_a_store_may_be_a_path(tmp_path):
    assert Sequent("flow", store=tmp_path / "runs.db").store == str(tmp_path / "runs.db")
