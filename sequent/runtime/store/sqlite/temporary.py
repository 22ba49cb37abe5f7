"""A store that is removed with its process: SQLite in a directory in memory, so that no write waits for a disk."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from functools import cache

from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.store import SqlStore
from sequent.runtime.store.sqlite.database import SqliteDatabase
from sequent.runtime.store.sqlite.location import MEMORY, Location
from sequent.runtime.store.sqlite.schema import APPLICATION_ID, VERSION, creation

_IN_MEMORY = "/dev/shm"  # noqa: S108 - a directory of our own is made in it, which no other user may enter  # nosec B108
_ROOM = 256 * 1024 * 1024
"""Bytes of memory that must be free; containers often have less there than on their disk."""
_PREFIX = "sequent-memory-"


class MemoryStore(SqlStore):
    """Runs that are gone once this process has ended, or has closed the store."""

    def __init__(self, now: Callable[[], float] = time.time, name: str = MEMORY) -> None:
        """Make it; ``name`` is shown to a user, for a store that stands for a missing file."""
        directory, lock = _make_directory(_IN_MEMORY if _has_room(_IN_MEMORY) else tempfile.gettempdir())
        self._remove = weakref.finalize(self, _remove, directory, lock, os.getpid())
        path = os.path.join(directory, "store.db")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_empty_store())
        location = Location(path, is_default=False, name=name, is_temporary=True)
        super().__init__(Session(SqliteDatabase(location, now)), now)

    def close(self) -> None:
        super().close()
        self._remove()


def _make_directory(base: str) -> tuple[str, int]:
    """Make a new directory, locked as long as this process or a child of it lives; remove those without a lock."""
    _remove_left(base)
    while True:
        directory = tempfile.mkdtemp(prefix=_PREFIX, dir=base)
        # Another process may find it and remove it before it is locked.
        with contextlib.suppress(FileNotFoundError):
            lock = _lock(directory)
            if lock is not None:
                if os.path.isdir(directory):
                    return directory, lock
                os.close(lock)


def _lock(directory: str) -> int | None:
    """Lock a directory; None if another process has locked it."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _has_room(directory: str) -> bool:
    try:
        room = os.statvfs(directory)
    except OSError:
        return False
    return os.access(directory, os.W_OK | os.X_OK) and room.f_bavail * room.f_frsize >= _ROOM


@cache
def _empty_store() -> bytes:
    """Return the file of a store without runs."""
    with closing(sqlite3.connect(MEMORY, isolation_level=None)) as connection:
        for statement in (*creation(), f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {VERSION}"):
            connection.execute(statement)
        return connection.serialize()


def _remove(directory: str, lock: int, pid: int) -> None:
    if pid == os.getpid():
        shutil.rmtree(directory, ignore_errors=True)
        os.close(lock)


def _remove_left(base: str) -> None:
    """Remove the stores of processes that were killed: their locks are free."""
    for name in [name for name in os.listdir(base) if name.startswith(_PREFIX)]:
        directory = os.path.join(base, name)
        with contextlib.suppress(OSError):
            lock = _lock(directory) if os.lstat(directory).st_uid == os.geteuid() else None
            if lock is not None:
                _remove(directory, lock, os.getpid())
