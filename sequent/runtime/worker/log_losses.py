"""Writes logs for which there may be no room: that never fails a step, and the log says how much is missing."""

from __future__ import annotations

import errno
import io
import os
from typing import TYPE_CHECKING

from sequent.runtime.agent.disk_room import NO_ROOM

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_UNWRITABLE = NO_ROOM | {errno.EIO, errno.EROFS}
"""The errors of a disk on which logs cannot be written, through no fault of whoever writes."""


class Losses:
    """How much of one attempt's output could not be written, and was not told of yet."""

    def __init__(self) -> None:
        self.count = 0
        """Bytes."""
        self._reason = ""

    def add(self, count: int, error: OSError) -> None:
        """So much more could not be written."""
        self.count += count
        self._reason = error.strerror or str(error)

    @property
    def line(self) -> bytes:
        """What the log says of them."""
        return f"\n[sequent: {self.count} bytes of output are missing here: {self._reason}]\n".encode()


class LogFile(io.FileIO):
    """A descriptor that leads to a log; it stays open when this is closed.

    What cannot be written is counted, and told of before whatever can be written next.
    """

    def __init__(self, descriptor: int, losses: Losses) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._losses = losses

    def write(self, data: ReadableBuffer, /) -> int:
        """Write it, or as much as there is room for; the rest is lost, and the length is that of all.

        Raises:
            OSError: the descriptor leads nowhere.
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
        """Write it if it can be written; what cannot is counted, wherever the descriptor leads."""
        try:
            self.write(data)
        except OSError as error:
            self._losses.add(len(data), error)

    def tell_losses(self) -> int:
        """Say at the end of an attempt how much is missing; give the bytes of which the log has no room to tell."""
        if not self._losses.count:
            return 0
        try:
            self._tell()
        except OSError:
            untold, self._losses.count = self._losses.count, 0
            return untold
        return 0

    def _tell(self) -> None:
        """Write how much is missing, all of it or nothing."""
        line = self._losses.line
        written = os.write(self.fileno(), line)
        if written < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._losses.count = 0
