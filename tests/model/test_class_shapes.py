"""Records are read back with all that they hold, or refused with the path of what would be lost."""

from __future__ import annotations

import dataclasses
import functools
import sqlite3
import typing
from collections import OrderedDict, defaultdict, deque
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, IntFlag
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.errors import NotDataError
from sequent.model import value_text
from sequent.model.items import Items

T = typing.TypeVar("T")


def again(value: object, *classes: type) -> object:
    """The value, written and read back."""
    text, found = value_text.encode_with_classes(value, "result")
    assert text.encode("utf-8")
    return value_text.decode(text, {kind.__qualname__: kind for kind in (*found, *classes)})


def refused(value: object) -> str:
    with pytest.raises(NotDataError) as caught:
        value_text.encode(value, "result")
    return str(caught.value)


# What a record holds beside its fields.


@dataclass
class Model:
    name: str

    def __post_init__(self) -> None:
        self.weights = [1, 2, 3]


class Wider(Model):
    """Not decorated: what it adds is no field."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.extent = 4


@attrs.define(slots=False)
class Lined:
    text: str

    def __attrs_post_init__(self) -> None:
        self.lines = self.text.split()


class Slotted:
    __slots__ = ("hidden",)


@dataclass
class OverSlots(Slotted):
    name: str

    def __post_init__(self) -> None:
        self.hidden = 1


@attrs.define
class Narrow:
    name: str


class WithPrivate(Narrow):
    __slots__ = ("__own",)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__own = 5


class Loose(Narrow):
    """Of a class with slots, and without any itself: it has a dict again."""


@dataclass
class Unset:
    name: str
    size: int = field(init=False)


@dataclass(slots=True)
class UnsetInSlots:
    name: str
    size: int = field(init=False)


class Positive:
    """A descriptor that keeps the values itself."""

    def __init__(self) -> None:
        self.values: dict[int, int] = {}

    def __get__(self, record: object, _: object = None) -> object:
        return self.values[id(record)] if record is not None else 1

    def __set__(self, record: object, value: int) -> None:
        self.values[id(record)] = value


@dataclass
class Described:
    size: Positive = Positive()


def loose() -> Loose:
    record = Loose("n")
    record.extra = 1  # type: ignore[attr-defined]
    return record


def shadowed() -> Model:
    record = Wide("n")
    record.limit = 3  # type: ignore[misc]
    return record  # type: ignore[return-value]


@dataclass
class Wide:
    name: str
    limit: typing.ClassVar[int] = 9


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (Model("m"), "result.weights is not a field of Model"),
        (Wider("m"), "result.extent is not a field of Wider"),
        (Lined("a b"), "result.lines is not a field of Lined"),
        (OverSlots("m"), "result.hidden is not a field of OverSlots"),
        (WithPrivate("m"), "result._WithPrivate__own is not a field of WithPrivate"),
        (loose(), "result.extra is not a field of Loose"),
        (shadowed(), "result.limit is not a field of Wide"),
        (Unset("m"), "result.size, a field of Unset, was never set"),
        (UnsetInSlots("m"), "result.size, a field of UnsetInSlots, was never set"),
        (Described(2), "result.size is kept by a Positive in the class"),  # type: ignore[arg-type]
    ],
)
def test_what_would_be_lost_is_named_wherever_it_stands(record: object, path: str) -> None:
    assert path in refused(record)
    assert "make it a" in refused(record) or "default" in refused(record)
    for value, deeper in (([record], "result[0]"), ({"a": (record,)}, "result['a'][0]")):
        assert path.replace("result", deeper, 1) in refused(value)


# What a record holds that can be read back.


@dataclass
class Computed:
    sides: list[int]

    @functools.cached_property
    def total(self) -> int:
        return sum(self.sides)


@attrs.define
class ComputedInSlots:
    sides: list[int]

    @functools.cached_property
    def total(self) -> int:
        return sum(self.sides)


class ComputedBelow(ComputedInSlots):
    """Inherits the cached property, and has a dict."""


@attrs.frozen(cache_hash=True)
class Hashed:
    name: str


@attrs.frozen(cache_hash=True, slots=False)
class HashedInDict:
    name: str


@attrs.define
class Converted:
    name: str = attrs.field(converter=lambda text: text + "!", validator=attrs.validators.max_len(9))


@dataclass(kw_only=True, frozen=True, slots=True)
class Derived:
    base: int
    double: int = field(init=False)
    start: InitVar[int] = 0

    def __post_init__(self, start: int) -> None:
        object.__setattr__(self, "double", self.base * 2 + start)


@dataclass
class Box(typing.Generic[T]):
    content: T


class Same(Narrow):
    """A subclass that adds nothing."""

    __slots__ = ()


@dataclass(init=False)
class Defaulted:
    name: str = "as the class has it"


@dataclass
class _Private:
    _hidden: int
    __more: int


@pytest.mark.parametrize("kind", [Computed, ComputedInSlots, ComputedBelow])
def test_a_cached_property_that_was_asked_stays_allowed(kind: type[Computed]) -> None:
    record = kind([1, 2])
    assert record.total == 3
    read = again(record)
    assert isinstance(read, kind)
    assert (read.sides, read.total) == ([1, 2], 3)


@pytest.mark.parametrize("kind", [Hashed, HashedInDict])
def test_a_hash_that_is_kept_is_made_anew(kind: type[Hashed]) -> None:
    record = kind("n")
    hash(record)
    read = again({record: 1})
    assert read == {record: 1}
    assert isinstance(read, dict)
    assert {hash(key) for key in read} == {hash(record)}


@pytest.mark.parametrize(
    "record",
    [
        Converted("name"),
        Derived(base=2, start=1),
        Box[int](3),
        Box(Box("x")),
        Same("n"),
        Loose("n"),
        Defaulted(),
        _Private(1, 2),
    ],
)
def test_no_code_of_the_class_runs_when_a_record_is_read_back(record: object) -> None:
    read = again(record)
    assert type(read) is type(record)
    assert read == record


def test_a_field_under_a_property_of_a_subclass_is_read_back_without_asking_it() -> None:
    class Loud(Narrow):
        __slots__ = ()

        @property
        def name(self) -> str:  # type: ignore[override]
            raise AssertionError("asked")

    record = Loud.__new__(Loud)
    vars(Narrow)["name"].__set__(record, "quiet")
    assert vars(Narrow)["name"].__get__(again(record)) == "quiet"


# A search: classes of every make.

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False)


def state_of(record: object) -> dict[str, object]:
    """All that an instance holds, asked name by name, as the class that was made here may have it."""
    held = {}
    for name in ("a", "b", "c", "d", "more"):
        try:
            held[name] = getattr(record, name)
        except AttributeError:
            continue
    return held


@st.composite
def records(draw: st.DrawFn) -> object:
    """An instance of a class that was just made, some with more than its fields."""
    names = draw(st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=3))
    slots, frozen, by_attrs = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    set_later = draw(st.sampled_from([*names, None]))
    extra, computes, below = draw(st.booleans()), draw(st.booleans()), draw(st.sampled_from(["", "bare", "slots"]))
    space: dict[str, object] = {"__annotations__": dict.fromkeys(names, "object")}
    if not slots or by_attrs:
        space["computed"] = functools.cached_property(lambda _: 7)
        vars_of = typing.cast("functools.cached_property[int]", space["computed"])
        vars_of.__set_name__(object, "computed")
    if set_later is not None:
        marker = attrs.field(init=False) if by_attrs else field(init=False)
        space[set_later] = marker
    made = type("Made", (), space)
    kind = attrs.define(made, slots=slots, frozen=frozen) if by_attrs else dataclass(slots=slots, frozen=frozen)(made)
    if below:
        kind = type("Below", (kind,), {"__slots__": ("more",)} if below == "slots" else {})
    record = kind(**{name: draw(scalars) for name in names if name != set_later})
    for name in [set_later] if set_later is not None and draw(st.booleans()) else []:
        object.__setattr__(record, name, draw(scalars))
    if extra and (below or not slots):
        object.__setattr__(record, "more", draw(scalars))
    if computes and hasattr(record, "computed"):
        assert record.computed == 7
    return record


@given(records())
def test_a_record_comes_back_with_all_that_it_holds_or_is_refused(record: object) -> None:
    fields = (attrs.fields if attrs.has(type(record)) else dataclasses.fields)(type(record))  # type: ignore[arg-type]
    names = {each.name for each in fields}
    held = state_of(record)
    if set(held) != names:
        said = refused(record)
        assert any(f"result.{name}" in said for name in set(held) ^ names)
        return
    read = again(record)
    assert type(read) is type(record)
    assert state_of(read) == held
    assert list(map(type, state_of(read).values())) == list(map(type, held.values()))


# Kinds of values that look like others.


class Text(str):
    __slots__ = ()


class Number(int):
    pass


class Numbers(list[int]):
    pass


class Words(dict[str, int]):
    pass


class Moment(datetime):
    pass


class Pair(typing.NamedTuple):
    a: int
    b: int


class Mode(IntFlag):
    R = 1
    W = 2


@dataclass
class Conn(sqlite3.Connection):
    name: str = ""


class FromNumpy(float):
    """A number of a library: a float to Python."""

    ndim = 0

    def item(self) -> float:
        return float(self)

    def tolist(self) -> float:
        return float(self)


FromNumpy.__module__ = "numpy"
FromNumpy.__qualname__ = "float64"


class FromNumpyArray:
    ndim = 1

    def item(self) -> object: ...
    def tolist(self) -> list[float]:
        return []


FromNumpyArray.__module__ = "numpy"
FromNumpyArray.__qualname__ = "ndarray"


class FromPandas:
    def to_dict(self) -> dict[str, int]:
        return {}


FromPandas.__module__ = "pandas.core.frame"
FromPandas.__qualname__ = "DataFrame"


class Stamp(datetime):
    def to_pydatetime(self) -> datetime:
        return self


Stamp.__module__ = "pandas"


@pytest.mark.parametrize(
    ("value", "said", "advice"),
    [
        (Text("a"), "a Text", "str(x)"),
        (Number(1), "Number", "int(x)"),
        (Numbers(), "Numbers", "list(x)"),
        (Words(), "Words", "dict(x)"),
        (Moment(2026, 1, 1), "Moment", "give data"),
        (Pair(1, 2), "Pair", "make it a dataclass, or give tuple(x)"),
        (defaultdict(int), "a defaultdict", "dict(x)"),
        (OrderedDict(), "an OrderedDict", "dict(x)"),
        (deque([1]), "a deque", "list(x)"),
        (iter([1]), "a list_iterator", "list(x)"),
        ({1}, "a set", "sorted(x), a list"),
        (frozenset({1}), "a frozenset", "sorted(x), a list"),
        (bytearray(b"a"), "a bytearray", "bytes(x)"),
        (Mode.R | Mode.W, "not a single member", "its value"),
        (FromNumpy(1.5), "a numpy.float64", "x.item()"),
        (FromNumpyArray(), "a numpy.ndarray", "x.tolist(), or a path"),
        (FromPandas(), "a pandas.core.frame.DataFrame", "a path to a file that holds it, or x.to_dict()"),
        (Stamp(2026, 1, 1), "a pandas.Stamp", "x.to_pydatetime()"),
        (1j, "a complex", "give data"),
        (int, "a type", "give data"),
        (KeyError("a"), "a KeyError", "give data"),
        (Conn(":memory:"), "Conn", "give data"),
    ],
)
def test_what_only_looks_like_data_is_refused_with_what_to_give(value: object, said: str, advice: str) -> None:
    told = refused({"a": [value]})
    assert told.startswith("result['a'][0] is ")
    assert said in told
    assert f"hint: {'' if advice == 'give data' else 'give '}" in told or "make it" in told
    assert advice in told


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        2**70,
        "\ud800",
        "\udc00\ud800",
        "a\ud83d\ude00b",
        {"\ud83d\ude00": "\ud83d\ude00"},
        {"$s": "\ud83d\ude00", "x": 1},
        Path("\ud83d\ude00"),
        Decimal("-0E+5"),
        Decimal("1.50"),
        datetime(2026, 10, 25, 2, 30, fold=1),  # noqa: DTZ001  without a zone is what is tried
        datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1, seconds=5))),
        datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=-5), "EST")),
        time(2, 30, tzinfo=timezone(timedelta(hours=1), "CET"), fold=1),
        time(2, 30, tzinfo=UTC),
        date.min,
        {(1, "a"): {None: [True, 1, 1.0]}},
        range(5, 1, -2),
    ],
)
def test_values_at_the_edge_come_back_in_every_respect(value: object) -> None:
    read = again([value])
    assert isinstance(read, list)
    assert repr(read[0]) == repr(value)
    assert type(read[0]) is type(value)
    assert getattr(read[0], "fold", 0) == getattr(value, "fold", 0)
    (item,) = Items(value_text.encode([value]))
    assert repr(value_text.decode(item)) == repr(value)
    assert item.encode("utf-8")


def test_two_surrogates_that_stand_apart_do_not_become_one_character() -> None:
    two = "\ud83d\ude00"
    read = again([two, {two: two}])
    assert read == [two, {two: two}]
    assert again("\N{GRINNING FACE}") == "\N{GRINNING FACE}"


class Fixed(tzinfo):
    key = "Europe/Berlin"

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(hours=9)


def test_a_zone_that_only_bears_the_name_of_one_is_refused_with_its_place() -> None:
    with open("/usr/share/zoneinfo/Asia/Tokyo", "rb") as file:
        disguised = ZoneInfo.from_file(file, key="Europe/Berlin")
    for zone in (Fixed(), disguised, type("Own", (ZoneInfo,), {})("Europe/Berlin")):
        said = refused({"when": datetime(2026, 7, 1, tzinfo=zone)})
        assert said.startswith("result['when']: a datetime has the zone")
        assert "zoneinfo.ZoneInfo" in said


# Classes that have changed since.


class Shade(Enum):
    LIGHT = 1


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (dataclasses.make_dataclass("Narrow", ["title"]), "it had 'name' and had no 'title'"),
        (dataclasses.make_dataclass("Narrow", ["name", "size"]), "it had no 'size'"),
        (type("Narrow", (), {}), "neither an attrs class nor a dataclass"),
    ],
)
def test_a_class_that_has_changed_is_told_with_what_differs(now: type, said: str) -> None:
    with pytest.raises(NotDataError) as caught:
        value_text.decode(value_text.encode(Narrow("n")), {"Narrow": now})
    assert "a stored Narrow has other fields than the class has now" in str(caught.value)
    assert said in str(caught.value)
