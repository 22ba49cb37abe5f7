"""How values that JSON has no form for, and that hold no others, are written and read back."""

from __future__ import annotations

import pathlib
import typing
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sequent.errors import NotDataError


def _read_zone(parts: list[typing.Any]) -> datetime:
    """A moment with its own zone: by name where it has one, else by its offset."""
    text, key, fold = parts
    moment = datetime.fromisoformat(text)
    if key:
        from zoneinfo import ZoneInfo

        moment = moment.replace(tzinfo=ZoneInfo(key))
    return moment.replace(fold=fold)


def _write_moment(value: datetime) -> list[object]:
    key = getattr(value.tzinfo, "key", None)
    if value.tzinfo is not None and key is None and type(value.tzinfo) is not timezone:
        raise NotDataError(
            f"a datetime has the zone {value.tzinfo!r}, which cannot be stored and read back",
            hint="use zoneinfo.ZoneInfo or datetime.timezone",
        )
    return [value.isoformat(), key or "", value.fold]


def _write_time(value: time) -> list[object]:
    if value.tzinfo is not None and type(value.tzinfo) is not timezone:
        raise NotDataError("a time has a zone that cannot be stored and read back", hint="use datetime.timezone")
    return [value.isoformat(), value.fold]


def _read_time(parts: list[typing.Any]) -> time:
    return time.fromisoformat(parts[0]).replace(fold=parts[1])


def _write_span(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _read_span(parts: list[int]) -> timedelta:
    return timedelta(*parts)


def _write_bytes(value: bytes) -> str:
    return value.decode("latin-1")


def _read_bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _write_range(value: range) -> list[int]:
    return [value.start, value.stop, value.step]


def _read_range(parts: list[int]) -> range:
    return range(*parts)


class Scalar(typing.NamedTuple):
    """A kind of value: the key that marks it, and how it becomes JSON and comes back."""

    tag: str
    write: Callable[[typing.Any], object]
    read: Callable[[typing.Any], object]


SCALARS: dict[type, Scalar] = {
    bytes: Scalar("$b", _write_bytes, _read_bytes),
    range: Scalar("$g", _write_range, _read_range),
    datetime: Scalar("$dt", _write_moment, _read_zone),
    date: Scalar("$da", date.isoformat, date.fromisoformat),
    time: Scalar("$ti", _write_time, _read_time),
    timedelta: Scalar("$td", _write_span, _read_span),
    Decimal: Scalar("$n", str, Decimal),
    Fraction: Scalar("$q", str, Fraction),
    UUID: Scalar("$u", str, UUID),
    type(pathlib.Path()): Scalar("$p", str, pathlib.Path),
    type(pathlib.PurePath()): Scalar("$pp", str, pathlib.PurePath),
}
"""By exact type: a subclass is not read back as what it was, nor is another system's path."""

READERS: dict[str, Callable[[typing.Any], object]] = {
    "$f": float,
    **{scalar.tag: scalar.read for scalar in SCALARS.values()},
}
