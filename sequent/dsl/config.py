"""The builder's ``config`` and ``recovery``, as the original has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from sequent.dsl.counts import read_construct, read_count, read_flag
from sequent.dsl.names import did_you_mean
from sequent.errors import DefinitionError, Place
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct

_KEYS = ("sleep_between_loops", "LOGGING", "task_construct", "max_concurrent", "stop_on_exception")
_NOT_YET = ("workdir", "logdir", "DATABASES", "envvar_prefix")
_STEP_KEYS = ("stop_on_exception", "task_construct")


def read_config(config: object, place: Place) -> FlowConfig:
    """The settings of a whole flow.

    Raises:
        DefinitionError: a key is unknown or not supported yet, or its value is of the wrong type.
    """
    if config is None or config == {}:
        return FlowConfig()
    settings: dict[str, Any] = {}
    for key, value in _mapping(config, "config", place).items():
        name = f"config[{key!r}]"
        match key:
            case "sleep_between_loops":
                settings[key] = _read_seconds(value, name, place)
            case "LOGGING":
                settings["logging_level"] = _read_logging(value, name, place)
            case "task_construct":
                settings[key] = read_construct(value, name, place) or Construct.PROCESS
            case "max_concurrent":
                settings[key] = read_count(value, name, place)
            case "stop_on_exception":
                settings[key] = read_flag(value, name, place)
            case _:
                raise _unknown(key, "config", _KEYS, place)
    return FlowConfig(**settings)


def read_step_config(config: object, options: dict[str, Any], place: Place) -> None:
    """Move the settings of one step among its options.

    Raises:
        DefinitionError: a key is unknown, or given among the options as well.
    """
    if config is None or config == {}:
        return
    for key, value in _mapping(config, "config", place).items():
        if key not in _STEP_KEYS:
            raise _unknown(key, "config of a step", _STEP_KEYS, place)
        if key in options:
            raise _error(f"{key!r} is given twice", place, "give it in config, or as an option")
        options[key] = value


def _read_seconds(value: object, name: str, place: Place) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _error(f"{name} is {value!r:.100}", place, "it is a number of seconds")
    return float(value)


def _read_logging(value: object, name: str, place: Place) -> int:
    level: object = FlowConfig().logging_level
    for key, entry in _mapping(value, name, place).items():
        if key != "logging_level":
            raise _unknown(key, name, ("logging_level",), place)
        level = entry
    if isinstance(level, str):
        import logging

        level = logging.getLevelNamesMapping().get(level.upper(), level)
    if isinstance(level, bool) or not isinstance(level, int):
        raise _error(
            f"{name}['logging_level'] is {level!r:.100}", place, "it is a level of logging, such as logging.INFO"
        )
    return level


def _mapping(value: object, name: str, place: Place) -> Mapping[Any, object]:
    if not isinstance(value, Mapping):
        raise _error(f"{name!r} is {value!r:.100}", place, "it is a dict")
    return cast("Mapping[Any, object]", value)


def _unknown(key: object, where: str, known: tuple[str, ...], place: Place) -> DefinitionError:
    if key in _NOT_YET:
        return _error(f"not supported yet: {key!r} in {where}", place, "leave it out", code="not-supported")
    return _error(f"{where} has no key {key!r}", place, did_you_mean(str(key), known))


def _error(message: str, place: Place, hint: str, *, code: str = "config") -> DefinitionError:
    return DefinitionError(message, code=code, hint=hint, place=place)
