"""Claims of runs: the process that holds the lock of a run's directory drives the run.

Beside the lock, outside of the store, stands the number of transactions that were committed. If a store has lost
commits, such as those in its ``-wal`` or those after an older copy of it, the store itself shows no trace of that: the
number does. And a file without contents reserves room on the disk for a run's last writes.
"""

from __future__ import annotations

import contextlib
import os
from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from selectors import BaseSelector

    from sequent.runtime.processes.run_locks import RunLock
    from sequent.runtime.processes.wake_socket import WakeSocket
    from sequent.runtime.store.sql.database import OpenDatabase


_COUNT = Struct("<Q")
RESERVE = 1024 * 1024
"""Bytes that are reserved."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class SqliteClaim:
    """A run that this process drives, until it releases it or ends."""

    def __init__(self, lock: RunLock, directory: str, *, has_reserve: bool) -> None:
        self._lock = lock
        self._directory = directory
        self._has_reserve = has_reserve
        self._committed = 0
        self._count: int | None = None
        self._wakes: WakeSocket | None = None

    def begin(self, committed: int) -> None:
        """Begin to drive, after this number of committed transactions."""
        self._committed = committed
        # Without the file, a loss of commits is not noticed.
        with contextlib.suppress(OSError):
            self._count = os.open(commits_file(self._directory), _FLAGS, 0o600)
        if self._has_reserve:
            _set_aside(_reserve_file(self._directory))

    def committed(self) -> None:
        """Count a committed transaction; done after the commit, so that the count never exceeds the store's."""
        self._committed += 1
        if self._count is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._count, _COUNT.pack(self._committed), 0)

    def is_held(self, session: OpenDatabase) -> bool:
        # The lock is held until this process ends.
        return True

    def watch(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        from sequent.runtime.processes.wake_socket import WakeSocket

        self._wakes = WakeSocket(self._directory)
        self._wakes.watch(selector, on_wake)

    def free_space(self) -> None:
        free_reserve(self._directory)

    def release(self) -> None:
        if self._count is not None:
            os.close(self._count)
            self._count = None
            self.free_space()
        if self._wakes is not None:
            self._wakes.close()
            self._wakes = None
        self._lock.release()


def _set_aside(file: str) -> None:
    # If there is no room for the reserve, there is none without it, either.
    with contextlib.suppress(OSError):
        handle = os.open(file, _FLAGS, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE)
        finally:
            os.close(handle)


def free_reserve(directory: str) -> None:
    """Free the room that a driver has reserved; a second call does nothing."""
    with contextlib.suppress(OSError):
        os.unlink(_reserve_file(directory))


def _reserve_file(directory: str) -> str:
    return os.path.join(directory, "ballast")


def commits_file(directory: str) -> str:
    """Return the file with the number of transactions, in the directory of a run."""
    return os.path.join(directory, "commits")


def read_commits(directory: str) -> int:
    """Return a number of transactions that were certainly committed; 0 if nothing is known."""
    try:
        file = os.open(commits_file(directory), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        data = os.read(file, _COUNT.size)
    finally:
        os.close(file)
    return _COUNT.unpack(data)[0] if len(data) == _COUNT.size else 0
