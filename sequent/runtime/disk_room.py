"""Room on the disk: set aside before it is needed, and given back."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The errors of a disk that is full, for this user or for this process."""
_SCARCE = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT})
RESERVE = 1 << 16
"""Bytes that are set aside for what is logged next, lest a full disk makes the programs fail that log it."""
PUNCH_HOLE_AND_KEEP_SIZE = 0x3
_KEEP_SIZE = 0x1


def is_scarce(error: OSError) -> bool:
    """Whether an error says that the machine has run out of something that comes back once others have ended."""
    return error.errno in _SCARCE


def allocate(file: int, begin: int, length: int, mode: int = _KEEP_SIZE) -> None:
    """Set room for these bytes aside behind the end of a file, whose size stays; or what else ``mode`` says.

    Raises:
        OSError: there is no room, or the file system does not know this.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.fallocate(file, mode, ctypes.c_int64(begin), ctypes.c_int64(length)) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def fill(file: int, size: int) -> None:
    """Make a file that long, with room for all of it: what is mapped from it can be written.

    Raises:
        OSError: there is no room.
    """
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        # The file system cannot say so beforehand.
        os.ftruncate(file, size)


def give_back(path: str) -> None:
    """Give back what was set aside behind a file's end."""
    with contextlib.suppress(OSError):
        os.truncate(path, os.stat(path, follow_symlinks=False).st_size)
