"""Reads options that are lengths of time: delays, timeouts, and the waits between attempts and after which failures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, cast

from sequent.errors import Place
from sequent.model.durations import read_seconds, read_seconds_or_moment
from sequent.model.scalar_options import option_error, quoted
from sequent.model.spec import AT_ONCE, Backoff
from sequent.model.wording import repr_of

T = TypeVar("T")
_SPAN = '"30s", "5m", "6h", "1h 30m", a number of seconds or a timedelta'
_DELAY = f"give {_SPAN}, at most ten years; or a datetime with its zone"
_TIMEOUT = f"give {_SPAN}, more than zero and at most ten years"
_BACKOFF = 'give the first wait, "60s", or (first, factor, ceiling, jitter); the last ones may be left out'
_RETRY_ON = "give exception types, and exit codes from 0 to 255: retry_on=(ConnectionError, 75)"


def read_delay(value: object, name: str, place: Place) -> float | datetime:
    """The delay before a start in seconds, or the earliest moment of a start.

    Raises:
        DefinitionError: it is neither, negative, endless, or longer than ten years.
    """
    return _explained(read_seconds_or_moment, value, name, place, _DELAY)


def read_timeout(value: object, name: str, place: Place) -> float:
    """How many seconds an attempt may take.

    Raises:
        DefinitionError: it is not a duration, nothing at all, or longer than ten years.
    """
    timeout = _explained(read_seconds, value, name, place, _TIMEOUT)
    if not timeout:
        message = f"{quoted(name)} is {repr_of(value)}: an attempt would end before it begins"
        raise option_error(message, place, _TIMEOUT)
    return timeout


def _explained(read: Callable[[object], T], value: object, name: str, place: Place, hint: str) -> T:
    try:
        return read(value)
    except ValueError as error:
        raise option_error(f"{quoted(name)}: {error}", place, hint) from None


def read_backoff(value: object, name: str, place: Place) -> Backoff:
    """How long to wait between attempts: the first wait, then each time the factor as long, up to the ceiling.

    Raises:
        DefinitionError: a part of it is not a duration, or out of its range.
    """
    if value is None:
        return AT_ONCE
    parts: tuple[object, ...] = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    if not 1 <= len(parts) <= 4:
        raise option_error(f"{name!r} is {repr_of(cast('Any', value))}, {len(parts)} values", place, _BACKOFF)
    first, factor, ceiling, jitter = [*parts, None, None, None][:4]
    return Backoff(
        first=_wait(first, f"the first wait of {name!r}", place),
        factor=2.0 if factor is None else _number(factor, f"the factor of {name!r}", place, 1.0),
        ceiling=None if ceiling is None else _wait(ceiling, f"the ceiling of {name!r}", place),
        jitter=0.0 if jitter is None else _number(jitter, f"the jitter of {name!r}", place, 0.0, 1.0),
    )


def _wait(value: object, name: str, place: Place) -> float:
    try:
        return read_seconds(value)
    except ValueError as error:
        raise option_error(f"{name}: {error}", place, _BACKOFF) from None


def _number(value: object, name: str, place: Place, least: float, most: float = sys.float_info.max) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        allowed = f"at least {least:g}" if most == sys.float_info.max else f"from {least:g} to {most:g}"
        raise option_error(f"{name} is {repr_of(value)}", place, f"give a number, {allowed}")
    return float(value)


def read_retry_on(value: object, name: str, place: Place) -> tuple[str | int, ...]:
    """After which failures there is a further attempt: classes of exceptions by name, and exit codes.

    Raises:
        DefinitionError: one of them is neither.
    """
    if value is None:
        return ()
    causes = cast("Iterable[Any]", value) if isinstance(value, tuple | list | set | frozenset) else (value,)
    read = dict.fromkeys(_cause(cause, name, place) for cause in causes)
    return tuple(sorted(read, key=lambda cause: (isinstance(cause, str), cause)))


def _cause(cause: object, name: str, place: Place) -> str | int:
    if isinstance(cause, type) and issubclass(cause, BaseException):
        return f"{cause.__module__}.{cause.__qualname__}"
    if isinstance(cause, int) and not isinstance(cause, bool) and 0 <= cause <= 255:
        return cause
    raise option_error(f"{name!r} has {repr_of(cast('Any', cause))}", place, _RETRY_ON)
