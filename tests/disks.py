"""A small disk of a test's own, which can be filled to its last byte and freed again."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

_LAZY = 2
NO_PROGRAMS = 8
"""A disk from which no program can be started."""


@frozen
class SmallDisk:
    """A file system in memory."""

    directory: Path

    @property
    def _filler(self) -> Path:
        return self.directory / "filler"

    def fill(self) -> None:
        """Leave no room at all."""
        with self._filler.open("ab") as file, suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(4096))

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(directory: Path, size: str = "4m", *, flags: int = 0) -> Generator[SmallDisk]:
    """Mount one there. Where that is not permitted, the test fails: it takes root, as in CI."""
    directory.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={size},mode=0700".encode()
    if libc.mount(b"tmpfs", str(directory).encode(), b"tmpfs", flags, options) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"a small disk cannot be mounted: {os.strerror(number)}; run the tests as root")
    try:
        yield SmallDisk(directory)
    finally:
        libc.umount2(str(directory).encode(), _LAZY)
