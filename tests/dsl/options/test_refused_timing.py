"""A length of time, or a further attempt, that cannot be is told at its line, with what can."""

from datetime import datetime, timedelta, tzinfo

import pytest

from sequent import STEP_SUCCESS, STP_RERUN, Sequent, container, param, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import DefinitionError


def work(*args, **kwargs): ...


@pytest.mark.parametrize("word", ["delay", "timeout"])
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (-1, "-1"),
        ("-30s", "'-30s'"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("soon", "'soon'"),
        (True, "True"),
        (timedelta(seconds=-5), "timedelta"),
        ("4000d", "ten years"),
        (11 * 366 * 86400, "ten years"),
        (10**400, "ten years"),
        ([3], "[3]"),
    ],
)
def test_what_is_no_length_of_time_is_refused_with_what_is(word, given, shown, blamed):
    def write():
        @container
        class flow:
            @step(
                handles=True,
                **{word: given},
            )
            def load(self): ...

    with pytest.raises(DefinitionError) as caught:
        write()
    assert caught.value.code == "option"
    assert f"'{word}'" in caught.value.message
    assert shown in caught.value.message
    assert '"30s"' in caught.value.hint


def test_a_mistaken_delay_is_blamed_on_its_own_line(blamed):
    def write():
        @container
        class flow:
            @step(
                handles=True,
                delay=-1,  # wrong
            )
            def load(self): ...

    assert blamed(write, "'delay'", "-1", "ten years").code == "option"


def test_a_moment_without_a_zone_is_refused(blamed):
    def write():
        step(delay=datetime(2026, 11, 24))  # noqa: DTZ001  # wrong

    assert blamed(write, "has no time zone").code == "option"


class OwnZone(tzinfo):
    def utcoffset(self, moment):
        return timedelta(0)


def test_a_moment_in_a_zone_that_cannot_be_stored_is_refused(blamed):
    def write():
        step(delay=datetime(2026, 11, 24, tzinfo=OwnZone()))  # wrong

    assert blamed(write, "'delay'", "cannot be stored and read back", "zoneinfo").code == "option"


@pytest.mark.parametrize("nice", [20, -21, True, 1.0, "5"])
def test_a_nice_value_is_a_number_that_the_kernel_knows(nice, blamed):
    def write():
        step(nice=nice)(work)  # wrong

    assert blamed(write, f"'nice' is {nice!r}", "from 0 to 19").code == "option"


@pytest.mark.parametrize("nothing", [0, "0s", timedelta()])
def test_a_timeout_of_nothing_is_refused(nothing, blamed):
    def write():
        step(timeout=nothing)(work)  # wrong

    assert blamed(write, "'timeout' is", repr(nothing), "before it begins").code == "option"


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ({"retries": -1}, ["'retries' is -1", "attempts after the first"]),
        ({"retries": 1.5}, ["'retries' is 1.5", "whole number"]),
        ({"retries": True}, ["'retries' is True"]),
        ({"retries": "3"}, ["'retries' is '3'"]),
        ({"retries": 3, "backoff": "soon"}, ["the first wait of 'backoff'", "'soon'"]),
        ({"retries": 3, "backoff": ("1s", 0.5)}, ["the factor of 'backoff' is 0.5", "at least 1"]),
        ({"retries": 3, "backoff": ("1s", float("inf"))}, ["the factor of 'backoff' is inf"]),
        ({"retries": 3, "backoff": ("1s", float("nan"))}, ["the factor of 'backoff' is nan"]),
        ({"retries": 3, "backoff": ("1s", 10**400)}, ["the factor of 'backoff' is 1000", "at least 1"]),
        ({"retries": 3, "backoff": ("1s", True)}, ["the factor of 'backoff' is True"]),
        ({"retries": 3, "backoff": ("1s", 2, -1)}, ["the ceiling of 'backoff'", "-1"]),
        ({"retries": 3, "backoff": ("1s", 2, "1m", 1.5)}, ["the jitter of 'backoff' is 1.5", "from 0 to 1"]),
        ({"retries": 3, "backoff": ()}, ["'backoff' is ()", "0 values"]),
        ({"retries": 3, "backoff": ("1s", 2, "1m", 0.1, 5)}, ["5 values"]),
        ({"backoff": "1s"}, ["'backoff' is about retries", "retries=3"]),
        ({"retry_on": OSError}, ["'retry_on' is about retries", "retries=3"]),
        ({"retries": 3, "retry_on": "OSError"}, ["'retry_on' has 'OSError'", "exception types"]),
        ({"retries": 3, "retry_on": int}, ["'retry_on' has <class 'int'>"]),
        ({"retries": 3, "retry_on": [256]}, ["'retry_on' has 256", "from 0 to 255"]),
        ({"retries": 3, "retry_on": [True]}, ["'retry_on' has True"]),
    ],
)
def test_attempts_that_cannot_be_made_are_refused_with_what_is_allowed(options, texts, blamed):
    def write():
        step(**options)(work)  # wrong

    assert blamed(write, *texts).code == "option"


def test_what_must_be_known_beforehand_takes_no_reference(blamed):
    def write():
        @container
        class flow:
            first = step(work)
            a = step(retries=first.result)(work)  # wrong

    error = blamed(write, "'retries' is first.result, which is known only while running", "give the value itself")
    assert error.code == "reference"


def test_a_step_as_a_delay_is_told_to_give_its_result(blamed):
    def write():
        @container
        class flow:
            first = step(work)
            a = step(delay=first)(work)  # wrong

    blamed(write, "'delay' is the step 'first' itself", "first.result")


def test_a_text_with_a_reference_in_it_is_no_delay(blamed):
    def write():
        @container
        class flow:
            n: int = param()
            a = step(delay=f"{n}s")(work)  # wrong

    assert blamed(write, "only in a command's words").code == "reference-in-text"


ATTEMPTS = {
    "timeout": "3m",
    "retries": 3,
    "backoff": "1s",
    "retry_on": OSError,
    "recovery": {STEP_SUCCESS: STP_RERUN},
}


@pytest.mark.parametrize("word", ATTEMPTS)
@pytest.mark.parametrize("built", [False, True])
def test_attempts_of_a_container_are_for_its_steps(word, built):
    needed = {"retries": 0} if built else {}

    def build():
        flow = Sequent()
        block = flow.add_step("block", **{**needed, word: ATTEMPTS[word]})
        block.add_step("load", work)
        return definition_of(flow)

    def write():
        @container
        class flow:
            @container(**{word: ATTEMPTS[word]})
            class block:
                load = step(work)

    with pytest.raises(DefinitionError) as caught:
        build() if built else write()
    error = next(iter(getattr(caught.value, "problems", [caught.value])))
    assert f"'{word}' is for steps: the container 'block' has no attempts" in error.message
    assert "put it on 'load'" in error.hint
    assert (error.code, error.place.file) == ("option", __file__)


def test_the_line_of_a_containers_attempts_is_told(blamed):
    def write():
        @container
        class flow:
            @container(
                delay=3,
                timeout="3m",  # wrong
            )
            class block:
                load = step(work)

    blamed(write, "'timeout' is for steps", "put it on 'load'")
