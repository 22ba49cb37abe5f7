"""Makes the tables of a store, or opens existing ones: those of a Sequent store of this version alone."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg

from sequent.errors import StoreError
from sequent.model.commands import typed
from sequent.runtime.store.postgresql.address import ServerAddress
from sequent.runtime.store.postgresql.errors import store_error
from sequent.runtime.store.postgresql.schema import VERSION, SchemaStatements, quoted
from sequent.runtime.store.sql.session import Session

_THERE = "SELECT to_regclass(%s) IS NOT NULL"
_RACES = (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateSchema, psycopg.errors.DuplicateObject)
"""The errors if two processes make a schema at the same time."""
_ENCODING = "SELECT current_setting('server_encoding'), current_setting('server_version_num')::int"
_OLDEST = 120000
"""The version of the server: 12."""


def has_store(session: Session, address: ServerAddress) -> bool:
    """Return whether the tables have been made."""
    return bool(session.ask(_THERE, f"{quoted(address.schema)}.store".replace("%%", "%"))[0][0])


def make_store(session: Session, address: ServerAddress, statements: SchemaStatements) -> None:
    """Make the tables, and the schema if it is missing, unless another process does so now.

    Raises:
        StoreError: the role may not, or something else of these names is there.
    """
    encoding, version = session.ask(_ENCODING)[0]
    if encoding != "UTF8" or version < _OLDEST:
        raise StoreError(
            f"the store '{address.name}' needs PostgreSQL 12 or newer with the encoding UTF8; "
            f"this server has {version // 10000}, and the database {encoding}",
            code="store-refused",
            hint="name another database: createdb --encoding UTF8 --template template0 NAME",
        )
    execute = session.connection.once
    try:
        execute("BEGIN")
        if not execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [address.schema]).fetchall():
            execute(f"CREATE SCHEMA {quoted(address.schema)}", ())
        for text in statements.creation():
            execute(text, ())
        execute(statements["insert_store"].text, [str(uuid.uuid4()), VERSION])
        execute("COMMIT")
    except psycopg.Error as error:
        session.roll_back()
        if isinstance(error, _RACES):
            return
        if isinstance(error, psycopg.errors.DuplicateTable):
            if has_store(session, address):
                return
            raise StoreError(
                f"the schema '{address.schema}' of '{address.name}' has tables that are not a Sequent store's: {error}",
                code="foreign-store",
                hint="name another schema in the URL: ?schema=NAME",
            ) from error
        raise store_error(error, address) from error


def identity(session: Session, address: ServerAddress) -> str:
    """Return the identity of the store, whose tables are of this version.

    Raises:
        StoreError: they are of another version.
    """
    row: Any = session.row("store_row")
    if row is None:
        raise StoreError(f"the store '{address.name}' has lost its identity", code="damaged-store")
    if row[1] > VERSION:
        raise StoreError(
            f"the store '{address.name}' was written by a newer Sequent: its schema is {row[1]}, "
            f"this one knows {VERSION}",
            code="newer-store",
            hint="use the Sequent that wrote it, or a newer one",
        )
    if row[1] < VERSION:
        raise StoreError(
            f"the store '{address.name}' is of an older version: its schema is {row[1]}, this one has {VERSION}",
            code="old-store",
            hint=f"bring it up to this version, as the role that made it: {typed('store', 'upgrade')}",
        )
    return str(row[0])


_TO_2 = (
    """CREATE TABLE intervention (
        run BIGINT NOT NULL, number BIGINT NOT NULL, at DOUBLE PRECISION NOT NULL, request TEXT NOT NULL, decision TEXT,
        PRIMARY KEY (run, number),
        FOREIGN KEY(run) REFERENCES run (number)
    )""",
)
_TO_3 = (
    """CREATE TABLE log_host (
        run BIGINT NOT NULL, first BIGINT NOT NULL, owner TEXT NOT NULL,
        PRIMARY KEY (run, first)
    )""",
)
_TO_4 = (
    """CREATE TABLE note (
        run BIGINT NOT NULL, frame BIGINT NOT NULL, node BIGINT NOT NULL, host TEXT NOT NULL, iteration BIGINT NOT NULL,
        attempt BIGINT NOT NULL, number BIGINT NOT NULL, part TEXT NOT NULL,
        PRIMARY KEY (run, frame, node, host, iteration, attempt, number),
        FOREIGN KEY(run) REFERENCES run (number)
    )""",
)
_STEPS: dict[int, tuple[str, ...]] = {1: _TO_2, 2: _TO_3, 3: _TO_4}
"""The statements that lead from a version to the next."""


def upgrade(session: Session, address: ServerAddress, statements: SchemaStatements) -> None:
    """Make the tables, or bring those of an older version up to this one: all of it or nothing.

    Raises:
        StoreError: one of the runs is under way, or the role may not.
    """
    if not has_store(session, address):
        make_store(session, address, statements)
        return
    with session.transaction():
        version = session.row("store_row")[1]
        if version >= VERSION:
            return
        driven = session.rows("any_lease")
        if driven:
            raise StoreError(
                f"the store '{address.name}' is of an older version, and its run {driven[0][0]} is driven",
                code="old-store",
                hint="wait until that run has ended",
            )
        for step in range(version, VERSION):
            for text in _STEPS[step]:
                session.connection.once(statements.qualified(text))
        session.execute("put_version", VERSION)
