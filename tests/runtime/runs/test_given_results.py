"""Results that people give to steps: read by the step's annotation, without running code of its classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path

import attrs
import pytest

from sequent import container, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import UsageError
from sequent.model.value_text import decode
from sequent.runtime.runs.given_results import ResultReader


class Colour(Enum):
    RED = 1


@attrs.frozen
class Row:
    day: date
    colour: Colour = Colour.RED
    notes: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        raise AssertionError("code of the author runs in the driver")


@dataclass
class Pair:
    first: int
    second: int = 2
    made: int = field(default_factory=lambda: 1 // 0)


@container
class flow:
    @step
    def count(self) -> int:
        return 1

    @step
    def path(self) -> Path | None: ...

    @step
    def rows(self) -> list[Row]:
        return []

    @step
    def pair(self) -> Pair:
        return Pair(1, 2, 3)

    @step
    def anything(self):
        return 1

    @step
    def nothing(self) -> None: ...


READER = ResultReader(definition_of(flow))
CLASSES = {"Colour": Colour, "Row": Row, "Pair": Pair}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "3", 3),
        ("path", '"a/b"', Path("a/b")),
        ("path", "", None),
        ("anything", '{"a": [1, null]}', {"a": [1, None]}),
        ("nothing", "", None),
        ("pair", '{"first": 1, "second": 5, "made": 6}', Pair(1, 5, 6)),
    ],
)
def test_a_result_is_read_by_the_annotation_of_its_step(name, text, value):
    assert decode(READER.text_of((name,), text), CLASSES) == value


def test_a_record_has_its_plain_defaults_and_its_constructor_does_not_run():
    (row,) = decode(READER.text_of(("rows",), '[{"day": "2026-11-24"}]'), CLASSES)
    assert (row.day, row.colour, row.notes) == (date(2026, 11, 24), Colour.RED, [])


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("count", '"3x"', "the result of 'count' is '\"3x\"', which is not an int"),
        ("count", "", "'count' needs a result"),
        ("count", "{", "the result of 'count' is '{', which"),
        ("nothing", "1", "which is not null"),
        ("rows", '[{"day": "2026-11-24", "more": 1}]', "which is not a list"),
        ("rows", "[{}]", "which is not a list"),
        ("pair", '{"first": 1}', "which is not a Pair"),
    ],
)
def test_another_value_is_refused(name, text, said):
    with pytest.raises(UsageError) as caught:
        READER.text_of((name,), text)
    assert said in caught.value.message
