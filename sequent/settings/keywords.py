"""Reads settings by the original's keywords from one mapping: the builder's ``config``, or a table of a file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from attrs import evolve, field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.durations import read_seconds
from sequent.model.hosts import HostSettings
from sequent.model.option_readers import read_construct, read_flag, read_limit
from sequent.model.spec import FlowConfig
from sequent.model.status import Construct
from sequent.model.wording import repr_of
from sequent.settings.databases import read_databases
from sequent.settings.hosts import read_host_settings, read_ssh_config
from sequent.settings.mistakes import setting_error, unknown_key
from sequent.settings.original_keys import LOG_FILES, WITHOUT_EFFECT
from sequent.settings.paths import expanded, path_from

PlaceOf = Callable[[str], Place]
"""Returns the place of a key, such as ``LOGGING.logging_level``; of the mapping itself for ``""``."""

_PATHS = ("workdir", "logdir", "ssh_config")
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen(eq=False, repr=False)
class Settings(ByFields):
    """The settings in one mapping, without defaults, so that several can be merged."""

    values: Mapping[str, Any] = field(factory=dict[str, Any])
    """The values by the names of the fields of ``FlowConfig``."""
    databases: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """The stores that ``DATABASES`` names, as paths or URLs."""
    places: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)
    """The place of each value, and of each host: ``HOSTS.name``."""
    idle: Mapping[str, Place] = field(factory=dict[str, Place], eq=False)
    """The original's keys that have no effect here, dotted, with their places."""

    @property
    def config(self) -> FlowConfig:
        """The settings of a flow that has no others."""
        return FlowConfig(**self.values)

    def with_hosts(self, named: Mapping[str, HostSettings], remotes: tuple[str, ...], place: Place) -> Settings:
        """Return the settings with hosts that the flow itself names; ``remotes`` are reached before anything starts."""
        said: dict[str, Any] = {"hosts": {**self.values.get("hosts", {}), **named}} if named else {}
        if remotes:
            said["remotes"] = remotes
        places = {**dict.fromkeys(said, place), **self.places}
        return evolve(self, values={**self.values, **said}, places=places) if said else self

    def seen_from(self, directory: str) -> Settings:
        """Return the settings with relative paths resolved from a directory."""
        paths = {name: path_from(directory, self.values[name]) for name in _PATHS if self.values.get(name)}
        databases = {name: path_from(directory, location) for name, location in self.databases.items()}
        return Settings({**self.values, **paths}, databases, self.places, self.idle)


def read_settings(table: object, name: str, place_of: PlaceOf, beside: Iterable[str] = ()) -> Settings:
    """Read the settings of a flow in a mapping.

    Args:
        table: the mapping, by the original's keywords; None and ``{}`` have no settings.
        name: its name in a message: ``config``, ``sequent.toml``.
        place_of: returns the place of a key.
        beside: further keys that it may have, which are not settings of a flow.

    Raises:
        DefinitionError: a key is unknown, or its value is of the wrong type.
    """
    values: dict[str, Any] = {}
    databases: Mapping[str, str] = {}
    places: dict[str, Place] = {}
    idle: list[str] = []
    for key, value in mapping_of(table, name, place_of("")).items():
        shown = f"{name}[{repr_of(key, 60)}]"
        if key in _READERS:
            values[key] = _READERS[key](value, shown, place_of(key))
            places[key] = place_of(key)
        elif key == "LOGGING":
            for said, read in _read_logging(value, shown, place_of, idle).items():
                values[said] = read
                places[said] = place_of(LOGGING_KEYS[said])
        elif key == "DATABASES":
            databases = read_databases(value, shown, place_of, idle)
        elif key in HOSTS:
            values["hosts"] = read_host_settings(value, shown, key, place_of)
            places |= {"hosts": place_of(key)} | {
                f"HOSTS.{host}": place_of(f"{key}.{host}") for host in values["hosts"]
            }
        elif key in WITHOUT_EFFECT:
            idle.append(key)
        elif key not in beside:
            raise unknown_key(key, name, (*KEYS, *beside), place_of(key if isinstance(key, str) else repr_of(key)))
    return Settings(values, databases, places, {key: place_of(key) for key in idle})


def mapping_of(value: object, name: str, place: Place) -> Mapping[Any, object]:
    """Return a mapping; an empty one for None.

    Raises:
        DefinitionError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise setting_error(f"{name} is {repr_of(value)}", place, "give a dict, or a table of a file")
    return cast("Mapping[Any, object]", value)


def _read_construct(value: object, name: str, place: Place) -> Construct:
    return read_construct(value, name, place) or Construct.PROCESS


def _read_seconds(value: object, name: str, place: Place) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
        raise setting_error(f"{name} is {repr_of(value)}", place, "give a number of seconds")
    return float(value)


def _read_length(value: object, name: str, place: Place) -> float:
    try:
        return read_seconds(value)
    except ValueError as error:
        raise setting_error(f"{name}: {error}", place, 'give a duration: "30d"') from None


def _read_path(value: object, name: str, place: Place) -> str:
    path: object = os.fspath(cast("os.PathLike[str]", value)) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str) or not path or "\0" in path:
        raise setting_error(f"{name} is {repr_of(cast('Any', value))}", place, "give the path of a directory")
    return expanded(path, name, place)


def _read_prefix(value: object, name: str, place: Place) -> str:
    if not isinstance(value, str) or not _PREFIX.fullmatch(value):
        hint = "give the prefix of the environment variables: 'SEQUENT_'"
        raise setting_error(f"{name} is {repr_of(value)}", place, hint)
    return value


def _read_logging(value: object, name: str, place_of: PlaceOf, idle: list[str]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, entry in mapping_of(value, name, place_of("LOGGING")).items():
        shown, place = f"{name}[{key!r}]", place_of(f"LOGGING.{key}")
        if key in LOGGING:
            name_of, reader = LOGGING[key]
            read[name_of] = reader(entry, shown, place)
        elif key in LOG_FILES:
            idle.append(f"LOGGING.{key}")
        else:
            raise unknown_key(key, name, LOGGING, place)
    return read


def read_level(value: object, name: str, place: Place) -> int:
    """Read a level of logging, by its name or number.

    Raises:
        DefinitionError: there is no such level.
    """
    level: object = value
    if isinstance(value, str):
        import logging

        level = int(value) if value.isdecimal() else logging.getLevelNamesMapping().get(value.upper())
    if isinstance(level, bool) or not isinstance(level, int) or level < 0:
        hint = "the levels are DEBUG, INFO, WARNING, ERROR and CRITICAL, or their numbers (logging.INFO)"
        raise setting_error(f"{name} is {repr_of(value)}", place, hint)
    return level


def _read_formats(value: object, name: str, place: Place) -> tuple[tuple[int, str], ...]:
    formats = {
        0 if level == "default" else read_level(level, f"a level of {name}", place): _read_format(text, name, place)
        for level, text in mapping_of(value, name, place).items()
    }
    return tuple(sorted(formats.items()))


def _read_format(value: object, name: str, place: Place) -> str:
    import logging

    text = _read_text(value, name, place)
    try:
        logging.Formatter(text, defaults={"host": ""}).format(logging.makeLogRecord({}))
    except (ValueError, KeyError, TypeError) as error:
        hint = "use the fields of logging: %(asctime)s, %(levelname)s, %(name)s, %(host)s, %(message)s"
        raise setting_error(f"{name} has {text!r:.100}, which is not a format of logging", place, hint) from error
    return text


def _read_text(value: object, name: str, place: Place) -> str:
    if not isinstance(value, str):
        raise setting_error(f"{name} has {repr_of(value)}", place, "give a string, as logging takes it")
    return value


_READERS: Mapping[str, Callable[[object, str, Place], Any]] = {
    "workdir": _read_path,
    "logdir": _read_path,
    "task_construct": _read_construct,
    "max_concurrent": read_limit,
    "stop_on_exception": read_flag,
    "sleep_between_loops": _read_seconds,
    "prune_older_than": _read_length,
    "envvar_prefix": _read_prefix,
    "ssh_config": read_ssh_config,
}
HOSTS = ("HOSTS", "hosts")
"""The key of the table of hosts: the original's, and that of TOML."""
KEYS = (*_READERS, "LOGGING", "DATABASES", "HOSTS")
"""The keys that a mapping may have."""
LOGGING: Mapping[str, tuple[str, Callable[[object, str, Place], Any]]] = {
    "logging_level": ("logging_level", read_level),
    "level_formats": ("logging_formats", _read_formats),
    "datefmt": ("logging_datefmt", _read_text),
    "console": ("logging_console", read_flag),
    "logdir": ("logdir", _read_path),
}
"""The keys below ``LOGGING``: the field of ``FlowConfig`` that each sets, and its reader."""
LOGGING_KEYS: Mapping[str, str] = {name: f"LOGGING.{key}" for key, (name, _) in LOGGING.items()}
"""The dotted keys, by these fields."""
