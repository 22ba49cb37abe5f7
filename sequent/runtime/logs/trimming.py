"""Keeps the output of attempts from filling the disk while they write it."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import selectors
from collections.abc import Callable, Iterable

from sequent.runtime.disk_room import PUNCH_HOLE_AND_KEEP_SIZE, allocate
from sequent.runtime.logs.log_marks import read_mark
from sequent.runtime.logs.segment_files import CAP

_REST = 0.05
"""Seconds for which growing segments are left alone, so that a step that writes much slows no other."""

_IN_MODIFY = 0x2
_IN_ONESHOT = 0x80000000
_CLOCK_MONOTONIC = 1


class Trimming:
    """Takes the middle out of segments that grow too long, as long as ``wake`` is called.

    It sleeps until a segment is written to, looks, and rests a moment before the next write can wake it. So silence
    costs nothing, and a flood twenty looks a second. The part taken out becomes a hole in the file: all other offsets
    stay, so the writer need not know. The amount that is missing is written there once the attempt has ended. If the
    kernel or the file system cannot do this, the middle is cut out only then.

    Args:
        directory: contains the segments.
        segments: returns those that are being written to now.
        rest: seconds for which growing segments are left alone.
    """

    def __init__(self, directory: str, segments: Callable[[], Iterable[str]], rest: float = _REST) -> None:
        self._directory = os.fsencode(directory)
        self._segments = segments
        self._seconds = rest
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._writes = self._made(self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._rest = self._made(self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC))
        self._selector = selectors.EpollSelector()
        self._selector.register(self._writes, selectors.EVENT_READ)
        self._selector.register(self._rest, selectors.EVENT_READ)
        self._trimmed: dict[str, tuple[int, int]] = {}
        """By segment: the attempt that was trimmed last, and the offset up to which it was."""
        self._watch()

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when ``wake`` has something to do."""
        return self._selector.fileno()

    def wake(self) -> None:
        """Look at new output, and trim it."""
        ready = {key.fd for key, _ in self._selector.select(0)}
        for descriptor in ready:
            _drain(descriptor)
        is_watched = True
        if self._rest in ready:
            # Watch first: output after the look is then seen next time.
            try:
                self._watch()
            except OSError:
                # Others have all watches of the kernel now, or the directory was moved.
                is_watched = False
        self.trim()
        if self._writes in ready or not is_watched:
            self._begin_rest()

    def trim(self) -> None:
        """Take the middle out of segments that are too long now."""
        segments = list(self._segments())
        for segment in segments:
            # The segment may be gone, locked by a step, or replaced, or the file system may have no holes: it is then
            # cut at the end, if possible.
            with contextlib.suppress(OSError):
                self._trim(segment)
        self._trimmed = {segment: self._trimmed[segment] for segment in segments if segment in self._trimmed}

    def close(self) -> None:
        """Stop watching."""
        self._selector.close()
        os.close(self._writes)
        os.close(self._rest)

    def _trim(self, segment: str) -> None:
        size = os.stat(segment, follow_symlinks=False).st_size
        if size <= 2 * CAP:
            return
        mark = read_mark(segment)
        if mark is None or size - mark.start <= 2 * CAP:
            return
        if self._trimmed.get(segment, (0, 0)) >= (mark.change, size - CAP):
            return
        file = os.open(segment, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # The worker clears the mark before it takes this lock to cut the attempt's output. Do not wait for the
            # lock: a step may hold it, since the segment is its standard output.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if read_mark(segment) == mark:
                size = os.fstat(file).st_size
                begin = mark.start + CAP // 2
                allocate(file, begin, size - CAP // 2 - begin, PUNCH_HOLE_AND_KEEP_SIZE)
                self._trimmed[segment] = (mark.change, size)
        finally:
            os.close(file)

    def _watch(self) -> None:
        """Wait for the next write only: the kernel then drops the watch, which costs the writer nothing."""
        flags = ctypes.c_uint32(_IN_MODIFY | _IN_ONESHOT)
        self._made(self._libc.inotify_add_watch(self._writes, self._directory, flags))

    def _begin_rest(self) -> None:
        times = (ctypes.c_long * 4)(0, 0, *divmod(int(self._seconds * 1e9), 10**9))
        self._made(self._libc.timerfd_settime(self._rest, 0, ctypes.byref(times), None))

    def _made(self, answer: int) -> int:
        if answer < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return answer


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except BlockingIOError:
        return
