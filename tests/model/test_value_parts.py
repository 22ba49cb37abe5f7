"""Parts of values, cut out of their text: the same that Python's own brackets and dots give."""

from __future__ import annotations

from datetime import date
from enum import Enum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.errors import PartError
from sequent.model import value_text
from sequent.model.items import Items
from sequent.model.outcome import Failure, Failures, Problem


class Colour(Enum):
    RED = "red"


@attrs.frozen
class Row:
    bam: str
    reads: tuple[int, ...] = ()
    colour: Colour = Colour.RED


CLASSES = {"Row": Row, "Colour": Colour}


def part(value, *keys):
    return value_text.decode(value_text.part_of(value_text.encode(value), keys), CLASSES)


@pytest.mark.parametrize(
    ("value", "keys", "expected"),
    [
        ({"a": [1, {"b": None}]}, ("a", 1, "b"), None),
        ([3, 4], (-1,), 4),
        ((1, (2, 3)), (1, -2), 2),
        (range(5, 9), (-1,), 8),
        ({1: "int", "1": "text"}, ("1",), "text"),
        ({2: "int", "2": "text"}, (2,), "int"),
        ({True: "one"}, (1,), "one"),
        ({"$d": {"x": date(2026, 11, 24)}}, ("$d", "x"), date(2026, 11, 24)),
        ({"rows": [Row("a.bam", (7,))]}, ("rows", 0, "reads", 0), 7),
        (Row("a.bam"), ("colour",), Colour.RED),
        ({"x": 1}, (), {"x": 1}),
    ],
)
def test_a_part_is_what_python_gives_for_it(value, keys, expected):
    assert part(value, *keys) == expected


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(DATA, st.lists(st.text(max_size=2) | st.integers(-4, 4), max_size=4))
def test_a_part_is_found_or_missing_as_in_python(value, keys):
    expected = value
    try:
        for key in keys:
            if not isinstance(expected, list | tuple | dict):
                raise KeyError(key)
            expected = expected[key]
    except (KeyError, IndexError, TypeError):
        with pytest.raises(PartError):
            part(value, *keys)
    else:
        assert part(value, *keys) == expected


@pytest.mark.parametrize(
    ("value", "keys", "message"),
    [
        ({"bai": 1, "log": 2}, ("bam",), "the value, a dict, has no 'bam'; it has: 'bai', 'log'"),
        ({1: 1, "1": 2}, (7,), "the value, a dict, has no 7; it has: 1, '1'"),
        ({}, ("a",), "the value, a dict, is empty"),
        ({1.5: "x"}, ("a",), "the value, a dict, has no 'a'; its keys are neither text nor whole numbers"),
        ({"a": {"b": 1}}, ("a", "c"), "the value['a'], a dict, has no 'c'; it has: 'b'"),
        (Row("x"), ("bai",), "the value, a Row, has no 'bai'; it has: 'bam', 'reads', 'colour'"),
        ([1, 2], (2,), "the value, a list, has no 2; it has 2 entries"),
        ((1,), (-2,), "the value, a tuple, has no -2; it has 1 entry"),
        ([], (0,), "the value, a list, is empty"),
        ([1], ("bam",), "the value, a list, has no 'bam': it has positions"),
        (None, ("bam",), "the value is None, which has no 'bam'"),
        ("text", (0,), "the value is a str, which has no 0"),
        (date(2026, 11, 24), ("bam",), "the value is a date, which has no 'bam'"),
        (Colour.RED, ("name",), "the value is the member 'RED' of Colour, which has no 'name'"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(value, keys, message):
    with pytest.raises(PartError) as caught:
        part(value, *keys)
    assert caught.value.message == message


def test_failures_are_read_back_with_their_number_and_are_a_list_for_parts_and_repeats():
    first = [Failure(path=f"a{number}", sequence="1", problem=Problem(type="E", message="m")) for number in range(3)]
    text = value_text.encode({"all": Failures(first, 150)})
    found = value_text.decode(text)["all"]
    assert found == first
    assert found.total == 150
    classes = {kind.__qualname__: kind for kind in (Failure, Problem)}
    assert value_text.decode(value_text.part_of(text, ("all", -1)), classes) == first[2]
    assert len(Items(value_text.part_of(text, ("all",)))) == 3


def test_a_misspelt_part_gets_its_nearest():
    with pytest.raises(PartError) as caught:
        part({"reads": 1, "bam": 2}, "read")
    assert caught.value.hint == "did you mean 'reads'?"


def test_of_a_large_dict_some_keys_are_told():
    with pytest.raises(PartError) as caught:
        part({f"key{number}": number for number in range(1_000)}, "x" * 1_000)
    assert len(caught.value.message) < 300
