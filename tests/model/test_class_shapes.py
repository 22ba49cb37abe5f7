"""Records are read back with all that they hold, or refused with the path of what would be lost."""

from __future__ import annotations

import dataclasses
import functools
import typing
from dataclasses import InitVar, dataclass, field
from enum import Enum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequent.errors import NotDataError
from sequent.model import value_text
from tests.model.written import again, refused

T = typing.TypeVar("T")


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
