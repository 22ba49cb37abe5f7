"""Opens a file on a read-only file system."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile

from sequent.runtime.store.sqlite.access import WAL, has_wal
from sequent.runtime.store.sqlite.connection import PatientConnection, address_of

_PRAGMAS = ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON")


def open_to_read(path: str) -> PatientConnection:
    """Open a connection that reads the present state, including the newest commits.

    SQLite finds the newest commits in the log beside the file, which it reads only where it can write. If there are
    any, a copy is opened, and removed as soon as it is open.

    Raises:
        OSError: there is no room for the copy.
        sqlite3.Error: it cannot be opened.
    """
    if not has_wal(path):
        return _prepared(_connect(f"{address_of(path)}?mode=ro&immutable=1"))
    directory = tempfile.mkdtemp(prefix="sequent-")
    try:
        copy = os.path.join(directory, "store.db")
        for end in ("", WAL):
            shutil.copyfile(path + end, copy + end)
        connection = _connect(f"{address_of(copy)}?mode=rw")
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
