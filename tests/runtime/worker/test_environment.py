"""The environment variables by which a step and its child programs learn where they are."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess

import pytest

from sequent.runtime.context import Context
from sequent.runtime.worker.environment import StepEnvironment, variables_of

C = ctypes.CDLL(None)
C.getenv.restype = ctypes.c_void_p
ITEM = "SEQUENT_STEP_ITEM"


def in_c(name: str) -> str | None:
    """The value of a variable as C code finds it."""
    address = C.getenv(name.encode())
    return None if address is None else os.fsdecode(ctypes.string_at(address))


def place(item: object) -> Context:
    return Context(
        path="s1.s11", name="s1_s11", sequence="1.2", item=item, run_id="r7", recovery=2, attempt=3, token="abc"
    )


def test_every_variable_has_the_prefix_that_the_configuration_gives():
    assert variables_of(place(None), None, "ACME_") == {
        "ACME_STEP_NAME": "s1_s11",
        "ACME_STEP_PATH": "s1.s11",
        "ACME_STEP_SEQUENCE": "1.2",
        "ACME_STEP_RECOVERY": "2",
        "ACME_STEP_ATTEMPT": "3",
        "ACME_RUN_ID": "r7",
        "ACME_LOGGER_NAME": "sequent",
        "ACME_IDEMPOTENCY_KEY": "r7/s1.s11/1.2",
        "ACME_ATTEMPT_TOKEN": "abc",
    }


@pytest.mark.parametrize(
    ("item", "text"), [("a b", "a b"), ("1", "1"), (1, "1"), (None, "null"), (["x", 2], '["x",2]'), (True, "true")]
)
def test_an_item_that_is_text_is_given_as_it_is_and_anything_else_as_json(item, text):
    wire = json.dumps(item, separators=(",", ":"))
    assert variables_of(place(item), wire, "SEQUENT_")["SEQUENT_STEP_ITEM"] == text


@pytest.mark.parametrize("item", ["a\0b", "x" * 100_000])
def test_an_item_that_no_variable_can_hold_is_left_out(item):
    assert "SEQUENT_STEP_ITEM" not in variables_of(place(item), json.dumps(item), "SEQUENT_")


def test_the_item_and_the_host_of_a_step_around_the_run_are_not_those_of_its_steps(monkeypatch):
    for name in ("STEP_ITEM", "STEP_HOST", "STEP_NAME"):
        monkeypatch.setenv(f"SEQUENT_{name}", "around")
    environment = StepEnvironment("SEQUENT_")
    assert [name for name in os.environ if name.startswith("SEQUENT_STEP")] == ["SEQUENT_STEP_NAME"]
    assert environment.kinds()[0].look()


def test_after_a_step_only_what_it_changed_is_set_anew(monkeypatch):
    monkeypatch.setenv("KEPT", "as it is")
    monkeypatch.setenv("CHANGED", "before")
    environment = StepEnvironment("SEQUENT_")
    kind = environment.kinds()[0]
    environment.change_to({"SEQUENT_STEP_NAME": "first"})
    assert kind.look()
    os.environ["CHANGED"] = "by the step"
    os.environ["NEW"] = "by the step"
    found = []
    put = os.putenv
    monkeypatch.setattr(os, "putenv", lambda name, value: (found.append(name), put(name, value)))
    assert not kind.look()
    kind.restore(True)
    environment.change_to({"SEQUENT_STEP_NAME": "second"})
    assert kind.look()
    assert found == [b"CHANGED"]
    assert in_c("SEQUENT_STEP_NAME") == os.environ["SEQUENT_STEP_NAME"] == "second"
    assert (os.environ["KEPT"], os.environ["CHANGED"], os.environ.get("NEW")) == ("as it is", "before", None)
    os.environ.pop("SEQUENT_STEP_NAME")


@pytest.fixture
def environment():
    """The environment of steps; their variables are gone in the end."""
    made = StepEnvironment("SEQUENT_")
    yield made
    made.change_to({})


def test_the_values_of_one_step_take_the_place_of_those_of_the_one_before(environment):
    environment.change_to({ITEM: "first"})
    places = {C.getenv(ITEM.encode())}
    for number in range(100):
        environment.change_to({ITEM: "x" * number})
        places.add(C.getenv(ITEM.encode()))
    assert len(places) == 1


@pytest.mark.parametrize("between", [None, "by a step"])
def test_python_c_and_programs_find_the_same_values_whatever_their_length(environment, between):
    for item in ("first", "", "x" * 254, "x" * 255, "x" * 256, "short", "y" * 30_000, "\udcff", "last"):
        environment.change_to({ITEM: item, "SEQUENT_STEP_NAME": "s1"})
        told = subprocess.run(["printenv", ITEM, "SEQUENT_STEP_NAME"], capture_output=True, check=True).stdout
        assert os.fsdecode(told).splitlines() == [item, "s1"]
        assert os.environ[ITEM] == in_c(ITEM) == item
        if between is not None:
            # As an iterator of items might, after which nothing is restored.
            os.environ[ITEM] = between


def test_a_variable_that_a_step_does_not_have_is_gone(environment):
    environment.change_to({ITEM: "first", "SEQUENT_STEP_NAME": "s1"})
    environment.change_to({"SEQUENT_STEP_NAME": "s2"})
    assert os.environ.get(ITEM) is in_c(ITEM) is None
    environment.change_to({ITEM: "again", "SEQUENT_STEP_NAME": "s3"})
    assert os.environ[ITEM] == in_c(ITEM) == "again"


def test_variables_are_gone_even_if_a_step_has_changed_them(environment):
    environment.change_to({ITEM: "first"})
    os.environ[ITEM] = "by a step"
    environment.change_to({})
    assert os.environ.get(ITEM) is in_c(ITEM) is None
