"""Names, work and arguments that a step cannot have are told at its line, with their code and what it can."""

from __future__ import annotations

import threading

import pytest

from sequent import Sequent, step


def work(*args, **kwargs): ...


def take(x): ...


RESERVED = "result result_or failures returned ready active success failed complete skipped done run until"
NAMES = {
    "empty": ("", "'' is none", "letters, digits and _"),
    "None": (None, "None is none", "letters, digits and _"),
    "a slash": ("a/b", "U+002F", "letters, digits and _"),
    "a space": ("a b", "U+0020", "letters, digits and _"),
    "a line's end": ("a\n", "U+000A", "letters, digits and _"),
    "NUL": ("a\0", "U+0000", "letters, digits and _"),
    "an emoji": ("a\N{GRINNING FACE}", "U+1F600", "letters, digits and _"),
    "right to left": ("a\u202eb", "U+202E", "letters, digits and _"),
    "a digit first": ("1a", "U+0031", "letters, digits and _"),
    "another form": ("\N{LATIN SMALL LIGATURE FI}le", "not in its normal form", "'file'"),
    "too long": ("x" * 65, "65 characters", "at most 64"),
    "a word of Python": ("class", "is a word of Python", "'class_'"),
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
    "no name": ({"kwargs": {1: 2}}, "argument", "has the key 1", "a parameter's name"),
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


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("list_", [False, True])
def test_a_default_that_can_be_given_by_position_alone_has_none_before_it_that_is_not_given(wrapped, list_, blamed):
    earlier = step(lambda: 1)
    default = [1] if list_ else earlier.result

    def plain(x=default, y=1, z=default, /): ...

    def method(self, x=default, y=1, z=default, /): ...

    def write():
        step(method if wrapped else plain)  # wrong

    error = blamed(write, "the parameter 'z' of", "by position alone")
    assert error.code == "argument"
    assert "by name" in error.hint


def test_defaults_that_stand_first_are_given_by_position_where_they_must():
    earlier = step(lambda: 1)
    made = step(lambda self, x=earlier.result, y=earlier.result, /, z=earlier.result: None)
    assert [name for name, _ in made.__sequent__.work.arguments] == [None, None, "z"]


def test_positional_only_parameters_that_stay_as_they_are_are_accepted():
    assert step(lambda self, x=3, y=(1, "a"), /: None).__sequent__.work.arguments == ()


def test_a_reference_within_the_tuple_that_is_a_default_is_refused(blamed):
    earlier = step(lambda: 1)

    def write():
        @step  # wrong
        def a(self, both=(1, earlier.result)): ...

    error = blamed(write, "the default of 'both' has the reference earlier.result inside it")
    assert "an argument of its own" in error.hint


def test_a_setting_is_shown_with_its_quotes_once(blamed):
    def write():
        Sequent("flow", config={"max_concurrent": "x"})  # wrong

    assert "config['max_concurrent'] is 'x'" in str(blamed(write))
