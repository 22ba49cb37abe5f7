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
    temporary = f"{path}.{os.urandom(8).hex()}{_UNFINISHED}"
    try:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(file)
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


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
