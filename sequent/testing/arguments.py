"""Checks the arguments of simulations, before anything happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from typing import NamedTuple, cast

from sequent.errors import UsageError
from sequent.model.wording import did_you_mean, repr_of


def check_arguments(
    function: Callable[..., object], given: Mapping[str, object], scenario: Mapping[str, object], known: Iterable[str]
) -> None:
    """Check the names of the arguments that a function got, and the types of those with one of their own.

    Args:
        function: the author called it.
        given: its own arguments, by name.
        scenario: the others.
        known: the names that these may have.

    Raises:
        UsageError: an argument is unknown, as a misspelt word is, or impossible.
    """
    for name in scenario:
        if name not in known:
            own = [it.name for it in signature(function).parameters.values() if it.kind is it.KEYWORD_ONLY]
            raise UsageError(
                f"{function.__name__}() has no argument {name!r}",
                code="unknown-argument",
                hint=did_you_mean(name, [*known, *own]),
            )
    for name, value in {**given, **scenario}.items():
        if name in _RULES and not _RULES[name].allows(value):
            raise UsageError(f"{name} is {repr_of(value)}", code="argument", hint=_RULES[name].hint)


def names_in(given: object, argument: str, hint: str = "give the paths of steps and containers") -> tuple[str, ...]:
    """Return the names in an argument that has one or several.

    Raises:
        UsageError: it has something else.
    """
    found = (given,) if isinstance(given, str) else given
    names = tuple(cast("Iterable[object]", found)) if isinstance(found, Iterable) else (None,)
    if not all(isinstance(name, str) for name in names):
        raise UsageError(f"{argument} is {repr_of(given)}", code="argument", hint=hint)
    return cast("tuple[str, ...]", names)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return _is_number(value) and cast("int", value) >= 1


def _is_limit(value: object) -> bool:
    return value is None or _is_count(value) or (_is_number(value) and value == 0)


def _is_passes(value: object) -> bool:
    return _is_number(value) and value != 0


def _is_store(value: object) -> bool:
    return isinstance(value, str | os.PathLike | None)


class _Rule(NamedTuple):
    """The values that an argument may have."""

    allows: Callable[[object], bool]
    hint: str


_RULES: Mapping[str, _Rule] = {
    "params": _Rule(_is_mapping, "give the parameters by name: params={'day': ...}"),
    "max_concurrent": _Rule(_is_limit, "give a number of tasks; 0: no limit"),
    "max_loops": _Rule(_is_passes, "give the number of passes to make; negative: no limit"),
    "most_attempts": _Rule(_is_count, "give a number of attempts, at least 1"),
    "history": _Rule(_is_store, "give the path or the URL of a store"),
    "seed": _Rule(_is_number, "give a whole number"),
}
"""By argument. The others are checked where they are read."""
