"""Writes files that are either whole, and on the disk, or absent."""

from __future__ import annotations

import contextlib
import os

_UNFINISHED = ".new"


def write_durably(path: str, data: bytes) -> None:
    """Write a file under another name, flush it, then rename it.

    Its name survives a loss of power once its directory is flushed as well.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    file = UnfinishedFile(path)
    try:
        file.add(data)
        file.keep(path)
    except BaseException:
        file.drop()
        raise


class UnfinishedFile:
    """A file that is being written, under a name that ``remove_unfinished`` knows.

    Args:
        stem: the beginning of that name.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, stem: str) -> None:
        self._path = f"{stem}.{os.urandom(8).hex()}{_UNFINISHED}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)

    def add(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            OSError: there is no room.
        """
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def finish(self) -> None:
        """Put all bytes on the disk; no more follow.

        Raises:
            OSError: they cannot be written.
        """
        if self._file >= 0:
            os.fsync(self._file)
            self._close()

    def keep(self, path: str) -> None:
        """Finish it, and give it its name.

        Raises:
            OSError: it cannot be written.
        """
        self.finish()
        os.rename(self._path, path)

    def drop(self) -> None:
        """Remove it, unless it has its name."""
        self._close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def flush_directory(path: str) -> None:
    """Make a directory's new names survive a loss of power.

    Raises:
        OSError: it cannot be opened or flushed.
    """
    file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def remove_unfinished(directory: str) -> None:
    """Remove files that a process was writing into a directory when it was killed."""
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            if name.endswith(_UNFINISHED):
                os.unlink(os.path.join(directory, name))
