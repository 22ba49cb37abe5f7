"""Stores that a configuration names, as the original writes them: an entry by its parts, or a path or URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

from sequent.dsl.names import did_you_mean
from sequent.errors import DefinitionError, Place
from sequent.model.wording import kind_of

_PARTS = ("dialect", "drivername", "username", "password", "host", "port", "database", "schema", "query")
_FORM = "it is a path, a URL, or a dict of dialect, host, database and the like"


def read_databases(table: object, name: str, place_of: Callable[[str], Place]) -> dict[str, str]:
    """The stores by their names.

    Args:
        table: entries by their names.
        name: what to call the table in a message: ``config['DATABASES']``.
        place_of: where the entry of that dotted key stands.

    Raises:
        DefinitionError: an entry is none, or a part of it is unknown; no message shows a password.
    """
    if not isinstance(table, Mapping):
        raise _error(f"{name} is {kind_of(table)}", place_of("DATABASES"), "it is a dict of stores by name")
    entries = cast("Mapping[Any, object]", table).items()
    return {str(key): _location(entry, f"{name}[{key!r}]", place_of(f"DATABASES.{key}")) for key, entry in entries}


def _location(entry: object, name: str, place: Place) -> str:
    if isinstance(entry, str) and entry:
        return entry
    if not isinstance(entry, Mapping):
        raise _error(f"{name} is {kind_of(entry)}", place, _FORM)
    parts = cast("Mapping[Any, object]", entry)
    for key, value in parts.items():
        if key not in _PARTS:
            raise _error(f"{name} has no key {key!r:.100}", place, did_you_mean(str(key), _PARTS))
        if (key == "query") is not isinstance(value, Mapping) or not isinstance(value, str | int | Mapping):
            raise _error(f"{name}[{key!r}] is {kind_of(value)}", place, "query is a dict, the others are texts")
    if "dialect" not in parts:
        raise _error(f"{name} says no dialect", place, "add dialect, such as sqlite or postgresql")
    return _file(parts) if parts["dialect"] == "sqlite" else _url(parts)


def _file(parts: Mapping[Any, object]) -> str:
    """Without a file, SQLite keeps a database in memory."""
    return str(parts.get("database") or ":memory:")


def _url(parts: Mapping[Any, object]) -> str:
    """The URL, in the form that SQLAlchemy reads; the schema is a part of its query."""

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


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="config", hint=hint, place=place)
