"""Puts *** in place of secrets in an attempt's output, before any of it reaches the log's file."""

from __future__ import annotations

import os
import re
import select
import threading

from sequent.runtime.logs.log_losses import LogFile, Losses

SHOWN = "***"
_SHOWN = SHOWN.encode()
_ROOM = 1 << 16


class Mask:
    """Stands between an attempt's descriptors and the file of its log.

    The descriptors lead into a pipe, which a thread empties. So the output of children is masked too, and a worker that
    is killed leaves no secret in the file. Bytes that might be the beginning of a secret are held back until more has
    come. Output that the disk has no room for is lost, and no writer waits for room. A mask without secrets serves only
    this purpose.
    """

    def __init__(self, descriptors: tuple[int, ...], losses: Losses) -> None:
        self._descriptors = descriptors
        self.file = os.dup(descriptors[0])
        """The log's own file."""
        self._log = LogFile(self.file, losses)
        self._words: tuple[bytes, ...] = ()
        self._pattern = re.compile(b"(?!)")
        self._held = b""
        self._lock = threading.Lock()
        self._stop = os.eventfd(0, os.EFD_CLOEXEC)
        self._pipe, entrance = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._pipe, False)
        for descriptor in descriptors:
            os.dup2(entrance, descriptor, inheritable=descriptor <= 2)
        os.close(entrance)
        self.thread = threading.Thread(target=self._keep_empty, name="sequent-mask", daemon=True)
        """The thread that empties the pipe."""
        self.thread.start()

    def add(self, words: tuple[bytes, ...]) -> None:
        """Mask these as well from now on; none of them is empty."""
        with self._lock:
            self._words = tuple(sorted({*self._words, *words}, key=len, reverse=True))
            self._pattern = re.compile(b"|".join(map(re.escape, self._words)) or b"(?!)")

    def drain(self) -> None:
        """Write all output so far to the file, except bytes that might be the beginning of a secret."""
        with self._lock:
            while data := self._read():
                self._held = self._write(self._held + data)

    def close(self) -> None:
        """Let the descriptors lead to the file again, and write the rest of the output to it."""
        for descriptor in self._descriptors:
            os.dup2(self.file, descriptor, inheritable=descriptor <= 2)
        os.eventfd_write(self._stop, 1)
        self.thread.join()
        self.drain()
        self._log.keep(self._pattern.sub(_SHOWN, self._held))
        for descriptor in (self._pipe, self._stop, self.file):
            os.close(descriptor)

    def _keep_empty(self) -> None:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        while all(descriptor != self._stop for descriptor, _ in poll.poll()):
            self.drain()

    def _read(self) -> bytes:
        try:
            return os.read(self._pipe, _ROOM)
        except BlockingIOError:
            return b""

    def _write(self, data: bytes) -> bytes:
        """Write the bytes that are sure; return the others."""
        sure = len(data) - self._doubtful(data)
        pieces: list[bytes] = []
        done = 0
        for match in self._pattern.finditer(data):
            if match.start() >= sure:
                break
            pieces += (data[done : match.start()], _SHOWN)
            done = match.end()
        sure = max(sure, done)
        self._log.keep(b"".join((*pieces, data[done:sure])))
        return data[sure:]

    def _doubtful(self, data: bytes) -> int:
        """Return the length of the data's end that may be the beginning of a secret."""
        longest = max(map(len, self._words), default=1) - 1
        for length in range(min(longest, len(data)), 0, -1):
            end = data[-length:]
            if any(len(word) > length and word.startswith(end) for word in self._words):
                return length
        return 0
