"""What cannot be read back as it was is refused, with the way out; what is rarely stored is read back too."""

from __future__ import annotations

import dataclasses
import os
import typing
from datetime import UTC, datetime, time, tzinfo
from enum import Enum, Flag
from pathlib import Path, PureWindowsPath
from zoneinfo import ZoneInfo

import pytest

from sequent.errors import NotDataError
from sequent.model import value_text
from sequent.model.items import Items


class Colour(Enum):
    RED = "red"


class Access(Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Point:
    x: int


@dataclasses.dataclass
class Unresolved:
    other: NoSuchClass  # type: ignore[name-defined]  # noqa: F821  what this is about


@dataclasses.dataclass
class Misspelt:
    other: typing.NoSuchThing  # type: ignore[name-defined]  # what this is about


class OwnPath(type(Path())):  # type: ignore[misc]  # the class of paths here
    pass


@dataclasses.dataclass
class Refusal(Exception):
    reason: str


@dataclasses.dataclass
class Table(dict[str, int]):
    name: str


class OwnZone(tzinfo):
    def utcoffset(self, moment: datetime | None) -> None:
        return None


def test_a_moment_in_a_zone_of_the_authors_own_is_refused() -> None:
    with pytest.raises(NotDataError, match="OwnZone") as caught:
        value_text.encode(datetime(2026, 1, 2, tzinfo=OwnZone()))
    assert "zoneinfo.ZoneInfo" in str(caught.value)


def test_a_time_keeps_an_offset_and_has_no_zone_by_name() -> None:
    assert value_text.decode(value_text.encode(time(1, 2, tzinfo=UTC))) == time(1, 2, tzinfo=UTC)
    with pytest.raises(NotDataError, match="a time has a zone"):
        value_text.encode(time(1, 2, tzinfo=ZoneInfo("Europe/Berlin")))


def test_the_name_of_a_file_that_is_not_utf_8_is_read_back() -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    text = value_text.encode({"name": name})
    assert text.encode("utf-8")
    assert value_text.decode(text) == {"name": name}


def test_a_form_that_is_not_known_is_refused() -> None:
    with pytest.raises(NotDataError, match=r"unknown form '\$x'.*\n.*newer version"):
        value_text.decode('{"$x":1}')


def test_a_record_whose_class_has_other_fields_now_is_refused() -> None:
    @dataclasses.dataclass
    class Changed:
        x: int
        y: int

    with pytest.raises(NotDataError, match="other fields"):
        value_text.decode(value_text.encode(Point(1)), {"Point": Changed})


def test_a_record_whose_class_is_none_any_more_is_refused() -> None:
    class Plain: ...

    with pytest.raises(NotDataError, match="other fields"):
        value_text.decode(value_text.encode(Point(1)), {"Point": Plain})


def test_a_member_that_an_enum_no_longer_has_is_refused() -> None:
    class Fewer(Enum):
        BLUE = "blue"

    with pytest.raises(NotDataError, match="'RED'"):
        value_text.decode(value_text.encode(Colour.RED), {"Colour": Fewer})


def test_an_annotation_that_cannot_be_resolved_names_no_further_class() -> None:
    assert value_text.classes_in(Unresolved) == {"Unresolved": Unresolved}
    assert value_text.classes_in(Misspelt) == {"Misspelt": Misspelt}


@pytest.mark.parametrize("value", [(each for each in "ab"), {}.keys(), {}.values(), map(int, "12")])
def test_what_can_be_listed_is_refused_with_how_to_list_it(value) -> None:
    with pytest.raises(NotDataError) as caught:
        value_text.encode(value)
    assert caught.value.hint.startswith("give list(x)")


@pytest.mark.parametrize("path", [PureWindowsPath("C:/data"), OwnPath("data")])
def test_a_path_that_would_be_read_back_as_another_is_refused(path) -> None:
    with pytest.raises(NotDataError, match=type(path).__name__):
        value_text.encode(path)


@pytest.mark.parametrize("record", [Refusal("no"), Table("t")])
def test_a_record_that_holds_more_than_its_fields_is_refused(record) -> None:
    with pytest.raises(NotDataError, match=type(record).__name__):
        value_text.encode(record)


def test_two_classes_of_one_name_in_one_value_are_refused() -> None:
    other = Enum("Colour", ["RED"], module="acme.paint")
    assert value_text.decode(value_text.encode([other.RED, other.RED]), {"Colour": other}) == [other.RED, other.RED]
    with pytest.raises(NotDataError, match=r"the value\[1\] is a Colour of acme.paint, and there is one of .* beside"):
        value_text.encode([Colour.RED, other.RED])


def test_flags_that_were_joined_are_refused_and_a_single_one_is_read_back() -> None:
    assert value_text.decode(value_text.encode(Access.READ), {"Access": Access}) is Access.READ
    for joined in (Access.READ | Access.WRITE, Access(0)):
        with pytest.raises(NotDataError, match=r"result\['access'\] is <Access"):
            value_text.encode({"access": joined}, "result")


def test_a_range_is_read_back_as_a_range() -> None:
    assert value_text.decode(value_text.encode({"pages": range(1, 9, 2)})) == {"pages": range(1, 9, 2)}


def test_what_has_no_items_is_shown_where_it_is_to_be_repeated_over() -> None:
    with pytest.raises(NotDataError, match=r'a list, a tuple or a range, got "abc"'):
        Items(value_text.encode("abc"))
    with pytest.raises(NotDataError, match=r"got \"x{79}\.\.\.$"):
        Items(value_text.encode("x" * 1000))


@pytest.mark.parametrize("wrap", [lambda number: number, lambda number: {"all": [number]}])
def test_a_number_with_more_digits_than_python_writes_is_refused_by_name(wrap) -> None:
    with pytest.raises(NotDataError, match=r"result is or has a whole number of more than 4,300 digits") as caught:
        value_text.encode(wrap(10**5000), "result")
    assert "hex(x)" in caught.value.hint
    assert value_text.decode(value_text.encode(wrap(10**4000))) == wrap(10**4000)
