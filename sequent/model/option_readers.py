"""Reads the values of options, written or computed by a run: flags, numbers, words, durations, directives."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from sequent.errors import DefinitionError, Place
from sequent.model.durations import AT_ONCE, Backoff, read_seconds, read_seconds_or_moment
from sequent.model.status import DEFAULT_ACTIONS, Action, Claim, Construct, Status
from sequent.model.wording import repr_of

T = TypeVar("T")

_TYPED_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_CONSTRUCTS = frozenset(Construct)
_CLASSES = {"Process": Construct.PROCESS, "Thread": Construct.THREAD, "Invoke": Construct.INVOKE}
"""By the names of the original's classes: ``multiprocessing.Process``, ``threading.Thread``, its own."""
_WAYS = ", ".join(repr(construct.value) for construct in Construct)
NO_ACTIONS: Final[Mapping[Status, Action]] = {}

_FOUND: Mapping[Claim, tuple[Status, ...]] = {
    **{Claim(status.value): (status,) for status in DEFAULT_ACTIONS},
    Claim.COMPLETE: (Status.SUCCESS, Status.FAILURE),
}
"""The statuses of a task that each word of a directive stands for."""
_ACTIONS = "the actions are STP_RERUN and STP_SKIP"
_STATUSES = "the statuses are STEP_READY, STEP_ACTIVE, STEP_SUCCESS, STEP_FAILURE, STEP_COMPLETE"

_SPAN = '"30s", "5m", "6h", "1h 30m", a number of seconds or a timedelta'
_DELAY = f"give {_SPAN}, at most ten years; or a datetime with its zone, such as timezone.utc"
_TIMEOUT = f"give {_SPAN}, more than zero and at most ten years"
_BACKOFF = 'give the first wait, "60s", or (first, factor, ceiling, jitter); the last ones may be left out'
_RETRY_ON = "give exception types, and exit codes from 0 to 255: retry_on=(ConnectionError, 75)"


def flag_of(text: str) -> bool:
    """Return the meaning of a typed flag.

    Raises:
        KeyError: it is not a flag.
    """
    return _TYPED_FLAGS[text.lower()]


def read_flag(value: object, name: str, place: Place) -> bool:
    """Read True or False.

    Raises:
        DefinitionError: it is neither.
    """
    if not isinstance(value, bool):
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, "give True or False")
    return value


def read_optional_flag(value: object, name: str, place: Place) -> bool | None:
    """Read True, False or None."""
    return None if value is None else read_flag(value, name, place)


def read_optional_text(value: object, name: str, example: str, place: Place) -> str | None:
    """Check that a value is a string or None.

    Raises:
        DefinitionError: it is something else.
    """
    if value is None or isinstance(value, str):
        return value
    raise option_error(f"{quoted(name)} is {repr_of(value)}", place, f"give a string: {example!r}")


def read_count(value: object, name: str, place: Place) -> int:
    """Read an integer.

    Raises:
        DefinitionError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, "give a whole number")
    return value


def read_limit(value: object, name: str, place: Place) -> int | None:
    """Read the number of tasks that may run at once: an integer, below 1 for no limit; None if not given."""
    return None if value is None else read_count(value, name, place)


def read_priority(value: object, name: str, place: Place) -> int:
    """Read a priority: an integer; the highest goes first."""
    return 0 if value is None else read_count(value, name, place)


def read_parallel(value: object, name: str, place: Place) -> int:
    """Read the number of iterations that run at once; 0 for no limit.

    Raises:
        DefinitionError: it is negative, or not an integer.
    """
    return _not_negative(value, name, place, "give the number of iterations that run at once; 0: no limit")


def read_retries(value: object, name: str, place: Place) -> int:
    """Read the number of further attempts of a step.

    Raises:
        DefinitionError: it is negative, or not an integer.
    """
    hint = "give the number of attempts after the first; 0: none"
    return 0 if value is None else _not_negative(value, name, place, hint)


def read_nice(value: object, name: str, place: Place) -> int:
    """Read the niceness of a step's processes: an integer, as the command ``nice`` takes it.

    Raises:
        DefinitionError: it is not an integer, or out of the kernel's range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not -20 <= value <= 19:
        hint = "give a whole number from 0 to 19, the more the later; below 0, if the user may, to go before others"
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, hint)
    return value


def _not_negative(value: object, name: str, place: Place, hint: str) -> int:
    count = read_count(value, name, place)
    if count < 0:
        raise option_error(f"{quoted(name)} is {count}", place, hint)
    return count


def read_construct(value: object, name: str, place: Place) -> Construct | None:
    """Read how a step's code is executed: a word, or the class that the original accepted.

    Raises:
        DefinitionError: there is no such construct.
    """
    if value is None:
        return None
    if isinstance(value, type):
        value = _CLASSES.get(value.__name__, value)
    if not isinstance(value, str) or value not in _CONSTRUCTS:
        raise option_error(f"{quoted(name)} is {repr_of(value)}", place, f"the ways are {_WAYS}")
    return Construct(value)


def read_recovery(value: object, name: str, place: Place) -> Mapping[Status, Action]:
    """Read the directives that differ from the default.

    ``STEP_COMPLETE`` stands for success and failure; a directive for one of them overrides it.

    Raises:
        DefinitionError: a status or an action is invalid.
    """
    if value is None:
        return NO_ACTIONS
    if not isinstance(value, Mapping):
        raise _recovery_error(f"{name!r} is {repr_of(value)}", place, "give a dict: {STEP_SUCCESS: STP_RERUN}")
    asked: dict[Status, Action] = {}
    for claim, action in cast("Mapping[Any, object]", value).items():
        if not isinstance(claim, Claim) or claim not in _FOUND:
            raise _recovery_error(f"{name!r} has the status {repr_of(claim)}", place, _STATUSES)
        if not isinstance(action, Action):
            raise _recovery_error(f"{name!r} has the action {repr_of(action)}", place, _ACTIONS)
        said = dict.fromkeys(_FOUND[claim], action)
        asked = said | asked if claim is Claim.COMPLETE else asked | said
    return {status: action for status, action in asked.items() if action is not DEFAULT_ACTIONS[status]}


def _recovery_error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="recovery", hint=hint, place=place)


def quoted(name: str) -> str:
    """Return a name in quotes, unless it contains some: ``'parallel'``, ``config['parallel']``."""
    return name if "'" in name else repr(name)


def option_error(message: str, place: Place, hint: str) -> DefinitionError:
    """Return the error for an option with an invalid value."""
    return DefinitionError(message, code="option", hint=hint, place=place)


# -- durations, retries and backoff


def read_delay(value: object, name: str, place: Place) -> float | datetime:
    """Read the delay before a start in seconds, or the earliest moment of a start.

    Raises:
        DefinitionError: it is neither, negative, infinite, or longer than ten years.
    """
    return _explained(read_seconds_or_moment, value, name, place, _DELAY)


def read_timeout(value: object, name: str, place: Place) -> float:
    """Read the number of seconds that an attempt may take.

    Raises:
        DefinitionError: it is not a duration, zero, or longer than ten years.
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
    """Read the waits between attempts: the first, the factor of each further one, and the ceiling.

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
    """Read the failures after which a step is tried again: names of exception classes, and exit codes.

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
