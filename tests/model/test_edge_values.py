"""Values at the edge of their kinds come back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sequent.model import value_text
from sequent.model.items import Items
from tests.model.written import again, refused


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
