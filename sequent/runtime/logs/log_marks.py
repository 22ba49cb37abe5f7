"""Marks in shared memory which attempt writes to a segment at the moment, for processes that read along."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
from struct import Struct

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.runtime.disk_room import NO_ROOM, fill

_SIZE = 1 << 15
"""Bytes of a mark, with room for the longest path."""
_HEAD = Struct("<QqI")
"""The number of changes (odd: one is being made), the start of the attempt's output, the length of the text."""
_COUNT = Struct("<Q")
_NOBODY = -1


@frozen(eq=False, repr=False)
class LogMark(ByFields):
    """An attempt that is under way, as its worker has marked it."""

    change: int
    """A different number for every attempt of a worker."""
    start: int
    """The start of its output in the segment."""
    path: str
    """Dotted."""
    sequence: str
    attempt: int


def mark_of(segment: str) -> str:
    """Return the file of a segment's mark."""
    return f"{segment.removesuffix('.log')}.live"


def make_mark(segment: str) -> int:
    """Open the file of a segment's mark, made if need be, with room for all that is written to it.

    Raises:
        OSError: there is no room.
    """
    file = os.open(mark_of(segment), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fill(file, _SIZE)
    except OSError:
        os.close(file)
        remove_mark(mark_of(segment))
        raise
    return file


class MarkWriter:
    """The mark of a segment that this process writes to.

    Every attempt sets it, so this costs a few copies in memory and no call of the kernel. A reader sees by the number
    of changes whether the mark changed meanwhile. The lock on the file tells that its writer lives. If there is no room
    for the file, there is no mark, and no process can read along.
    """

    def __init__(self, segment: str) -> None:
        self._path = mark_of(segment)
        self._file = -1
        self._memory: mmap.mmap | bytearray = bytearray(_SIZE)
        try:
            self._file = make_mark(segment)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
        if self._file >= 0:
            fcntl.flock(self._file, fcntl.LOCK_SH)
            self._memory = mmap.mmap(self._file, _SIZE)
        self._changes = 0
        self.clear()

    def set(self, start: int, path: str, sequence: str, attempt: int) -> None:
        """Mark output from ``start`` on as that attempt's."""
        self._write(start, f"{path}\0{sequence}\0{attempt}".encode("utf-8", "surrogatepass"))

    def clear(self) -> None:
        """Mark output as belonging to no attempt."""
        self._write(_NOBODY, b"")

    def _write(self, start: int, text: bytes) -> None:
        memory = self._memory
        _COUNT.pack_into(memory, 0, self._changes + 1)
        end = _HEAD.size + len(text)
        memory[_HEAD.size : end] = text
        self._changes += 2
        _HEAD.pack_into(memory, 0, self._changes, start, len(text))

    def close(self) -> None:
        """Remove the mark."""
        if isinstance(self._memory, mmap.mmap):
            self._memory.close()
            os.close(self._file)
            remove_mark(self._path)


def read_mark(segment: str) -> LogMark | None:
    """Return the attempt that writes to a segment; None if there is none, its worker is gone, or its mark is bad."""
    try:
        # A step may have replaced it by anything, even by a file that blocks on opening.
        file = os.open(mark_of(segment), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _read(file) if _has_writer(file) else None
    except (OSError, ValueError):
        return None
    finally:
        os.close(file)


def marks_in(directory: str | os.PathLike[str]) -> dict[tuple[str, str, int], tuple[str, LogMark]]:
    """Return the running attempts: by path, sequence and number, their segment and mark."""
    marks: dict[tuple[str, str, int], tuple[str, LogMark]] = {}
    for name in os.listdir(directory) if os.path.isdir(directory) else []:
        if name.endswith(".live"):
            segment = os.path.join(directory, f"{name.removesuffix('.live')}.log")
            mark = read_mark(segment)
            if mark is not None:
                marks[mark.path, mark.sequence, mark.attempt] = (segment, mark)
    return marks


def _has_writer(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _read(file: int) -> LogMark | None:
    data = os.pread(file, _SIZE, 0)
    if len(data) < _HEAD.size:
        return None
    change, start, length = _HEAD.unpack_from(data)
    if change % 2 or start < 0 or os.pread(file, _COUNT.size, 0) != data[: _COUNT.size]:
        return None
    path, sequence, attempt = data[_HEAD.size : _HEAD.size + length].decode("utf-8", "surrogatepass").split("\0")
    return LogMark(change, start, path, sequence, int(attempt))


def remove_mark(path: str) -> None:
    """Remove the file of a mark, if there is one."""
    with contextlib.suppress(OSError):
        os.unlink(path)
