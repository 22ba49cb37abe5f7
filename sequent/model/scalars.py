"""Writes and reads values that JSON has no form for and that contain no other values."""

from __future__ import annotations

import pathlib
import typing
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sequent.errors import NotDataError

_ZONES = "use zoneinfo.ZoneInfo or datetime.timezone"


def _write_moment(value: datetime) -> list[object]:
    zone = value.tzinfo
    if zone is None or type(zone) is timezone:
        return [value.isoformat(), "", value.fold, *_own_name(zone)]
    key = getattr(zone, "key", None)
    if type(zone).__module__ != "zoneinfo" or not isinstance(key, str) or not _is_found_again(value, key):
        raise NotDataError(f"a datetime has the zone {zone!r}, which cannot be stored and read back", hint=_ZONES)
    return [value.isoformat(), key, value.fold]


def _own_name(zone: timezone | None) -> list[str]:
    """Return the name of an offset, if it was given one."""
    if zone is None:
        return []
    name = zone.tzname(None)
    return [] if name == timezone(zone.utcoffset(None)).tzname(None) else [name]


def _is_found_again(value: datetime, key: str) -> bool:
    """Return whether the zone with this key is the moment's own: a zone may be read from a file, under any name."""
    from zoneinfo import ZoneInfo

    try:
        return value.replace(tzinfo=ZoneInfo(key)).utcoffset() == value.utcoffset()
    except (ValueError, OSError, KeyError):
        return False


def _read_moment(parts: list[typing.Any]) -> datetime:
    """Return a moment with its own zone: by key if it has one, else by its offset."""
    text, key, fold, *name = parts
    moment = datetime.fromisoformat(text)
    if key:
        from zoneinfo import ZoneInfo

        moment = moment.replace(tzinfo=ZoneInfo(key))
    return _named(moment, name).replace(fold=fold)


_Clock = typing.TypeVar("_Clock", datetime, time)


def _named(value: _Clock, name: list[str]) -> _Clock:
    offset = value.utcoffset()
    return value if not name or offset is None else value.replace(tzinfo=timezone(offset, name[0]))


def _write_time(value: time) -> list[object]:
    zone = value.tzinfo
    if zone is None or type(zone) is timezone:
        return [value.isoformat(), value.fold, *_own_name(zone)]
    raise NotDataError("a time has a zone that cannot be stored and read back", hint="use datetime.timezone")


def _read_time(parts: list[typing.Any]) -> time:
    text, fold, *name = parts
    return _named(time.fromisoformat(text), name).replace(fold=fold)


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
    """A kind of value: the key that marks it, and its conversions to and from JSON."""

    tag: str
    write: Callable[[typing.Any], object]
    read: Callable[[typing.Any], object]


SCALARS: dict[type, Scalar] = {
    bytes: Scalar("$b", _write_bytes, _read_bytes),
    range: Scalar("$g", _write_range, _read_range),
    datetime: Scalar("$dt", _write_moment, _read_moment),
    date: Scalar("$da", date.isoformat, date.fromisoformat),
    time: Scalar("$ti", _write_time, _read_time),
    timedelta: Scalar("$td", _write_span, _read_span),
    Decimal: Scalar("$n", str, Decimal),
    Fraction: Scalar("$q", str, Fraction),
    UUID: Scalar("$u", str, UUID),
    type(pathlib.Path()): Scalar("$p", str, pathlib.Path),
    type(pathlib.PurePath()): Scalar("$pp", str, pathlib.PurePath),
}
"""The kinds by exact type: a subclass, or another system's path, would be read back as something else."""

READERS: dict[str, Callable[[typing.Any], object]] = {
    "$f": float,
    "$s": "".join,
    **{scalar.tag: scalar.read for scalar in SCALARS.values()},
}
