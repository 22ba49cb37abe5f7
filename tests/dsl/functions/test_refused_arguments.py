"""Names, work and arguments that a step cannot have are told at its line, with their code and what it can."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from typing import NamedTuple

import attrs
import pytest

from sequent import Sequent, command, outer, step
from sequent.model.references import Literal

LOCK = threading.Lock()


def work(*args, **kwargs): ...


def take(x): ...


RESERVED = "result result_or failures returned ready active success failed complete skipped done run until"
NAMES = {
    "empty": ("", "required, got ''", "letters, digits and _"),
    "None": (None, "required, got None", "letters, digits and _"),
    "a slash": ("a/b", "U+002F", "letters, digits and _"),
    "a space": ("a b", "U+0020", "letters, digits and _"),
    "a line's end": ("a\n", "U+000A", "letters, digits and _"),
    "NUL": ("a\0", "U+0000", "letters, digits and _"),
    "an emoji": ("a\N{GRINNING FACE}", "U+1F600", "letters, digits and _"),
    "right to left": ("a\u202eb", "U+202E", "letters, digits and _"),
    "a digit first": ("1a", "U+0031", "letters, digits and _"),
    "another form": ("\N{LATIN SMALL LIGATURE FI}le", "not in its normal form", "'file'"),
    "too long": ("x" * 65, "65 characters", "at most 64"),
    "a Python keyword": ("class", "is a Python keyword", "'class_'"),
    **{word: (word, f"{word!r} is reserved", f"{word}_step") for word in RESERVED.split()},
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_that_paths_and_references_can_hold(name, blamed):
    given, text, hint = NAMES[name]

    def write():
        Sequent("flow").add_step(given, func=work)  # wrong

    error = blamed(write, text)
    assert error.code == "name"
    assert hint in error.hint


def test_a_step_is_either_a_function_or_a_command_or_a_container(blamed):
    def both():
        Sequent("flow").add_step("a", func=work, command=("echo",))  # wrong

    def children():
        a = Sequent("flow").add_step("a", func=work)
        a.add_step("b", func=work)  # wrong

    for write, hint in ((both, "either func= or command="), (children, "either a step")):
        error = blamed(write, "'a'")
        assert error.code == "work"
        assert hint in error.hint


ARGUMENTS = {
    "no tuple": ({"args": 3}, "argument", "'args' of 'take' is 3", "a tuple or a list"),
    "no dict": ({"kwargs": [1]}, "argument", "'kwargs' of 'take' is [1]", "a dict"),
    "no name": ({"kwargs": {1: 2}}, "argument", "has the key 1", "the names of parameters"),
    "unknown": ({"kwargs": {"y": 2}}, "argument", "unexpected keyword argument 'y'", "it takes (x)"),
    "too many": ({"args": (1, 2)}, "argument", "too many positional arguments", "it takes (x)"),
    "missing": ({}, "argument", "the parameter 'x' of 'take' has no value", "pass it in kwargs"),
    "a lock": ({"kwargs": {"x": threading.Lock()}}, "not-data", "kwargs['x'] is a lock", "give data"),
    "deep": ({"kwargs": {"x": {"db": [object()]}}}, "not-data", "kwargs['x']['db'][0] is an object", "give data"),
    "too large": ({"args": ("x" * (17 * 2**20),)}, "size", "args[0] has 17,825,794 characters", "path of a file"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("built", [False, True])
def test_arguments_fit_the_function_and_are_data(name, built, blamed):
    options, code, text, hint = ARGUMENTS[name]

    def write():
        if built:
            Sequent("flow").add_step("a", func=take, **options)  # wrong
        else:
            step(**options)(take) if options else step(take)  # wrong

    error = blamed(write, text)
    assert error.code == code
    assert hint in error.hint


def test_defaults_that_are_too_large_are_refused(blamed):
    def write():
        @step  # wrong
        def a(self, table=["x" * (17 * 2**20)]): ...  # noqa: B006  it is copied for each task

    error = blamed(write, "the default of 'table' has 17,825,796 characters, and 16,777,216 are allowed")
    assert error.code == "size"
    assert "the path of a file" in error.hint


@pytest.mark.parametrize("takes_self", [False, True])
@pytest.mark.parametrize("is_list", [False, True])
def test_a_default_before_one_that_is_given_by_position_alone_is_given_too(takes_self, is_list):
    earlier = step(lambda: 1)
    default = [1] if is_list else earlier.result

    def plain(x=default, y=1, z=default, /): ...

    def method(self, x=default, y=1, z=default, /): ...

    made = step(method if takes_self else plain)
    (first, second, third) = made.__sequent__.work.arguments
    assert first == third == (None, first[1])
    assert second == (None, Literal("1"))


def test_a_default_before_it_that_is_no_data_is_refused(blamed):
    earlier = step(lambda: 1)

    def write():
        step(only_positions(lambda x=LOCK, y=earlier.result: None))  # wrong

    error = blamed(write, "the parameter 'x' of", "by position alone", "is not data")
    assert "**kwargs" in error.hint


def test_one_that_is_taken_by_name_under_a_decorator_that_takes_none_is_refused(blamed):
    earlier = step(lambda: 1)

    def write():
        step(only_positions(lambda *, x=earlier.result: None))  # wrong

    error = blamed(write, "the parameter 'x' of", "the decorator above it takes no keyword arguments")
    assert "**kwargs" in error.hint


def only_positions(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)

    return inner


def test_defaults_that_stand_first_are_given_by_position_where_they_must():
    earlier = step(lambda: 1)
    made = step(lambda self, x=earlier.result, y=earlier.result, /, z=earlier.result: None)
    assert [name for name, _ in made.__sequent__.work.arguments] == [None, None, "z"]


def test_positional_only_parameters_that_stay_as_they_are_are_accepted():
    assert step(lambda self, x=3, y=(1, "a"), /: None).__sequent__.work.arguments == ()


@attrs.frozen
class Pair:
    left: object
    right: object


class Both(NamedTuple):
    left: object
    right: object


@pytest.mark.parametrize(
    "hold",
    {
        "a record": lambda reference: Pair(1, reference),
        "a record in a list": lambda reference: [1, {"a": Pair(1, [reference])}],
        "a named tuple": lambda reference: Both(1, reference),
        "a dict of its own kind": lambda reference: OrderedDict(a=reference),
    }.values(),
)
@pytest.mark.parametrize("is_default", [False, True])
def test_a_reference_in_what_is_no_list_tuple_or_value_of_a_dict_is_refused(hold, is_default, blamed):
    earlier = step(lambda: 1)
    value = hold(earlier.result)

    def write():
        def a(self, both=value): ...

        step(a) if is_default else step(kwargs={"both": value})(a)  # wrong

    error = blamed(write, "has the reference earlier.result inside it")
    assert "lists, tuples and dicts' values" in error.hint


@pytest.mark.parametrize(
    ("hold", "text"),
    [
        (lambda one: [{"a": (one,)}], "is the step 'one' itself"),
        (lambda one: {"a": [one.failed]}, "['a'][0] is a requirement"),
        (lambda one: [one.result_or], "[0] is the method one.result_or itself"),
        (lambda _: [outer], "[0] is 'outer' itself"),
    ],
)
def test_what_is_meant_otherwise_is_told_inside_a_list_too(hold, text, blamed):
    def write():
        one = step(lambda: 1)
        step(kwargs={"x": hold(one)})(lambda x: x)  # wrong

    assert blamed(write, text).message.startswith("kwargs['x']")


def test_a_list_that_holds_itself_is_refused(blamed):
    def write():
        one = step(lambda: 1)
        endless = [one.result]
        endless.append(endless)
        step(kwargs={"x": endless})(lambda x: x)  # wrong

    blamed(write, "nested more than 100 deep, or holds itself")

    def write_words():
        endless = ["a"]
        endless.append(endless)
        command("echo", endless)  # wrong

    blamed(write_words, "nested more than 100 deep, or hold themselves")


def test_a_setting_is_shown_with_its_quotes_once(blamed):
    def write():
        Sequent("flow", config={"max_concurrent": "x"})  # wrong

    assert "config['max_concurrent'] is 'x'" in str(blamed(write))
