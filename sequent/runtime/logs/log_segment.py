"""The output of an attempt: a span of a segment, the file to which one worker appends everything."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import itertools
import os
import sys
import threading
import time
from typing import TextIO

from sequent.model.outcome import LogSpan
from sequent.runtime.disk_room import NO_ROOM, RESERVE, allocate, give_back
from sequent.runtime.logs.log_losses import LogFile, Losses
from sequent.runtime.logs.log_marks import MarkWriter
from sequent.runtime.logs.log_masking import Mask
from sequent.runtime.logs.segment_files import CAP, first_number

_MOST_LOOKS, _REST = 100, 0.02
"""How often to check whether a locked segment may be cut, and the seconds between."""

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Segment:
    """A worker's segment, which is also the standard output and error of the worker and its children.

    Args:
        path: its file.
        descriptor: the one to write to.
        further: other descriptors of the same file.
    """

    def __init__(self, path: str, descriptor: int, *further: int) -> None:
        self.path = path
        self.descriptor = descriptor
        self._further = further
        self._file = descriptor
        self._mask: Mask | None = None
        self.start = 0
        """Where the attempt's output begins."""
        self._mark = MarkWriter(path)
        self._losses = Losses()
        self._log = LogFile(descriptor, self._losses)
        self._reserved = 0
        """The offset up to which room is reserved."""
        self._reserve()

    @classmethod
    def make(cls, directory: str, prefix: str) -> Segment:
        """Make a new segment in that directory, under the first free name."""
        os.makedirs(directory, mode=0o700, exist_ok=True)
        for number in itertools.count(first_number(os.path.dirname(directory))):
            path = os.path.join(directory, f"{prefix}{number}.log")
            with contextlib.suppress(FileExistsError):
                return cls(path, os.open(path, FLAGS, 0o600))
        raise AssertionError("there is always a free name")

    def close(self) -> None:
        """Close it, and remove it if it is empty."""
        self._mark.close()
        is_empty = os.fstat(self.descriptor).st_size == 0
        os.close(self.descriptor)
        if is_empty:
            os.unlink(self.path)
        else:
            give_back(self.path)

    def begin(self, path: str, sequence: str, attempt: int) -> None:
        """Count output from now on as that attempt's."""
        self.start = self._size()
        self._mark.set(self.start, path, sequence, attempt)
        if self.start + RESERVE // 2 > self._reserved and not self._reserve():
            # Output of programs then passes through this process, which drops bytes that there is no room for.
            self.mask(())

    def _reserve(self) -> bool:
        """Reserve room; return whether there was any."""
        try:
            allocate(self._file, self.start, RESERVE)
        except OSError as error:
            if error.errno in NO_ROOM:
                return False
        self._reserved = self.start + RESERVE
        return True

    @property
    def is_masked(self) -> bool:
        """Whether output passes through our thread."""
        return self._mask is not None

    def is_own(self, thread: threading.Thread) -> bool:
        """Return whether this is the segment's own thread."""
        return self._mask is not None and thread is self._mask.thread

    def mask(self, words: tuple[bytes, ...]) -> None:
        """Write *** in place of these until the attempt ends."""
        if self._mask is None:
            flush_streams()
            self._mask = Mask((self.descriptor, *self._further), self._losses)
            self._file = self._mask.file
        self._mask.add(words)

    def end(self) -> LogSpan | None:
        """Return the span written since ``begin``; None if nothing was."""
        if self._mask is not None:
            self._mask.close()
            self._mask = None
            self._file = self.descriptor
        # Before the cut: no other process trims output that is not marked.
        self._mark.clear()
        lost = self._log.tell_losses()
        length = self._size() - self.start
        if length > CAP:
            # The room reserved behind its end goes with the cut.
            self._reserved = 0
        return _span(self.path, self.start, length, lost) if length > 0 or lost else None

    def _size(self) -> int:
        # The position makes no difference to a descriptor that appends; any other way to learn the size costs more.
        return os.lseek(self._file, 0, os.SEEK_END)

    def write(self, text: str) -> None:
        """Add a line of our own."""
        self.keep(text.encode("utf-8", "backslashreplace"))

    def keep(self, data: bytes) -> None:
        """Add output of a program."""
        self._log.keep(data)

    def open_stream(self, descriptor: int) -> TextIO:
        """Open a text stream that writes each line to that descriptor at once, whatever it contains."""
        buffer = io.BufferedWriter(LogFile(descriptor, self._losses))
        return io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def span_from(path: str, start: int) -> LogSpan | None:
    """Return the span of a segment from that offset on; None if it is empty."""
    length = os.stat(path, follow_symlinks=False).st_size - start
    return _span(path, start, length) if length > 0 else None


def _span(path: str, start: int, length: int, lost: int = 0) -> LogSpan:
    dropped = 0
    if length > CAP:
        # If there is no room even for that, the output stays as it is.
        with contextlib.suppress(OSError):
            dropped, length = _cut(path, start, length)
    return LogSpan(segment=os.path.basename(path), offset=start, length=length, dropped=dropped + lost)


def _cut(path: str, start: int, length: int) -> tuple[int, int]:
    """Cut the middle out of the output that begins at ``start``; return the bytes dropped and those left."""
    half = CAP // 2
    dropped = length - CAP
    line = f"\n[sequent: {dropped} bytes of this attempt's output were left out here]\n".encode()
    # A second descriptor: one that appends can write only at the end.
    file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(file)
        tail = os.pread(file, half, start + length - half)
        os.lseek(file, start + half, os.SEEK_SET)
        _write_all(file, line + tail)
        kept = half + len(line) + len(tail)
        os.ftruncate(file, start + kept)
    finally:
        os.close(file)
    return dropped, kept


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, even if the kernel takes it in parts."""
    while data:
        data = data[os.write(descriptor, data) :]


def _lock(file: int) -> None:
    """Wait for a process that is cutting the segment; but not for a step that has locked its output.

    Raises:
        OSError: it is locked for too long.
    """
    for _ in range(_MOST_LOOKS):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(_REST)
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def open_input(descriptor: int) -> TextIO:
    """Open a text stream that reads from that descriptor."""
    return open(descriptor, encoding="utf-8", closefd=False)


def flush_streams() -> None:
    """Flush the standard streams."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except Exception:  # noqa: BLE001, S112 - a step may have closed, replaced or deleted them  # nosec B112
            continue
