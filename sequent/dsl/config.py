"""The builder's ``config`` and ``recovery``, as the original has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from sequent.dsl.constants import STP_RERUN, STP_SKIP
from sequent.dsl.names import did_you_mean
from sequent.dsl.options import read_construct, read_count, read_flag
from sequent.errors import DefinitionError, Place
from sequent.model.spec import FlowConfig
from sequent.model.status import Claim, Construct

_KEYS = ("sleep_between_loops", "LOGGING", "task_construct", "max_concurrent", "stop_on_exception")
_NOT_YET = ("workdir", "logdir", "DATABASES", "envvar_prefix")
_STEP_KEYS = ("stop_on_exception", "task_construct")

_DEFAULT_RECOVERY = {
    Claim.READY: STP_RERUN,
    Claim.ACTIVE: STP_RERUN,
    Claim.FAILURE: STP_RERUN,
    Claim.SUCCESS: STP_SKIP,
}


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


def read_recovery(recovery: object, place: Place) -> None:
    """Accept the directives that say what happens anyway.

    Raises:
        DefinitionError: they say something else, which is not supported yet.
    """
    if recovery is None or recovery == {}:
        return
    for status, action in _mapping(recovery, "recovery", place).items():
        if not isinstance(status, Claim) or status not in (*_DEFAULT_RECOVERY, Claim.COMPLETE):
            raise _error(
                f"'recovery' has the status {status!r}",
                place,
                "the statuses are STEP_READY, STEP_ACTIVE, STEP_SUCCESS, STEP_FAILURE, STEP_COMPLETE",
            )
        if action not in (STP_RERUN, STP_SKIP):
            raise _error(f"'recovery' has the action {action!r}", place, "the actions are STP_RERUN and STP_SKIP")
        if _DEFAULT_RECOVERY.get(status) != action:
            raise _error(
                f"not supported yet: recovery={{STEP_{status.name}: STP_{action.upper()}}}",
                place,
                "what has succeeded is kept, and the rest runs again",
                code="not-supported",
            )


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
