"""Records as JSON: read back as they were, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from sequent.errors import NotDataError
from sequent.model.outcome import Problem
from sequent.model.record_text import read_record, text_of_record
from sequent.model.run_target import Target
from sequent.model.status import Status
from sequent.runtime.records import Owner

PROBLEM = Problem(type="E", message="m", traceback="t", file="f.py", line=3, exit_code=-1, types=("m.E",))
OWNER = Owner(7, 1.5, "h", "b", "u", 2.0)
TARGET = Target(flow="f", argv=("a", "b"))

texts = st.text(st.characters(codec=None, categories=None))
numbers = st.integers(-(2**53) + 1, 2**53 - 1)


@given(texts, st.tuples(texts, texts), st.none() | numbers, numbers.map(abs))
def test_a_record_is_read_as_it_was_whatever_stands_in_its_texts(text, types, code, line):
    problem = Problem(type=text, message=text, traceback=text, file=text, line=line, exit_code=code, types=types)
    written = text_of_record(problem)
    assert written.isascii()
    joined = json.loads(json.dumps(to_builtins(problem)))
    assert to_builtins(read_record(Problem, written, "a problem")) == {**joined, "types": tuple(joined["types"])}


@pytest.mark.parametrize("record", [PROBLEM, OWNER, TARGET], ids=lambda record: type(record).__name__)
@pytest.mark.parametrize("value", [True, None, -1, 1.5, 2**53, 10**30, 1e308, "x", [], [1], {}, {"a": 1}, [[[]]]])
def test_a_field_is_of_its_type_or_the_record_is_refused(record, value):
    whole: dict[str, Any] = json.loads(text_of_record(record))
    for name, was in whole.items():
        try:
            found = read_record(type(record), json.dumps({**whole, name: value}), "it")
        except NotDataError:
            continue
        is_optional = name in ("exit_code", "signal")
        told = getattr(found, name)
        assert told == (tuple(value) if isinstance(value, list) else value)
        assert type(told) is type(getattr(record, name)) or is_optional or not was


@pytest.mark.parametrize("record", [PROBLEM, OWNER, TARGET], ids=lambda record: type(record).__name__)
def test_a_record_has_no_field_too_many_and_all_that_it_needs(record):
    whole: dict[str, Any] = json.loads(text_of_record(record))
    with pytest.raises(NotDataError):
        read_record(type(record), json.dumps({**whole, "other": 1}), "it")
    with pytest.raises(NotDataError):
        read_record(type(record), json.dumps({"other": 1}), "it")


@pytest.mark.parametrize("text", ["", "[", "NaN", "null", "1", "[" * 100_000, '{"success":' + "9" * 5_000 + "}"])
def test_what_is_no_record_is_refused(text):
    for kind in (Problem, Owner, dict[Status, int]):
        with pytest.raises(NotDataError):
            read_record(kind, text, "it")


def test_times_are_those_that_people_can_read():
    whole = json.loads(text_of_record(OWNER))
    for moment in (float("nan"), float("inf"), -1.0, 1e12):
        with pytest.raises(NotDataError):
            read_record(Owner, json.dumps({**whole, "since": moment}), "it")
