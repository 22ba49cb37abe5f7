"""Reads the stores that a configuration names, in the original's form: an entry with parts, or a path or URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

from sequent.errors import Place
from sequent.model.wording import guess, kind_of, repr_of
from sequent.settings.mistakes import setting_error, unknown_key
from sequent.settings.paths import expanded

DEFAULT = "default"
"""The store that is used if nothing else names one."""
_PARTS = ("dialect", "drivername", "username", "password", "host", "port", "database", "file", "schema", "query")
_FORM = "give a path, a URL, or a dict of dialect, host, database and the like"

_PASSWORD = re.compile(r"(://[^:/@]*:).*@|(?<=password=)[^&]*", re.IGNORECASE)
"""In the address of a database."""


def without_password(address: str) -> str:
    """Return the path or URL of a store with *** for any password in it."""
    return _PASSWORD.sub(lambda found: f"{found[1]}***@" if found[1] else "***", address)


def read_databases(table: object, name: str, place_of: Callable[[str], Place], idle: list[str]) -> dict[str, str]:
    """Return the stores by their names.

    Args:
        table: entries by their names; or the parts of a single one, which is then the default.
        name: the name of the table in a message: ``config['DATABASES']``.
        place_of: returns the place of a dotted key.
        idle: gets the keys of entries that have no effect here.

    Raises:
        DefinitionError: an entry is invalid, or a part of it is misspelt; no message shows a password.
    """
    if not isinstance(table, Mapping):
        raise setting_error(f"{name} is {kind_of(table)}", place_of("DATABASES"), "give a dict of stores by name")
    entries = cast("Mapping[Any, object]", table)
    if isinstance(entries.get("dialect"), str):
        entries = {DEFAULT: entries}
    read: dict[str, str] = {}
    for key, entry in entries.items():
        place = place_of(f"DATABASES.{key}")
        read[str(key)], others = _location(entry, f"{name}[{repr_of(key, 60)}]", place)
        idle += [f"DATABASES.{key}.{other}" for other in others]
    return read


def _location(entry: object, name: str, place: Place) -> tuple[str, list[str]]:
    """Return the path or URL of an entry, and its keys that have no effect here."""
    if isinstance(entry, str) and entry:
        return expanded(entry, name, place), []
    if not isinstance(entry, Mapping):
        raise setting_error(f"{name} is {kind_of(entry)}", place, _FORM)
    parts: dict[object, object] = {}
    others: list[str] = []
    for key, value in cast("Mapping[Any, object]", entry).items():
        if key not in _PARTS:
            # The original passed any key to the database's driver, so only keys that look misspelt are refused.
            if not isinstance(key, str) or guess(key, _PARTS):
                raise unknown_key(key, name, _PARTS, place)
            others.append(key)
            continue
        if (key == "query") is not isinstance(value, Mapping) or not isinstance(value, str | int | Mapping):
            raise setting_error(
                f"{name}[{key!r}] is {kind_of(value)}", place, "give a dict for query, and a string for any other key"
            )
        # A password is never expanded.
        if isinstance(value, str) and key != "password":
            value = expanded(value, f"{name}[{key!r}]", place)  # noqa: PLW2901  as it is meant
        parts[key] = value
    if "dialect" not in parts:
        raise setting_error(f"{name} has no dialect", place, "add dialect, such as sqlite or postgresql")
    return (_file(parts) if parts["dialect"] == "sqlite" else _url(parts)), others


def _file(parts: Mapping[Any, object]) -> str:
    """Return the path of a file; without one, SQLite keeps a database in memory."""
    return str(parts.get("database") or parts.get("file") or ":memory:")


def _url(parts: Mapping[Any, object]) -> str:
    """Return the URL, in the form that SQLAlchemy reads; the schema is a part of its query."""

    def part(key: str, before: str = "", after: str = "") -> str:
        value = parts.get(key)
        return "" if value in (None, "") else f"{before}{quote(str(value), safe='')}{after}"

    query = dict(cast("Mapping[str, object]", parts.get("query") or {}))
    if parts.get("schema"):
        query["schema"] = parts["schema"]
    credentials = f"{part('username')}{part('password', ':')}"
    server = f"{credentials}@{part('host')}" if credentials else part("host")
    address = f"{parts['dialect']}{part('drivername', '+')}://{server}{part('port', ':')}{part('database', '/')}"
    return f"{address}?{urlencode(query)}" if query else address
