"""Reserves room on the disk before it is needed, and gives it back."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The errors of a full disk, for this user or for this process."""
_SCARCE = frozenset({errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT})
RESERVE = 1 << 16
"""Bytes reserved for the next output, so that a full disk does not make the programs fail that write it."""
PUNCH_HOLE_AND_KEEP_SIZE = 0x3
_KEEP_SIZE = 0x1


def is_scarce(error: OSError) -> bool:
    """Return whether an error says that the machine has run out of a resource that others may free."""
    return error.errno in _SCARCE


def allocate(file: int, begin: int, length: int, mode: int = _KEEP_SIZE) -> None:
    """Reserve room for these bytes behind the end of a file, whose size stays; or do as another ``mode`` says.

    Raises:
        OSError: there is no room, or the file system does not support this.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.fallocate(file, mode, ctypes.c_int64(begin), ctypes.c_int64(length)) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def fill(file: int, size: int) -> None:
    """Make a file that long, with room for all of it, so that its mapping can be written.

    Raises:
        OSError: there is no room.
    """
    try:
        os.posix_fallocate(file, 0, size)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        # The file system cannot reserve room.
        os.ftruncate(file, size)


def give_back(path: str) -> None:
    """Give back the room reserved behind a file's end; a link in its place is not followed."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.ftruncate(file, os.fstat(file).st_size)
        finally:
            os.close(file)
