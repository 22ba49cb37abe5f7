"""How many transactions a run's driver has committed, said outside of the store.

What a store has lost, such as its ``-wal`` or what came after an older copy of it, is missing without a trace in it:
the runs are whole, as they were earlier. The number in the run's own directory tells the difference.
"""

from __future__ import annotations

import contextlib
import os
from struct import Struct

_COUNT = Struct("<Q")


def commits_file(directory: str) -> str:
    """The file with the number, in the directory of a run."""
    return os.path.join(directory, "commits")


class CommitCount:
    """The number, as the driver writes it: after each commit, so that it is never more than the store has."""

    def __init__(self, directory: str, count: int) -> None:
        self._count = count
        self._file: int | None = None
        # Where it cannot be written, nothing is known to be lost.
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(commits_file(directory), flags, 0o600)

    def add(self) -> None:
        """One more was committed."""
        self._count += 1
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.pwrite(self._file, _COUNT.pack(self._count), 0)

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


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
