"""Who drives a run: whoever holds the lock of its directory, in which stands beside it what only a driver needs.

How many transactions were committed is said there, outside of the store. What a store has lost, such as its ``-wal`` or
what came after an older copy of it, is missing without a trace in it: the number tells the difference. And a file of no
use keeps room on the disk for the last that a run has to write.
"""

from __future__ import annotations

import contextlib
import os
from struct import Struct

from sequent.runtime.processes.run_locks import RunLock

_COUNT = Struct("<Q")
RESERVE = 1024 * 1024
"""Bytes that are set aside."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class SqliteClaim:
    """A run that this process drives, until it lets it go or ends."""

    def __init__(self, lock: RunLock, directory: str, *, has_reserve: bool) -> None:
        self._lock = lock
        self._directory = directory
        self._has_reserve = has_reserve
        self._committed = 0
        self._count: int | None = None

    def begin(self, committed: int) -> None:
        """Drive: so many transactions were committed before."""
        self._committed = committed
        # Where it cannot be written, nothing is known to be lost.
        with contextlib.suppress(OSError):
            self._count = os.open(commits_file(self._directory), _FLAGS, 0o600)
        if self._has_reserve:
            _set_aside(_reserve_file(self._directory))

    def committed(self) -> None:
        """One more transaction was committed: said after it, so that it is never more than the store has."""
        self._committed += 1
        if self._count is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._count, _COUNT.pack(self._committed), 0)

    def free_space(self) -> None:
        free_reserve(self._directory)

    def release(self) -> None:
        if self._count is not None:
            os.close(self._count)
            self._count = None
            self.free_space()
        self._lock.release()


def _set_aside(file: str) -> None:
    # Where there is no room for it there is none either way.
    with contextlib.suppress(OSError):
        handle = os.open(file, _FLAGS, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE)
        finally:
            os.close(handle)


def free_reserve(directory: str) -> None:
    """Free the room that a driver has set aside; does nothing a second time."""
    with contextlib.suppress(OSError):
        os.unlink(_reserve_file(directory))


def _reserve_file(directory: str) -> str:
    return os.path.join(directory, "ballast")


def commits_file(directory: str) -> str:
    """The file with the number of transactions, in the directory of a run."""
    return os.path.join(directory, "commits")


def read_commits(directory: str) -> int:
    """How many were committed at least; 0 where nothing is known."""
    try:
        file = os.open(commits_file(directory), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        data = os.read(file, _COUNT.size)
    finally:
        os.close(file)
    return _COUNT.unpack(data)[0] if len(data) == _COUNT.size else 0
