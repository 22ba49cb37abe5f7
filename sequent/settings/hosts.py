"""Reads the hosts that a configuration names, in the original's form: a name with an address, or with a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from attrs import fields

from sequent.errors import Place
from sequent.model.hosts import HostSettings, read_host
from sequent.model.option_readers import read_flag, read_limit
from sequent.model.wording import kind_of, repr_of
from sequent.settings.mistakes import setting_error, unknown_key
from sequent.settings.paths import expanded

PARTS = tuple(each.name for each in fields(HostSettings) if each.name not in ("name", "ssh_config"))
"""The keys of a host's table."""
_WAYS = ("ssh", "paramiko")
_FORM = "give an address, or a table of address, python, cwd and the like"


def read_host_settings(table: object, name: str, key: str, place_of: Callable[[str], Place]) -> dict[str, HostSettings]:
    """Return the hosts by their names.

    Args:
        table: entries by the names that steps give; an entry that is a string is an address.
        name: the name of the table in a message: ``config['HOSTS']``.
        key: the key of the table.
        place_of: returns the place of a dotted key.

    Raises:
        DefinitionError: an entry is invalid, or a part of it is misspelt.
    """
    if not isinstance(table, Mapping):
        raise setting_error(f"{name} is {kind_of(table)}", place_of(key), "give a table of hosts by name")
    read: dict[str, HostSettings] = {}
    for host, entry in cast("Mapping[object, object]", table).items():
        known = read_host(host, name, place_of(key))
        read[known] = _read_entry(known, entry, f"{name}[{known!r}]", partial(_place, place_of, f"{key}.{known}"))
    return read


def _place(place_of: Callable[[str], Place], key: str, part: str = "") -> Place:
    return place_of(f"{key}.{part}" if part else key)


def _read_entry(host: str, entry: object, name: str, place_of: Callable[..., Place]) -> HostSettings:
    place = place_of()
    if isinstance(entry, str) and entry:
        entry = {"address": entry}
    if not isinstance(entry, Mapping):
        raise setting_error(f"{name} is {kind_of(entry)}", place, _FORM)
    said: dict[str, Any] = {"name": host, "address": (host,)}
    for key, value in cast("Mapping[Any, object]", entry).items():
        if key not in _READERS:
            raise unknown_key(key, name, PARTS, place)
        said[key] = _READERS[key](value, f"{name}[{key!r}]", place_of(str(key)))
    return HostSettings(**said)


def _read_address(value: object, name: str, place: Place) -> tuple[str, ...]:
    doors = cast("list[object]", value) if isinstance(value, list | tuple) else [value]
    if not doors:
        raise setting_error(f"{name} is empty", place, "leave it out: the name is the address")
    return tuple(read_host(door, name, place) for door in doors)


def _read_text(value: object, name: str, place: Place) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise setting_error(f"{name} is {repr_of(value)}", place, "give a string")
    return value


def _read_env(value: object, name: str, place: Place) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise setting_error(f"{name} is {kind_of(value)}", place, "give a table of variables")
    for variable, text in cast("Mapping[object, object]", value).items():
        if not isinstance(variable, str) or not variable or {"=", "\0"} & {*variable}:
            raise setting_error(f"{name} has the variable {repr_of(variable)}", place, "give it a name without '='")
        if not isinstance(text, str) or "\0" in text:
            raise setting_error(f"{name}[{variable!r}] is {kind_of(text)}", place, "give a string")
    return dict(cast("Mapping[str, str]", value))


def _read_connect(value: object, name: str, place: Place) -> str | tuple[str, ...]:
    if isinstance(value, str) and value in _WAYS:
        return value
    words = cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
    if not words or not all(isinstance(word, str) and word and "\0" not in word for word in words):
        hint = "give 'ssh', 'paramiko', or the words of a command: ['docker', 'exec', '-i', 'etl']"
        raise setting_error(f"{name} is {repr_of(cast('Any', value))}", place, hint)
    return tuple(map(str, words))


def read_ssh_config(value: object, name: str, place: Place) -> str:
    """Read the path of the SSH configuration.

    Raises:
        DefinitionError: it is not the path of a file.
    """
    return expanded(_read_text(value, name, place), name, place)


_READERS: Mapping[str, Callable[[object, str, Place], Any]] = {
    "address": _read_address,
    "python": _read_text,
    "command": _read_text,
    "cwd": _read_text,
    "env": _read_env,
    "max_concurrent": read_limit,
    "ship": read_flag,
    "connect": _read_connect,
}
