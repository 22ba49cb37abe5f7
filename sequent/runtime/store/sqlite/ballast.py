"""Room on the disk that is set aside for the last that a run has to write."""

from __future__ import annotations

import contextlib
import os

SIZE = 1024 * 1024
"""Bytes."""


class Ballast:
    """A file that is there to be removed, once the disk is full."""

    def __init__(self, directory: str) -> None:
        """Make it; where there is no room for it there is none either way."""
        self._directory = directory
        with contextlib.suppress(OSError):
            handle = os.open(_file_in(directory), os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, SIZE)
            finally:
                os.close(handle)

    def free(self) -> None:
        """Remove it; does nothing a second time."""
        free_ballast(self._directory)


def free_ballast(directory: str) -> None:
    """Remove that of a run whose driver is gone."""
    with contextlib.suppress(OSError):
        os.unlink(_file_in(directory))


def _file_in(directory: str) -> str:
    return os.path.join(directory, "ballast")
