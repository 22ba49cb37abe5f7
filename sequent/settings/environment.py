"""Settings in the environment: ``SEQUENT_MAX_CONCURRENT``, ``SEQUENT_LOGGING__LOGGING_LEVEL``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from sequent.errors import DefinitionError, Place, UsageError
from sequent.model.option_readers import flag_of
from sequent.model.variables import NO_SETTINGS, PREFIX, SECRET_PREFIX
from sequent.model.wording import did_you_mean
from sequent.settings.keywords import HOSTS, KEYS, LOGGING, Settings, read_settings

_NESTED: Mapping[str, tuple[str, ...]] = {"LOGGING": tuple(LOGGING), "DATABASES": ()}
"""The nested keys; empty: any."""


def variable_of(key: str) -> str:
    """Return the variable that sets a dotted key: ``LOGGING.datefmt``."""
    return PREFIX + key.upper().replace(".", "__")


def read_environment(environment: Mapping[str, str], beside: tuple[str, ...]) -> tuple[Settings, dict[str, str]]:
    """Return the environment's settings of flows, and those of the keys ``beside``; empty variables are ignored.

    Raises:
        UsageError: a variable with our prefix is unknown, or its value is invalid.
    """
    table: dict[str, Any] = {}
    others: dict[str, str] = {}
    for variable, text in environment.items():
        name = variable.removeprefix(PREFIX)
        if name == variable or variable in NO_SETTINGS or variable.startswith(SECRET_PREFIX) or not text:
            continue
        keys = _keys_of(variable, name, beside)
        if keys[0] in beside:
            others[keys[0]] = text
            continue
        entry = _nested(keys, _value(keys[0], text))
        _check(variable, text, entry, is_shown=keys[0] != "DATABASES")
        _merge(table, entry)
    return _read(table), others


def _read(table: dict[str, Any]) -> Settings:
    """Return the values of a table; the place of a value is the name of its variable."""
    return read_settings(table, "the environment", lambda key: Place(variable_of(key), 0))


def _keys_of(variable: str, name: str, beside: tuple[str, ...]) -> list[str]:
    """Return the keys that a variable sets, from the outermost inwards, as they are written in a mapping."""
    first, *more = name.split("__")
    known = {key.upper(): key for key in (*KEYS, *beside) if key not in HOSTS}
    if first not in known or bool(more) is not (first in _NESTED):
        variables = [variable_of(key) for key in known if key not in _NESTED]
        variables += [variable_of(f"{key}.{inner}") for key, names in _NESTED.items() for inner in names or ("name",)]
        raise UsageError(
            f"the variable {variable!r} is not a setting of Sequent",
            code="config",
            hint=did_you_mean(variable, variables),
        )
    inner = {key.upper(): key for key in _NESTED.get(first, ())}
    return [known[first], *(inner.get(key, key.lower()) for key in more)]


def _value(key: str, text: str) -> object:
    """Return the value of a string, or the string itself if it is not a YAML value."""
    read = _TEXTS.get(key)
    try:
        return text if read is None else read(text)
    except (ValueError, KeyError):
        return text


_TEXTS: Mapping[str, Callable[[str], object]] = {
    "max_concurrent": int,
    "sleep_between_loops": float,
    "stop_on_exception": flag_of,
}


def _nested(keys: list[str], value: object) -> dict[str, Any]:
    entry: dict[str, Any] = {keys[-1]: value}
    for key in reversed(keys[:-1]):
        entry = {key: entry}
    return entry


def _check(variable: str, text: str, entry: dict[str, Any], *, is_shown: bool) -> None:
    """Refuse an invalid value in an error that names its variable."""
    try:
        _read(entry)
    except DefinitionError as error:
        # The address of a database may contain a password.
        shown = f"is {text!r:.100}" if is_shown else "names no database"
        raise UsageError(f"the variable {variable!r} {shown}", code="config", hint=error.hint) from error


def _merge(table: dict[str, Any], entry: dict[str, Any]) -> None:
    for key, value in entry.items():
        if isinstance(value, dict) and key in table:
            _merge(table[key], cast("dict[str, Any]", value))
        else:
            table[key] = value
