"""Connections to a file that wait visibly while it is locked, and connections that only read."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from typing import Any
from urllib.parse import quote

from sequent.errors import StoreError
from sequent.runtime.backoff import BUSY_PATIENCE, Patience, patiently
from sequent.runtime.store.sqlite.access import WAL, has_wal

PIECE = 0.1
"""Seconds for which SQLite itself waits; signals are not handled meanwhile."""


class PatientConnection(sqlite3.Connection):
    """Repeats a statement while the store is locked; a statement through a cursor is tried once."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        execute = super().execute
        try:
            return execute(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _refusal(error):
                raise
        patience = Patience(longest=PIECE)
        return patiently(lambda: execute(sql, parameters), sqlite3.OperationalError, _refusal, BUSY_PATIENCE, patience)


def _refusal(error: sqlite3.OperationalError) -> str:
    is_locked = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return "the store is locked by another process" if is_locked else ""


_PRAGMAS = ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON")


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


def open_to_read(path: str) -> PatientConnection:
    """Open a connection that reads the present state, including the newest commits.

    SQLite finds the newest commits in the log beside the file, which it reads only where it can write. If there are
    any, a copy is opened, and removed as soon as it is open.

    Raises:
        OSError: there is no room for the copy.
        sqlite3.Error: it cannot be opened.
    """
    if not has_wal(path):
        return _prepared(_connect(f"file:{quote(path)}?mode=ro&immutable=1"))
    directory = tempfile.mkdtemp(prefix="sequent-")
    try:
        copy = os.path.join(directory, "store.db")
        for end in ("", WAL):
            shutil.copyfile(path + end, copy + end)
        connection = _connect(f"file:{quote(copy)}?mode=rw")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return _prepared(connection)
    finally:
        shutil.rmtree(directory)


def _connect(address: str) -> PatientConnection:
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, factory=PatientConnection)


def _prepared(connection: PatientConnection) -> PatientConnection:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection
