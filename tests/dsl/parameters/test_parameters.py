"""Parameters of a run: given as values or as text, checked against their annotations."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType

import pytest

from sequent import container, param, step
from sequent.dsl.parameters.param import encode_params
from sequent.dsl.parameters.typed_text import parse_text, read_json_value
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import UsageError


class Colour(Enum):
    RED = "r"
    BLUE = "b"


Pages = NewType("Pages", int)


@container
class nightly:
    day: date = param(help="business day")
    limit: int | None = param(default=3)

    @step
    def orders(self) -> None: ...


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"day": "2026-11-24"}, None),
        ({"day": date(2026, 11, 24), "limit": None}, None),
        ({"day": "24.11."}, "'day' is '24.11.', which is not a date"),
        ({"day": 3}, "'day' is 3, an int"),
        ({"day": datetime(2026, 11, 24)}, "'day' is"),  # noqa: DTZ001  a moment is no day, whatever its zone
        ({"day": date(2026, 11, 24), "limit": True}, "'limit' is True"),
        ({"dya": 1}, "did you mean 'day'"),
    ],
)
def test_parameters_are_checked(given, text):
    definition = definition_of(nightly)
    if text is None:
        assert encode_params(definition, given)["day"] == '{"$da":"2026-11-24"}'
        return
    with pytest.raises(UsageError) as caught:
        encode_params(definition, given)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (str, "x", "x"),
        (int, "3", 3),
        (float, "1e3", 1000.0),
        (bool, "yes", True),
        (bool, "False", False),
        (date, "2026-11-24", date(2026, 11, 24)),
        (timedelta, "90", timedelta(seconds=90)),
        (Decimal, "1.10", Decimal("1.10")),
        (Path, "/srv", Path("/srv")),
        (Colour, "RED", Colour.RED),
        (Colour, "b", Colour.BLUE),
        (Literal["a", 2], "2", 2),
        (int | None, "none", None),
        (int | str, "x", "x"),
        (str | int, "3", 3),
        (list[int], "1, 2", [1, 2]),
        (list[str], '["a,b"]', ["a,b"]),
        (tuple[int, ...], "1,2", (1, 2)),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (timedelta, "1h 30m", timedelta(minutes=90)),
        (Pages, "3", 3),
        (Annotated[int, "from 1"], "3", 3),
        (Sequence[int], "1,2", [1, 2]),
        (tuple[str, int], "a, 1", ("a", 1)),
        (list, "a,b", ["a", "b"]),
        (tuple, "[1, 2]", (1, 2)),
        (list[Any], "a,b", ["a", "b"]),
        (dict[str, date], '{"a": "2026-11-24"}', {"a": date(2026, 11, 24)}),
        (Mapping[int, Colour], '{"1": "RED"}', {1: Colour.RED}),
        (list[tuple[date, int | None]], '[["2026-11-24", null]]', [(date(2026, 11, 24), None)]),
        (list[int | str], '["1", 1]', ["1", 1]),
        (list[int] | None, "1,2", [1, 2]),
    ],
)
def test_text_is_read_by_the_annotation(annotation, text, value):
    found = parse_text(annotation, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "x"),
        (bool, "2"),
        (Colour, "GREEN"),
        (Literal["a"], "b"),
        (dict[str, int], '{"a": "b"}'),
        (list[int], "1,x"),
        (tuple[int, int], "1,2,3"),
        (tuple[int, int], "[1]"),
        (list[date], '["today"]'),
        (list[list[int]], "[1]"),
        (list[list[int] | None], "[1]"),
        (dict[str, int], "[1]"),
        (list[int], '{"a": 1}'),
        (list[int], "[1"),
        (timedelta, "soon"),
        (set[int], "1,2"),
    ],
)
def test_text_that_is_no_such_value_is_refused_with_what_is_allowed(annotation, text):
    with pytest.raises(UsageError) as caught:
        parse_text(annotation, text)
    assert repr(text) in str(caught.value)
    assert "hint:" in str(caught.value)


@pytest.mark.parametrize("read", [parse_text, read_json_value])
@pytest.mark.parametrize("annotation", [None, type(None)])
def test_a_value_where_none_is_wanted_is_refused_with_the_word_to_type(read, annotation):
    assert read(annotation, "null") is None
    with pytest.raises(UsageError) as caught:
        read(annotation, "3")
    assert (caught.value.message, caught.value.hint) == ("'3', which is not null", "give null")


def test_a_choice_is_refused_by_its_values_and_not_by_its_annotation():
    with pytest.raises(UsageError) as caught:
        parse_text(Literal["a", "b"], "c")
    assert caught.value.message == "'c', which is not one of its values"
    assert caught.value.hint == "give one of a, b"


def test_an_instance_has_the_defaults_of_what_it_was_not_given():
    assert (nightly(day=date(2026, 11, 24)).limit, nightly(limit=5).limit) == (3, 5)
    with pytest.raises(AttributeError, match=r"'day' was not given to this nightly: write nightly\(day=\.\.\.\)"):
        _ = nightly().day
