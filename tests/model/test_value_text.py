"""Data is read back exactly, or refused by name."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from pathlib import Path, PurePosixPath
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.errors import NotDataError
from sequent.model import value_text
from sequent.model.items import Items


class Colour(Enum):
    """An enum, as users write them."""

    RED = "red"


class Size(IntEnum):
    """An enum that is an int as well."""

    SMALL = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """A dataclass."""

    x: int
    y: float


@attrs.frozen
class Line:
    """An attrs class that holds others."""

    start: Point
    colour: Colour
    ends: list[Point]


CLASSES = {"Colour": Colour, "Size": Size, "Point": Point, "Line": Line}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.times()
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.sampled_from([Colour.RED, Size.SMALL, Path("/a/b"), PurePosixPath("c"), range(3), range(5, 0, -2)])
    | st.builds(Point, st.integers(), st.floats(allow_nan=False))
    | st.builds(Line, st.builds(Point, st.integers(), st.just(0.5)), st.just(Colour.RED), st.just([Point(1, 2.0)]))
)
keys = st.text() | st.integers() | st.sampled_from(["$t", "$", "$e"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner),
    max_leaves=8,
)


def types_of(value: object) -> object:
    """The types of a value, all the way down: equality alone takes 1 for True and a tuple for nothing else."""
    if isinstance(value, list | tuple):
        return (type(value), [types_of(item) for item in value])
    if isinstance(value, dict):
        return (dict, [(types_of(key), types_of(item)) for key, item in value.items()])
    return type(value)


@given(values)
def test_data_is_read_back_exactly(value: object) -> None:
    again = value_text.decode(value_text.encode(value), CLASSES)
    assert again == value
    assert types_of(again) == types_of(value)


@given(values)
def test_the_text_can_be_stored_as_utf_8(value: object) -> None:
    assert value_text.encode(value).encode("utf-8")


def test_not_a_number_and_the_infinities_are_read_back() -> None:
    assert math.isnan(float(str(value_text.decode(value_text.encode(math.nan)))))
    assert value_text.decode(value_text.encode([math.inf, -math.inf])) == [math.inf, -math.inf]


def test_a_moment_keeps_its_zone_and_its_fold() -> None:
    moment = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    again = value_text.decode(value_text.encode(moment))
    assert isinstance(again, datetime)
    assert (again, again.fold, str(again.tzinfo)) == (moment, 1, "Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({"conn": threading.Lock()}, "result['conn'] is a lock"),
        ([1, [object()]], "result[1][0] is an object"),
        ({1, 2}, "result is a set"),
        (OrderedDict(a=1), "result is an OrderedDict"),
        (Line(Point(1, 2.0), Colour.RED, [object()]), "result.ends[0] is an object"),  # type: ignore[list-item]
    ],
)
def test_what_is_no_data_is_refused_by_name(value: object, named: str) -> None:
    with pytest.raises(NotDataError) as caught:
        value_text.encode(value, "result")
    assert named in str(caught.value)


def test_a_value_that_holds_itself_or_is_nested_too_deep_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    deep: list[object] = []
    for _ in range(10**5):
        deep = [deep]
    for value in (loop, deep):
        with pytest.raises(NotDataError, match="100 deep"):
            value_text.encode(value)


def test_a_class_that_the_reader_does_not_name_is_refused() -> None:
    text = value_text.encode(Point(1, 2.0))
    with pytest.raises(NotDataError, match="Point"):
        value_text.decode(text)


def test_the_classes_met_are_told() -> None:
    _, classes = value_text.encode_with_classes({"a": [Line(Point(1, 2.0), Colour.RED, [])]})
    assert set(classes) == {Line, Point, Colour}


def test_an_annotation_names_its_classes_however_deep() -> None:
    assert value_text.classes_in(dict[str, list[Line | None]]) == {"Line": Line, "Point": Point, "Colour": Colour}
    assert value_text.classes_in(int) == {}
    assert value_text.classes_in(None) == {}


def test_the_items_of_a_range_are_not_held() -> None:
    items = Items(value_text.encode(range(0, 10**12, 3)))
    assert len(items) == 333333333334
    assert items[333333333333] == "999999999999"


def test_items_are_those_of_a_list_or_tuple_each_as_text() -> None:
    assert list(Items(value_text.encode([1, ("a", None)]))) == ["1", '{"$t":["a",null]}']
    assert list(Items(value_text.encode((1, 2)))) == ["1", "2"]
    with pytest.raises(NotDataError, match="list"):
        Items(value_text.encode({"a": 1}))


def test_kinds_that_look_alike_stay_apart() -> None:
    value = [
        date(2026, 1, 2),
        time(1, 2),
        timedelta(days=-1, microseconds=3),
        Decimal("1.10"),
        Fraction(1, 3),
        UUID(int=7),
        True,
        1,
        1.0,
    ]
    assert types_of(value_text.decode(value_text.encode(value))) == types_of(value)
