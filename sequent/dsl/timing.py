"""Options that are lengths of time: delays, timeouts, and the waits between attempts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, cast

from sequent.dsl.counts import option_error
from sequent.errors import DefinitionError, NotDataError, Place
from sequent.model.references import Literal
from sequent.model.spec import AT_ONCE, Backoff
from sequent.model.wording import repr_of

_SPAN = '"30s", "5m", "6h", "1h 30m", a number of seconds or a timedelta'
_DELAY = f"it is {_SPAN}, at most ten years; or a datetime with its zone: not before"
_TIMEOUT = f"it is {_SPAN}, longer than nothing and at most ten years"
_BACKOFF = 'it is the first wait, "60s", or (first, factor, ceiling, jitter), of which the last may be left out'
_RETRY_ON = "it is exception types, and exit codes from 0 to 255: retry_on=(ConnectionError, 75)"


def read_delay(value: object, name: str, place: Place) -> Literal | None:
    """How long to wait before a start, or the moment before which there is none; None for at once.

    Raises:
        DefinitionError: it is neither, negative, endless, or longer than ten years.
    """
    delay = _literal_of("delay", value, name, place, _DELAY)
    return None if delay is None or delay.text == "0.0" else delay


def read_timeout(value: object, name: str, place: Place) -> Literal | None:
    """How long an attempt may take; None for as long as it likes.

    Raises:
        DefinitionError: it is not a duration, nothing at all, or longer than ten years.
    """
    timeout = _literal_of("timeout", value, name, place, _TIMEOUT)
    if timeout is not None and timeout.text == "0.0":
        raise option_error(f"{name!r} is {repr_of(value)}: an attempt would end before it begins", place, _TIMEOUT)
    return timeout


def _literal_of(kind: str, value: object, name: str, place: Place, hint: str) -> Literal | None:
    if value is None:
        return None
    try:
        # Most flows say the same few times over and over.
        return _known(kind, value) if type(value) is str else _written(kind, value)
    except ValueError as error:
        raise option_error(f"{name!r}: {error}", place, hint) from None
    except NotDataError as error:
        raise option_error(f"{name!r}: {error.message}", place, error.hint) from None


def _written(kind: str, value: object) -> Literal:
    # Reading lengths of time takes a parser of some size: flows that name none do without.
    from sequent.model import durations
    from sequent.model.wire import encode

    read: Callable[[object], object] = durations.read_delay if kind == "delay" else durations.read_seconds
    return Literal(encode(read(value)))


_known = lru_cache(maxsize=256)(_written)


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
    from sequent.model.durations import read_seconds

    try:
        return read_seconds(value)
    except ValueError as error:
        raise option_error(f"{name}: {error}", place, _BACKOFF) from None


def _number(value: object, name: str, place: Place, least: float, most: float = sys.float_info.max) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        allowed = f"at least {least:g}" if most == sys.float_info.max else f"from {least:g} to {most:g}"
        raise option_error(f"{name} is {repr_of(value)}", place, f"it is a number, {allowed}")
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


def check_attempts(given: Iterable[str], where: Callable[[str], Place]) -> None:
    """See that who says how to try again says that it is to be done.

    Raises:
        DefinitionError: there is ``backoff`` or ``retry_on``, and no word of ``retries``.
    """
    for word in ("backoff", "retry_on"):
        if word in given and "retries" not in given:
            raise DefinitionError(
                f"{word!r} is about further attempts, and there are none",
                code="option",
                hint="say how many: retries=3",
                place=where(word),
            )
