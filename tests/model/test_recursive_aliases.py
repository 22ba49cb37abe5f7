"""An alias that names itself is understood to any depth, in whichever way it is written."""

# ruff: noqa: UP006, UP007, F821  aliases are written in all of these ways, and some of the names are not there
import dataclasses
import typing
from datetime import date

import pytest

from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import shown_type
from sequent.model import value_text
from sequent.model.annotations import Form, classes_in, meanings_in
from sequent.model.evaluation import Unfound, evaluated
from sequent.model.storable import never_stored


@dataclasses.dataclass
class Leaf:
    day: date


@dataclasses.dataclass
class Branch:
    parts: "InRecord"


BuiltIn = typing.Union[Leaf, "list[BuiltIn]", "dict[str, BuiltIn]"]
OfTyping = typing.Union[Leaf, typing.List["OfTyping"], typing.Dict[str, "OfTyping"]]
Optional = typing.Optional["list[tuple[Leaf | Optional, ...] | dict[str, Optional]]"]
There = typing.Union[Leaf, typing.List["Back"]]
Back = typing.Union[typing.Dict[str, "There"], typing.List["There"]]
Remarked = typing.Annotated[typing.Union[Leaf, typing.List["Remarked"], typing.Dict[str, "Remarked"]], "x"]
InRecord = typing.List[typing.Union[Leaf, Branch, "InRecord"]]

ALIASES = ("BuiltIn", "OfTyping", "Optional", "There", "Remarked", "InRecord")
DEEP = [[[Leaf(date(2026, 1, 1))], [[Leaf(date(2026, 1, 2))]]]]
FITTING = {
    "There": [[Leaf(date(2026, 1, 1)), [{"x": Leaf(date(2026, 1, 2))}]]],
    "Optional": [(Leaf(date(2026, 1, 1)), [{"x": [(None,)]}])],
    "InRecord": [Branch([Leaf(date(2026, 1, 1)), []])],
}


def written(name: str, *, is_text: bool) -> object:
    return evaluated(f"list[{name}]" if is_text else list[globals()[name]], globals())


@pytest.mark.parametrize("is_text", [True, False])
@pytest.mark.parametrize("name", ALIASES)
def test_what_fits_it_comes_back_equal(name, is_text):
    annotation = written(name, is_text=is_text)
    value = FITTING.get(name, DEEP)
    assert fits(annotation, [value])
    assert not fits(annotation, [[[[{1, 2}]]]])
    assert never_stored(annotation) is None
    assert not [meaning for meaning in meanings_in(annotation) if meaning.form is Form.UNFOUND]
    text, classes = value_text.encode_with_classes([value])
    assert set(classes) <= set(classes_in(annotation).values())
    assert value_text.decode(text, classes_in(annotation)) == [value]
    assert "ForwardRef" not in shown_type(annotation)


def test_what_is_not_there_is_told_of_one_too():
    names = {"Holed": typing.Union[int, "list[Holed]", "list[Missing]"]}
    assert evaluated("Holed", names) == Unfound("Missing")


def test_what_can_never_be_stored_is_known_deep_in_one():
    names = {"Loose": typing.Union[int, "list[Loose | set[int]]"]}
    assert never_stored(evaluated("Loose", names)) is not None


def test_two_modules_may_write_the_same_words_for_different_classes():
    @dataclasses.dataclass
    class Other:
        name: str

    # Python keeps one object for both, and what it has once found for it.
    one, two = ({"Row": kind, "Rows": typing.List["Row"]} for kind in (Leaf, Other))
    assert list(classes_in(evaluated("Rows", one)).values()) == [Leaf]
    assert list(classes_in(evaluated("Rows", two)).values()) == [Other]
    assert list(classes_in(evaluated(one["Rows"], one)).values()) == [Leaf]
