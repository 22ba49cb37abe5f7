"""The address of a store in PostgreSQL: a URL, as libpq and SQLAlchemy read it, with two words of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from attrs import field, frozen
from psycopg.conninfo import conninfo_to_dict

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.settings.databases import without_password

SCHEMA = "sequent"
"""The schema of a store whose URL names none."""
_DRIVERS = ("", "psycopg", "psycopg2", "psycopg3")
"""Drivers that a URL may name; the store has its own in any case."""
_DEFAULTS: Mapping[str, str] = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
    "fallback_application_name": "sequent",
}
"""A server that is gone without a word is given up after half a minute."""


@frozen(kw_only=True, eq=False, repr=False)
class ServerAddress(ByFields):
    """Where a store is, and how to connect to it."""

    name: str
    """The URL without its password."""
    schema: str
    parameters: Mapping[str, Any] = field(repr=False)
    """The parameters of a connection, as libpq has them."""
    prepares: bool
    """Whether statements are prepared on the server, which a pooler may not allow."""


def read_address(url: str) -> ServerAddress:
    """Return the address that a URL means.

    Raises:
        UsageError: the URL has a mistake; no message shows a password.
    """
    name = without_password(url)
    scheme, _, rest = url.partition("://")
    driver = scheme.partition("+")[2]
    if driver not in _DRIVERS:
        raise _error(f"the store '{name}' names the driver {driver!r}", "leave it out: postgresql://...")
    place, _, query = rest.partition("?")
    words = dict(parse_qsl(query, keep_blank_values=True))
    schema = words.pop("schema", "") or SCHEMA
    if len(schema.encode()) > 63 or "\0" in schema or schema.startswith("pg_"):
        raise _error(f"the store '{name}' has the schema {schema!r}, which PostgreSQL does not take", "name another")
    prepares = words.pop("prepare_threshold", "")
    if prepares not in ("", "0"):
        raise _error(
            f"the store '{name}' has prepare_threshold={prepares}",
            "give 0, for no prepared statements, or leave it out",
        )
    try:
        given = conninfo_to_dict(f"postgresql://{place}" + (f"?{urlencode(words, quote_via=quote)}" if words else ""))
    except psycopg.Error as error:
        raise _error(f"the store '{name}' is not a URL of PostgreSQL: {error}".strip(), _FORM) from None
    for port in str(given.get("port") or "").split(","):
        if port and not (port.isdecimal() and 0 < int(port) < 65536):
            raise _error(f"the store '{name}' is not a URL of PostgreSQL: {port!r} is no port", _FORM)
    return ServerAddress(name=name, schema=schema, parameters={**_DEFAULTS, **given}, prepares=not prepares)


_FORM = "write it so: postgresql://USER@HOST:5432/DATABASE?schema=NAME&sslmode=verify-full"


def _error(message: str, hint: str) -> UsageError:
    return UsageError(message, code="store-url", hint=hint)
