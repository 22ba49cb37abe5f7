"""Decides which attempts of a simulation fail, and with which exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from sequent.errors import UsageError
from sequent.model.wording import repr_of
from sequent.testing.task import Task

Fails: TypeAlias = bool | BaseException | type[BaseException] | None
"""Whether an attempt fails, or its exception."""
How: TypeAlias = Fails | int | Sequence[Fails] | Callable[[Task], Fails]
"""The attempts of a task that fail: all; the first n; each as in a list; each as a callable decides."""
Failing: TypeAlias = str | Iterable[str] | Mapping[str, How] | Callable[[Task], Fails]


class SimulatedError(Exception):
    """The exception of an attempt for which a scenario only says that it fails."""


def check_how(how: object, name: str) -> None:
    """Check that a value says which attempts fail.

    Raises:
        UsageError: it does not.
    """
    match how:
        case bool() | None:
            is_how = True
        case int():
            is_how = how >= 0
        case list() | tuple():
            is_how = all(_is_fails(each) for each in cast("list[object]", how))
        case type():
            is_how = _is_fails(how)
        case _:
            is_how = _is_fails(how) or callable(how)
    if not is_how:
        raise UsageError(
            f"failing says of {name!r}: {repr_of(cast('Any', how))}",
            code="failing",
            hint="give the number of attempts that fail, an exception, a list of one after the other, or True",
        )


def error_of(how: How, task: Task) -> BaseException | None:
    """Return the exception of an attempt; None if it succeeds.

    Raises:
        UsageError: a callable returns neither, or an exception cannot be made.
    """
    match how:
        case bool() | None | BaseException() | type():
            return _error(how, task)
        case int():
            return _error(task.attempt <= how, task)
        case Sequence():
            return _error(how[task.attempt - 1], task) if task.attempt <= len(how) else None
        case _:
            return _error(how(task), task)


def _error(fails: object, task: Task) -> BaseException | None:
    match fails:
        case None | False:
            return None
        case True:
            return SimulatedError("the simulation makes it fail")
        case BaseException():
            return fails
        case type() if issubclass(fails, BaseException):
            return _made(fails)
        case _:
            raise UsageError(
                f"failing says of {task.key!r}: {repr_of(fails)}",
                code="failing",
                hint="let the callable return True, False, None, or the exception with which the attempt fails",
            )


def _made(error: type[BaseException]) -> BaseException:
    try:
        return error()
    except TypeError as reason:
        raise UsageError(
            f"failing has an attempt fail with {error.__name__}, which cannot be made: {reason}",
            code="failing",
            hint=f"make it: {error.__name__}(...)",
        ) from None


def _is_fails(thing: object) -> bool:
    """Return whether a value says of one attempt whether it fails."""
    return (
        thing is None
        or isinstance(thing, bool | BaseException)
        or (isinstance(thing, type) and issubclass(thing, BaseException))
    )
