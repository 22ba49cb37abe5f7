"""Whatever a parameter or a result may be annotated with is understood in one way, wherever it is asked."""

from __future__ import annotations

import dataclasses
import enum
import numbers
import os
import typing
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import attrs
import pytest
import typing_extensions
from hypothesis import given
from hypothesis import strategies as st

from sequent.dsl.parameters.type_fit import fits
from sequent.errors import NotDataError
from sequent.model import value_text
from sequent.model.annotations import Form, classes_in, meaning_of, meanings_in, unnamed_class
from sequent.model.evaluation import Unfound, evaluated
from sequent.model.outcome import Failures
from sequent.model.storable import never_stored

if typing.TYPE_CHECKING:
    from email.message import Message

T = typing.TypeVar("T")
Number = typing.TypeVar("Number", int, Decimal)
Bounded = typing.TypeVar("Bounded", bound="Colour")


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.IntEnum):
    SMALL = 1


@dataclasses.dataclass
class Box(typing.Generic[T]):
    content: T


@attrs.frozen
class Labelled(Box[T]):
    """An attrs class would not see the field of a dataclass: it has its own."""

    content: T
    label: str = ""


@dataclasses.dataclass
class ColourBox(Box[Colour]):
    pass


@dataclasses.dataclass
class Node:
    value: Size
    parent: Node | None = None
    children: list[Node] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class HalfKnown:
    """Of which one annotation stands under TYPE_CHECKING."""

    colour: Colour
    message: Message | None = None
    kind: typing.ClassVar[Callable[[], int]] = int
    start: dataclasses.InitVar[set[int] | None] = None


class Row(typing.TypedDict):
    colour: Colour


class Wide(Row, total=False):
    box: typing.Required[Box[int]]
    nested: Row
    count: typing_extensions.NotRequired[int]


class Pair(typing.NamedTuple):
    left: int
    right: int


Shade = typing.NewType("Shade", Colour)
Text = typing.NewType("Text", str)
Tree = typing_extensions.TypeAliasType("Tree", "dict[str, Tree] | list[Tree] | Colour | int | None")
Listed = typing_extensions.TypeAliasType("Listed", list[T], type_params=(T,))
Vague = typing_extensions.TypeAliasType("Vague", "list[NoSuchClass]")  # noqa: F821  what this is about


def here(annotation: str) -> object:
    """The annotation as it would be evaluated in this module."""
    return evaluated(annotation, globals())


# What each form says, and the classes that it names.

NAMED: dict[str, tuple[Form, set[type]]] = {
    "None": (Form.SCALAR, set()),
    "int": (Form.SCALAR, set()),
    "Text": (Form.SCALAR, set()),
    "typing.LiteralString": (Form.SCALAR, set()),
    "os.PathLike[str]": (Form.SCALAR, set()),
    "numbers.Number": (Form.SCALAR, set()),
    "Hashable": (Form.SCALAR, set()),
    "Number": (Form.UNION, set()),
    "Failures": (Form.SCALAR, set()),
    "object": (Form.ANYTHING, set()),
    "typing.Any": (Form.ANYTHING, set()),
    "typing.NoReturn": (Form.ANYTHING, set()),
    "T": (Form.ANYTHING, set()),
    "Bounded": (Form.ENUM, {Colour}),
    "Colour": (Form.ENUM, {Colour}),
    "Shade": (Form.ENUM, {Colour}),
    "typing.Annotated[Shade, 'dark']": (Form.ENUM, {Colour}),
    "typing.Final[Colour]": (Form.ENUM, {Colour}),
    "typing.ClassVar[Colour]": (Form.ENUM, {Colour}),
    "typing.Literal[Colour.RED, 3, None]": (Form.CHOICE, {Colour}),
    "Colour | Size | None": (Form.UNION, {Colour, Size}),
    "typing.Optional['Colour']": (Form.UNION, {Colour}),
    "list['Colour']": (Form.LIST, {Colour}),
    "typing.List[Colour]": (Form.LIST, {Colour}),
    "Sequence[Colour]": (Form.LIST, {Colour}),
    "Iterable[Colour]": (Form.LIST, {Colour}),
    "typing.Collection[Colour]": (Form.LIST, {Colour}),
    "tuple[Colour, ...]": (Form.LIST, {Colour}),
    "tuple": (Form.LIST, set()),
    "tuple[int, *tuple[Colour, ...]]": (Form.LIST, {Colour}),
    "tuple[Colour, Size]": (Form.PIECES, {Colour, Size}),
    "tuple[()]": (Form.PIECES, set()),
    "dict[Colour, Box[Size]]": (Form.DICT, {Colour, Box, Size}),
    "Mapping[str, typing.Annotated[Colour, 1]]": (Form.DICT, {Colour}),
    "Row": (Form.KEYS, {Colour}),
    "Wide": (Form.KEYS, {Colour, Box}),
    "Box[int]": (Form.RECORD, {Box}),
    "Box[Colour]": (Form.RECORD, {Box, Colour}),
    "Box": (Form.RECORD, {Box}),
    "ColourBox": (Form.RECORD, {ColourBox, Colour}),
    "Labelled[list[Colour]]": (Form.RECORD, {Labelled, Colour}),
    "Node": (Form.RECORD, {Node, Size}),
    "HalfKnown": (Form.RECORD, {HalfKnown, Colour}),
    "Tree": (Form.UNION, {Colour}),
    "Listed[Colour]": (Form.LIST, {Colour}),
    "list[Listed[Box[Colour]]]": (Form.LIST, {Colour, Box}),
    "set[Colour]": (Form.OTHER, {Colour}),
    "typing.Iterator[Colour]": (Form.OTHER, {Colour}),
    "Callable[[int], Colour]": (Form.OTHER, {Colour}),
    "Pair": (Form.OTHER, set()),
    "typing.IO[str]": (Form.OTHER, set()),
    "type[int]": (Form.OTHER, set()),
}


@pytest.mark.parametrize("annotation", NAMED)
def test_an_annotation_says_what_it_is_and_names_its_classes_however_deep(annotation: str) -> None:
    form, classes = NAMED[annotation]
    kind = here(annotation)
    assert meaning_of(kind).form is form
    assert set(classes_in(kind).values()) == classes


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ("Message", "Message"),
        ("list[Message]", "Message"),
        ("'dict[str, Message]'", "Message"),
        ("dict[str, 'Message']", "Message"),
        ("typing.NoSuchThing", "typing.NoSuchThing"),
        ("'loop'", "loop"),
    ],
)
def test_what_cannot_be_found_is_told_by_name_and_never_raised(annotation: str, name: str) -> None:
    found = evaluated(annotation, {**globals(), "loop": "loop"})
    assert found == Unfound(name)
    assert meaning_of(found).form is Form.UNFOUND
    assert classes_in(found) == {}


@pytest.mark.parametrize(
    ("annotation", "flaw"),
    [
        ("a b", "is not Python"),
        ("list[", "is not Python"),
        ("int[0]", "is not a type"),
        ("(int, str)", "is not a type"),
    ],
)
def test_what_is_no_type_is_told_by_its_flaw(annotation: str, flaw: str) -> None:
    found = evaluated(annotation, globals())
    assert found == Unfound(annotation, flaw)
    assert meaning_of(found).form is Form.UNFOUND


def test_a_record_of_a_field_that_cannot_be_found_is_never_stored_unless_it_may_be_left_out() -> None:
    @dataclasses.dataclass
    class Needed:
        message: Message

    @attrs.define
    class Left:
        message: Message = None  # type: ignore[assignment]
        messages: Message | None = None

    found = never_stored(Needed)
    assert found is not None
    assert (found[0].kind, found[1].rpartition(".")[2]) == (Unfound("Message"), "message")
    assert never_stored(Left) is None


def test_an_alias_of_what_cannot_be_found_cannot_be_found_either() -> None:
    assert [meaning.kind for meaning in meanings_in(Vague) if meaning.form is Form.UNFOUND] == [Unfound("NoSuchClass")]


def test_a_class_of_a_function_knows_itself() -> None:
    @dataclasses.dataclass
    class Link:
        to: Link | None
        colour: Colour

    assert set(classes_in(list[Link]).values()) == {Link, Colour}
    assert value_text.decode(value_text.encode([Link(None, Colour.RED)]), classes_in(list[Link])) == [
        Link(None, Colour.RED)
    ]


def test_a_record_that_names_itself_with_ever_longer_variables_comes_to_an_end() -> None:
    @dataclasses.dataclass
    class Longer(typing.Generic[T]):
        colour: T
        rest: Longer[list[T]] | None

    assert set(classes_in(Longer[Colour]).values()) == {Longer, Colour}


def test_a_key_that_may_be_missing_is_known_as_such_where_annotations_are_texts() -> None:
    assert meaning_of(Wide).required == {"colour", "box"}
    right: dict[str, object] = {"colour": Colour.RED, "box": Box(1)}
    assert fits(Wide, right)
    assert fits(Wide, {**right, "nested": {"colour": Colour.BLUE}, "count": 1})
    for wrong in ({"colour": Colour.RED}, {**right, "other": 1}, {**right, "count": "1"}, {**right, "nested": {}}, 3):
        assert not fits(Wide, wrong)


# What can never be stored.


@dataclasses.dataclass
class Holding:
    name: str
    tags: set[str]


@dataclasses.dataclass
class Perhaps:
    """Which can be stored as long as it holds nothing of the kind."""

    name: str
    handler: Callable[[], None] | None = None
    seen: list[set[int]] = dataclasses.field(default_factory=list)


@pytest.mark.parametrize(
    ("annotation", "field"),
    [
        ("set[int]", ""),
        ("frozenset[str] | None", ""),
        ("typing.AbstractSet[int]", ""),
        ("list[set[int]]", ""),
        ("dict[str, Callable[[], int]]", ""),
        ("typing.Iterator[int]", ""),
        ("typing.Generator[int, None, None]", ""),
        ("typing.TextIO", ""),
        ("complex", ""),
        ("bytearray", ""),
        ("Pair", ""),
        ("Exception", ""),
        ("type", ""),
        ("Holding", "Holding.tags"),
        ("Box[set[int]]", "Box.content"),
        ("list[Box[Holding]]", "Holding.tags"),
    ],
)
def test_what_can_never_be_stored_is_known_by_its_annotation(annotation: str, field: str) -> None:
    found = never_stored(here(annotation))
    assert found is not None
    assert found[1] == field


@pytest.mark.parametrize("annotation", [name for name, (form, _) in NAMED.items() if form is not Form.OTHER])
def test_what_may_be_stored_is_let_pass(annotation: str) -> None:
    assert never_stored(here(annotation)) is None
    assert never_stored(Perhaps) is None


# A search: what fits an annotation and is stored comes back as it was, by the classes that the annotation names.

SCALARS: list[tuple[object, st.SearchStrategy[object]]] = [
    (None, st.none()),
    (bool, st.booleans()),
    (int, st.integers()),
    (float, st.floats(allow_nan=False)),
    (str, st.text(st.characters(exclude_categories=()))),
    (bytes, st.binary()),
    (date, st.dates()),
    (datetime, st.datetimes()),
    (time, st.times()),
    (timedelta, st.timedeltas()),
    (Decimal, st.decimals(allow_nan=False)),
    (Fraction, st.fractions()),
    (UUID, st.uuids()),
    (Path, st.sampled_from([Path("/a/b"), Path()])),
    (os.PathLike, st.just(Path("a"))),
    (Failures, st.just(Failures([], 3))),
    (range, st.builds(range, st.integers(0, 9))),
    (numbers.Number, st.integers()),
    (Hashable, st.text()),
    (Colour, st.sampled_from(Colour)),
    (Shade, st.sampled_from(Colour)),
    (Bounded, st.sampled_from(Colour)),
    (Size, st.sampled_from(Size)),
    (Text, st.text()),
    (typing.Literal[Colour.RED, 1, "a"], st.sampled_from([Colour.RED, 1, "a"])),
    (Number, st.integers() | st.decimals(allow_nan=False)),
    (
        Node,
        st.recursive(st.builds(Node, st.just(Size.SMALL)), lambda inner: st.builds(Node, st.just(Size.SMALL), inner)),
    ),
    (HalfKnown, st.builds(HalfKnown, st.sampled_from(Colour))),
    (ColourBox, st.builds(ColourBox, st.sampled_from(Colour))),
    (Row, st.fixed_dictionaries({"colour": st.sampled_from(Colour)})),
    (
        Wide,
        st.fixed_dictionaries(
            {"colour": st.sampled_from(Colour), "box": st.builds(Box, st.integers())},
            optional={"count": st.integers(), "nested": st.just({"colour": Colour.BLUE})},
        ),
    ),
    (
        Tree,
        st.recursive(
            st.none() | st.integers() | st.sampled_from(Colour),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=6,
        ),
    ),
]


def around(kind: object, values: st.SearchStrategy[object]) -> list[tuple[object, st.SearchStrategy[object]]]:
    """Annotations that contain one, with their values."""
    few = st.lists(values, max_size=3)
    return [
        (list[kind], few),  # type: ignore[valid-type]
        (Sequence[kind], few | few.map(tuple)),  # type: ignore[valid-type]
        (Iterable[kind], few),  # type: ignore[valid-type]
        (Listed[kind], few),  # type: ignore[valid-type]
        (tuple[kind, ...], few.map(tuple)),  # type: ignore[valid-type]
        (tuple[kind, int], st.tuples(values, st.integers())),  # type: ignore[valid-type]
        (dict[str, kind], st.dictionaries(st.text(), values, max_size=3)),  # type: ignore[valid-type]
        (Mapping[str, kind], st.dictionaries(st.text(), values, max_size=3)),  # type: ignore[valid-type]
        (typing.Optional[kind], st.none() | values),  # noqa: UP045
        (typing.Annotated[kind, "a remark"], values),
        (Box[kind], st.builds(Box, values)),  # type: ignore[valid-type]
        (Labelled[kind], st.builds(Labelled, values, st.text())),  # type: ignore[valid-type]
    ]


@st.composite
def annotated(draw: st.DrawFn) -> tuple[object, object]:
    """An annotation, and a value that it allows."""
    kind, values = draw(st.sampled_from(SCALARS))
    for _ in range(draw(st.integers(0, 3))):
        kind, values = draw(st.sampled_from(around(kind, values)))
    return kind, draw(values)


def types_of(value: object) -> object:
    """The types of a value, all the way down."""
    if isinstance(value, list | tuple):
        return (type(value), [types_of(item) for item in value])
    if isinstance(value, dict):
        return (dict, [(types_of(key), types_of(item)) for key, item in value.items()])
    if isinstance(value, Box | Labelled):
        return (type(value), types_of(value.content))
    return type(value)


@given(annotated())
def test_what_fits_an_annotation_comes_back_equal_and_of_the_same_type(pair: tuple[object, object]) -> None:
    annotation, value = pair
    assert fits(annotation, value)
    assert never_stored(annotation) is None
    text, classes = value_text.encode_with_classes(value)
    assert unnamed_class(annotation, classes) is None
    again = value_text.decode(text, classes_in(annotation))
    assert again == value
    assert types_of(again) == types_of(value)


def test_a_class_that_is_hidden_from_a_run_is_refused_by_name_when_there_is_one() -> None:
    @dataclasses.dataclass
    class Letter:
        body: str

    text, classes = value_text.encode_with_classes(HalfKnown(Colour.RED, Letter("b")))  # type: ignore[arg-type]
    assert unnamed_class(HalfKnown, classes) is Letter
    with pytest.raises(NotDataError, match="which the step's annotation does not name"):
        value_text.decode(text, classes_in(HalfKnown))
