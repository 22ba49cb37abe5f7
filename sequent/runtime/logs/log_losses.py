"""Writes logs even if the disk is full: that never fails a step, and the log tells how much is missing."""

from __future__ import annotations

import errno
import io
import os
from typing import TYPE_CHECKING

from sequent.runtime.disk_room import NO_ROOM

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_UNWRITABLE = NO_ROOM | {errno.EIO, errno.EROFS}
"""The errors of a disk that cannot store logs, through no fault of the writer."""


class Losses:
    """The part of an attempt's output that could not be written and is not yet reported."""

    def __init__(self) -> None:
        self.count = 0
        """Bytes."""
        self._reason = ""

    def add(self, count: int, error: OSError) -> None:
        """Count more bytes that could not be written."""
        self.count += count
        self._reason = error.strerror or str(error)

    @property
    def line(self) -> bytes:
        """The line that the log has about them."""
        return f"\n[sequent: {self.count} bytes of output are missing here: {self._reason}]\n".encode()


class LogFile(io.FileIO):
    """A descriptor of a log; it stays open when this file is closed.

    Bytes that cannot be written are counted, and reported before the next bytes that can.
    """

    def __init__(self, descriptor: int, losses: Losses) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._losses = losses

    def write(self, data: ReadableBuffer, /) -> int:
        """Write the data, or as much as there is room for; the rest is lost. Return the length of all data.

        Raises:
            OSError: the descriptor cannot be used.
        """
        view = memoryview(data).cast("B")
        done = 0
        try:
            if self._losses.count:
                self._tell()
            while done < len(view):
                done += os.write(self.fileno(), view[done:])
        except OSError as error:
            if error.errno not in _UNWRITABLE:
                raise
            self._losses.add(len(view) - done, error)
        return len(view)

    def keep(self, data: bytes) -> None:
        """Write the data if possible; count the bytes that cannot be written for any reason."""
        try:
            self.write(data)
        except OSError as error:
            self._losses.add(len(data), error)

    def tell_losses(self) -> int:
        """Report at the end of an attempt how much is missing; return the bytes that the log has no room to report."""
        if not self._losses.count:
            return 0
        try:
            self._tell()
        except OSError:
            untold, self._losses.count = self._losses.count, 0
            return untold
        return 0

    def _tell(self) -> None:
        """Write how many bytes are missing; fail unless the whole line is written."""
        line = self._losses.line
        written = os.write(self.fileno(), line)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._losses.count = 0
