"""Upgrades a store of an older version: all of it or nothing, after a copy was made."""

from __future__ import annotations

import contextlib
import os
import sqlite3

from sequent.errors import StoreError
from sequent.runtime.durable_files import flush_directory
from sequent.runtime.processes import run_locks
from sequent.runtime.store.sqlite.location import run_directory
from sequent.runtime.store.sqlite.schema import VERSION
from sequent.runtime.store.sqlite.unfinished import Unfinished

_TO_2 = (
    "ALTER TABLE definition ADD COLUMN picture TEXT DEFAULT '' NOT NULL",
    "ALTER TABLE run ADD COLUMN reason TEXT",
    "ALTER TABLE run ADD COLUMN wake TEXT",
    "ALTER TABLE repeat ADD COLUMN problem TEXT",
    "ALTER TABLE attempt ADD COLUMN recovery INTEGER DEFAULT 0 NOT NULL",
    "ALTER TABLE attempt ADD COLUMN begun REAL",
    """CREATE TABLE wait (
        run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL,
        iteration INTEGER NOT NULL, attempt INTEGER NOT NULL, boot TEXT NOT NULL, due_boot REAL NOT NULL,
        due REAL NOT NULL, length REAL,
        PRIMARY KEY (run, frame, node, host, iteration, attempt),
        FOREIGN KEY (run) REFERENCES run (number)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE hold (
        run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL,
        iteration INTEGER NOT NULL, pool TEXT NOT NULL, amount INTEGER NOT NULL, shared INTEGER NOT NULL,
        PRIMARY KEY (run, frame, node, host, iteration, pool),
        FOREIGN KEY (run) REFERENCES run (number)
    ) WITHOUT ROWID, STRICT""",
    """CREATE TABLE ticket (
        number INTEGER NOT NULL, run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL,
        host TEXT NOT NULL, iteration INTEGER NOT NULL, amounts TEXT NOT NULL, priority INTEGER NOT NULL,
        around TEXT NOT NULL,
        PRIMARY KEY (number),
        FOREIGN KEY (run) REFERENCES run (number)
    ) STRICT""",
    """CREATE TABLE pool (
        run INTEGER NOT NULL, name TEXT NOT NULL, capacity INTEGER NOT NULL,
        PRIMARY KEY (run, name),
        FOREIGN KEY (run) REFERENCES run (number)
    ) WITHOUT ROWID, STRICT""",
)
_TO_3 = (
    "ALTER TABLE request ADD COLUMN origin TEXT",
    "ALTER TABLE run ADD COLUMN tally TEXT",
    "ALTER TABLE run ADD COLUMN seal INTEGER",
    "ALTER TABLE run ADD COLUMN unrun TEXT",
)
_TO_4 = (
    """CREATE TABLE intervention (
        run INTEGER NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, request TEXT NOT NULL, decision TEXT,
        PRIMARY KEY (run, number),
        FOREIGN KEY (run) REFERENCES run (number)
    ) WITHOUT ROWID, STRICT""",
)
_TO_5 = (
    """CREATE TABLE note (
        run INTEGER NOT NULL, frame INTEGER NOT NULL, node INTEGER NOT NULL, host TEXT NOT NULL,
        iteration INTEGER NOT NULL, attempt INTEGER NOT NULL, number INTEGER NOT NULL, part TEXT NOT NULL,
        PRIMARY KEY (run, frame, node, host, iteration, attempt, number),
        FOREIGN KEY (run) REFERENCES run (number)
    ) WITHOUT ROWID, STRICT""",
)
_STEPS = {1: _TO_2, 2: _TO_3, 3: _TO_4, 4: _TO_5}
"""The statements that lead from a version to the next. They are written out, since the tables will change."""


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Upgrade a store to this version, if it is older.

    Raises:
        StoreError: one of its runs is under way, or there is no room for the copy; nothing was changed.
        sqlite3.Error: a statement failed; nothing was changed.
    """
    if _version(connection) >= VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version < VERSION:
            _refuse_driven(connection, path)
            _copy(path, version)
            for step in range(version, VERSION):
                for statement in _STEPS[step]:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    # The file's own header then shows it, for programs that read only that.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _refuse_driven(connection: sqlite3.Connection, path: str) -> None:
    for number, run_id in connection.execute("SELECT number, id FROM run WHERE status = 'running'").fetchall():
        holder = run_locks.lock_holder(run_locks.driver_lock(run_directory(path, number)))
        if holder is not None:
            raise StoreError(
                f"the store '{path}' is of an older version, and its run '{run_id}' is driven by process {holder.pid}",
                code="old-store",
                hint="wait until that run has ended: the store is then brought up to this version",
            )


def _copy(path: str, version: int) -> None:
    """Keep a copy of the store beside it, under a name with its version."""
    new: Unfinished | None = None
    try:
        new = Unfinished(path)
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(new.name)) as copy,
        ):
            source.backup(copy)
        with open(new.name, "rb") as file:
            os.fsync(file)
        names = (f"{path}.v{version}{more}" for more in ("", *(f"-{count}" for count in range(2, 100))))
        if not any(_linked(new.name, name) for name in names):
            raise StoreError(f"there are too many copies '{path}.v{version}' of the store", code="old-store")
        flush_directory(os.path.dirname(path))
    except OSError as error:
        raise StoreError(
            f"the store '{path}' is of an older version, and no copy of it can be made: {error.strerror}",
            code="old-store",
            hint="free some space, or give the right to write there",
        ) from error
    finally:
        if new is not None:
            new.close()


def _linked(file: str, name: str) -> bool:
    try:
        os.link(file, name)
    except FileExistsError:
        return False
    return True
