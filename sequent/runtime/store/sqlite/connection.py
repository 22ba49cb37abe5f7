"""Connections to a file that wait visibly while it is locked, and that threads may share."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from _thread import allocate_lock
from typing import TYPE_CHECKING, Any

from sequent.errors import StoreError
from sequent.runtime.backoff import BUSY_PATIENCE, Patience, patiently

PIECE = 0.1
"""Seconds for which SQLite itself waits; signals are not handled meanwhile."""


class SharedCursor(sqlite3.Cursor):
    """Executes and reads while no other thread does so on its connection.

    SQLite keeps the last error of a connection, not of a statement: that of one thread would be taken for that of
    another one, which could then regard a transaction as begun that is not.
    """

    if TYPE_CHECKING:

        @property
        def connection(self) -> PatientConnection: ...

    def execute(self, sql: str, parameters: Any = (), /) -> SharedCursor:
        with self.connection.lock:
            return super().execute(sql, parameters)

    def executemany(self, sql: str, rows: Any, /) -> SharedCursor:
        with self.connection.lock:
            return super().executemany(sql, rows)

    def fetchone(self) -> Any:
        with self.connection.lock:
            return super().fetchone()

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        with self.connection.lock:
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        with self.connection.lock:
            return super().fetchall()


class PatientConnection(sqlite3.Connection):
    """Repeats a statement while the store is locked; a statement through a cursor is tried once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.lock = allocate_lock()

    def cursor(self) -> SharedCursor:  # type: ignore[override]
        return super().cursor(SharedCursor)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        execute = self.cursor().execute
        try:
            return execute(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _refusal(error):
                raise
        patience, seen = Patience(longest=PIECE), -1

        def refusal(error: sqlite3.OperationalError) -> str:
            nonlocal seen
            told, before = _refusal(error), seen
            if told:
                with contextlib.suppress(sqlite3.OperationalError):
                    seen = execute("PRAGMA data_version").fetchone()[0]
            if seen != before:
                patience.count_anew()
            return told

        return patiently(lambda: execute(sql, parameters), sqlite3.OperationalError, refusal, BUSY_PATIENCE, patience)


def _refusal(error: sqlite3.OperationalError) -> str:
    is_locked = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return "the store is locked by another process" if is_locked else ""


def is_read_only(path: str) -> bool:
    """Return whether the file is on a read-only file system."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def refusal(path: str) -> StoreError:
    """Return the error of a write there."""
    return StoreError(
        f"the store '{path}' is on a read-only file system: its runs can be looked at, and no more",
        code="read-only-store",
        hint="name a store elsewhere, or copy it (with its -wal and .runs) to where it can be written",
    )


def address_of(path: str) -> str:
    """Return the URI of a file, without the mode in which it is opened."""
    return f"file:{path.replace('%', '%25').replace('?', '%3f').replace('#', '%23')}"
