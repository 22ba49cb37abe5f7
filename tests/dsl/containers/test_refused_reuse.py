"""A mistaken secret, parameter of a container used again, or plain attribute is told where it is used."""

from __future__ import annotations

import threading

import pytest

from sequent import command, container, item, outer, param, secret, step
from sequent.dsl.specification.definitions import definition_of


def work(*args, **kwargs): ...


def take(x): ...


@container
class load_region:
    region: str = param()
    depth: int = param(default=1)
    load = step(work)


def secret_in_words():
    return command("echo", secret("T"))  # wrong


def secret_in_a_text():
    return command("echo", f"x{secret('T')}")  # wrong


def secret_in_cwd():
    return command("echo", cwd=secret("T"))  # wrong


def secret_in_repeats():
    return step(repeats=secret("T"))(work)  # wrong


def secret_in_an_option():
    return step(delay=secret("T"))(work)  # wrong


def secret_in_computed_words():
    @command  # wrong
    def words(self, token=secret("T")): ...  # noqa: B008  a reference is a default


def secret_in_an_attribute():
    @container
    class flow:
        token: str = secret("T")  # wrong
        a = step(work)


def secret_in_a_parameter():
    container(kwargs={"region": secret("T")})(load_region)  # wrong


@pytest.mark.parametrize(
    "write",
    [
        secret_in_words,
        secret_in_a_text,
        secret_in_cwd,
        secret_in_repeats,
        secret_in_an_option,
        secret_in_computed_words,
        secret_in_an_attribute,
        secret_in_a_parameter,
    ],
)
def test_a_secret_stands_only_where_nobody_else_sees_it(write, blamed):
    error = blamed(write, "secret('T'), which others could see there")
    assert error.code == "secret"
    assert "a step's arguments, or in a command's env= or stdin=" in error.hint


AGAIN = {
    "open": ({}, {}, "param", "the parameter 'region' of 'load_region' has no value here", "kwargs={'region': ...}"),
    "unknown": ({"regoin": "eu"}, {}, "param", "'load_region' has no parameter 'regoin'", "did you mean 'region'?"),
    "of another type": ({"region": 3}, {}, "param", "kwargs['region'] is 3, an int", "give a str"),
    "no data": ({"region": threading.Lock()}, {}, "not-data", "kwargs['region'] is a lock", "give data"),
    "no dict": (["eu"], {}, "param", "'kwargs' is ['eu']", "a dict of values by parameter"),
    "attempts": ({"region": "eu"}, {"retries": 3}, "option", "'retries' is for steps", "put it on 'load'"),
}


@pytest.mark.parametrize("name", AGAIN)
def test_a_container_is_used_again_with_all_its_parameters(name, blamed):
    kwargs, options, code, text, hint = AGAIN[name]

    def write():
        @container
        class flow:
            eu = container(kwargs=kwargs, **options)(load_region)  # wrong

    error = blamed(write, text)
    assert error.code == code
    assert hint in error.hint


def test_a_mistaken_parameter_is_blamed_on_its_own_line(blamed):
    def write():
        @container
        class flow:
            eu = container(
                handles=False,
                kwargs={"regoin": "eu"},  # wrong
            )(load_region)

    blamed(write, "no parameter 'regoin'")


def test_a_class_is_given_no_parameters(blamed):
    def write():
        @container(kwargs={"region": "eu"})  # wrong
        class flow:
            a = step(work)

    error = blamed(write, "'flow' is a class, and has 'kwargs'")
    assert error.code == "option"
    assert "used again" in error.hint


def test_what_is_given_from_further_out_is_not_hidden_by_the_body_that_gives_it(blamed):
    def write():
        @container
        class flow:
            region: str = param()

            @container(repeats=["eu"])
            class inner:
                region: str = item()
                eu = container(kwargs={"region": outer.region})(load_region)  # wrong

        definition_of(flow)

    error = blamed(write, "outer.region is given, and the body in which it is given has 'region' as well")
    assert error.code == "reference"
    assert "another name" in error.hint


CONSTANTS = {
    "a function": (lambda: step(kwargs={"x": outer.helper})(take), "not-data", "outer.helper is a function"),  # wrong
    "no such key": (
        lambda: step(kwargs={"x": outer.limits["us"]})(take),  # wrong
        "no-part",
        "outer.limits, a dict, has no 'us'; it has: 'eu'",
    ),
    "no word": (lambda: command("echo", outer.nothing), "command", "outer.nothing of the command is None"),  # wrong
    "no word in a text": (
        lambda: command("echo", f"{outer.flag}"),  # wrong
        "command",
        "outer.flag of the command is True",
    ),
    "no items": (lambda: step(repeats=outer.flag)(work), "repeats", "bool"),  # wrong
    "no number": (lambda: step(repeats=[1], parallel=outer.nothing)(work), "option", "'parallel' is None"),  # wrong
    "no time": (lambda: step(delay=outer.limits)(work), "option", "'delay'"),  # wrong
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_plain_attribute_is_checked_where_it_is_used(name, blamed):
    made, code, text = CONSTANTS[name]

    def write():
        @container
        class flow:
            limits = {"eu": 2}  # noqa: RUF012  a constant
            nothing = None
            flag = True

            def helper(self): ...

            @container
            class inner:
                a = made()

        definition_of(flow)

    error = blamed(write, text)
    assert error.code == code
    assert error.hint
