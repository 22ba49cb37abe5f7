"""Records that are compared, hashed and shown by their fields: as attrs would have it."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from attrs import evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from sequent.by_fields import ByFields


def fields_of_a_task():
    return {"__annotations__": {"path": str, "number": int, "place": Any, "secret": str}} | {
        "number": 0,
        "place": field(default=None, eq=False),
        "secret": field(default="", repr=False),
    }


Generated = frozen(type("Task", (), fields_of_a_task()))
Task = frozen(eq=False, repr=False)(type("Task", (ByFields,), fields_of_a_task()))
Other = frozen(eq=False, repr=False)(type("Other", (ByFields,), fields_of_a_task()))

some_values = st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.sampled_from([None, 1.0]), st.sampled_from("xy"))


@given(some_values, some_values)
def test_two_are_equal_where_attrs_would_say_so(one, another):
    assert (Task(*one) == Task(*another)) is (Generated(*one) == Generated(*another))
    assert (Task(*one) != Task(*another)) is (Generated(*one) != Generated(*another))


@given(some_values, some_values)
def test_equals_have_one_hash(one, another):
    found = {Task(*one), Task(*another)}
    assert len(found) == len({Generated(*one), Generated(*another)})


@given(some_values)
def test_they_are_shown_as_attrs_shows_them(values):
    assert repr(Task(*values)) == repr(Generated(*values))


def test_records_of_two_classes_differ_whatever_their_fields():
    assert Task("a") != Other("a")
    assert len({Task("a"), Other("a")}) == 2
    assert Task("a") != ("a", 0, None, "")


def test_what_has_no_hash_has_none_within_either():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Task("a", secret=[]))


@frozen(eq=False, repr=False)
class Nested(ByFields):
    inner: tuple[Task, ...]


def test_they_stand_within_one_another_and_are_copied():
    nested = Nested((Task("a"), Task("b")))
    assert pickle.loads(pickle.dumps(nested)) == nested  # noqa: S301 - our own
    assert evolve(nested, inner=(Task("a"),)) == Nested((Task("a"),)) != nested
    assert repr(Nested((Task("a"),))) == "Nested(inner=(Task(path='a', number=0, place=None),))"
