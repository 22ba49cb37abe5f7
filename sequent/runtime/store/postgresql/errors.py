"""The errors of PostgreSQL as errors for users."""

from __future__ import annotations

from typing import NamedTuple

import psycopg
from psycopg import errors

from sequent.errors import StoreBusyError, StoreError, StoreFullError, StoreLostError
from sequent.runtime.store.postgresql.address import ServerAddress

_BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure, errors.QueryCanceled)
_DAMAGED = (errors.DataCorrupted, errors.IndexCorrupted, errors.NumericValueOutOfRange, errors.ForeignKeyViolation)
_CHANGED = (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName)
_LOST = ("08", "57P", "25P03", "25P04", "53300")
"""The beginnings of the codes of connections that are lost or refused: also by a server that starts or stops."""
_TOO_MANY = "too many connections: 50 runs need 100; raise max_connections there, or run fewer at once"


def is_lost(error: Exception) -> bool:
    """Return whether the connection is lost, or was refused by a server that is starting or stopping."""
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        # It was not the server that answered.
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(_LOST)


def store_error(error: Exception, address: ServerAddress) -> StoreError:
    """Return an error of a statement."""
    said, name = said_by(error), address.name
    if isinstance(error, _BUSY):
        return StoreBusyError(f"the store '{name}' is locked by another process: {said}")
    if isinstance(error, errors.DiskFull | errors.OutOfMemory):
        return StoreFullError(f"the store '{name}' cannot be written: {said}", hint="free some space on the server")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return read_only(address)
    if isinstance(error, errors.InsufficientPrivilege):
        return _no_right(said, address)
    if isinstance(error, _CHANGED):
        return StoreError(
            f"the tables of the store '{name}' are not as they were made: {said}",
            code="damaged-store",
            hint="restore them from a copy; they were left as they are",
        )
    if isinstance(error, _DAMAGED):
        return StoreError(f"the store '{name}' is damaged: {said}", code="damaged-store", hint="restore it from a copy")
    if is_lost(error):
        return connection_error(error, address)
    return StoreError(f"the store '{name}' cannot be used: {said}", hint="see the log of the server")


def read_only(address: ServerAddress) -> StoreError:
    """Return the error of a write to a server that only reads."""
    return StoreError(
        f"the store '{address.name}' is on a server that is read-only, such as a replica",
        code="read-only-store",
        hint="name the server that takes writes; with several hosts in the URL: target_session_attrs=read-write",
    )


def _no_right(said: str, address: ServerAddress) -> StoreError:
    user = address.parameters.get("user") or "this user"
    return StoreError(
        f"the role '{user}' may not do this in the schema '{address.schema}' of the store '{address.name}': {said}",
        code="store-refused",
        hint="let a role that may (CREATE on the database, or owner of the schema) make the tables: sequent store "
        f"upgrade --store URL; then: GRANT USAGE ON SCHEMA {address.schema} TO {user}; "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {address.schema} TO {user}",
    )


class Refusal(NamedTuple):
    """Words of a refused connection, which has no code, and the way out."""

    words: str
    hint: str
    lasts: bool = True
    """Whether it lasts until a person does something about it."""


_REFUSALS = (
    Refusal("the database system is", "wait until the server has started", lasts=False),
    Refusal("too many", _TOO_MANY, lasts=False),
    Refusal("remaining connection slots", _TOO_MANY, lasts=False),
    Refusal("password authentication failed", "check PGPASSWORD, or the file ~/.pgpass (mode 0600)"),
    Refusal("no password supplied", "give the password by PGPASSWORD, ~/.pgpass or passfile=FILE in the URL"),
    Refusal("authentication failed", "check the user, and pg_hba.conf on the server"),
    Refusal("no pg_hba.conf entry", "let the server's pg_hba.conf allow this user, database and machine"),
    Refusal("unsupported startup parameter", "let the pooler ignore it: ignore_startup_parameters in pgbouncer.ini"),
    Refusal("certificate", "check sslmode and sslrootcert in the URL"),
    Refusal("ssl", "check sslmode in the URL, and that the server has SSL switched on"),
    Refusal('database "', "make it (createdb NAME), or name another in the URL"),
    Refusal('role "', "make it (createuser NAME), or name another in the URL"),
    Refusal("resolve host", "check the host in the URL"),
    Refusal("translate host", "check the host in the URL"),
)
"""The first that fits counts."""
_UNREACHABLE = Refusal("", "check that the server runs, and the host and port in the URL", lasts=False)


def connection_error(error: Exception, address: ServerAddress) -> StoreError:
    """Return the error of a connection that cannot be opened, or is lost."""
    said = said_by(error)
    refusal = next((one for one in _REFUSALS if one.words in said.lower()), _UNREACHABLE)
    kind = StoreError if refusal.lasts else StoreLostError
    state = "cannot be reached" if refusal is _UNREACHABLE else "refused the connection"
    return kind(f"the store '{address.name}' {state}: {said}", hint=refusal.hint)


def said_by(error: Exception) -> str:
    """Return the message of an error in one line, without the prefix of libpq."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = "; ".join(lines) or type(error).__name__
    return told.rpartition("FATAL:  ")[2] if "FATAL:  " in told else told
