"""Runs programs whose input and output are one stream of ours, and keeps their errors."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from attrs import frozen

from sequent.by_fields import ByFields

_KEPT = 16_384
"""The number of bytes kept of each stream of errors: the last ones."""
_PIECE = 65_536
_FAREWELL = 2.0
"""The seconds that a program has to end after the end of its input, and again after a signal."""
_GLANCE = 0.5
"""The seconds between two signals."""


@frozen(eq=False, repr=False)
class ProgramEnd(ByFields):
    """The end of a program, with its messages."""

    status: int | None
    """The exit code, or a signal's number below 0; None while it runs."""
    errors: str
    """The end of its standard error."""
    log: str
    """The end of its own log, which no program that it starts can write to."""


class PipedProgram:
    """A running program; its input and output are ``end``.

    It has no terminal, so it cannot prompt, and Ctrl-C does not reach it.

    Args:
        words: the program and its arguments; ``{log}`` in one of them becomes a file for its log.
        variables: its environment; None for ours.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, words: list[str], variables: Mapping[str, str] | None = None) -> None:
        self.end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        log, self._log_writer = os.pipe()
        # It closes descriptors that it inherits, but can open ours by name.
        name = f"/proc/{os.getpid()}/fd/{self._log_writer}"
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [word.replace("{log}", name) for word in words],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=subprocess.PIPE,
                    env=variables,
                    start_new_session=True,
                )
        except OSError:
            self.end.close()
            os.close(log)
            os.close(self._log_writer)
            raise
        assert self._process.stderr is not None  # noqa: S101 - as was asked for
        self._streams = {"errors": self._process.stderr.fileno(), "log": log}
        self._kept = {"errors": b"", "log": b""}
        self._news = threading.Condition()
        self._has_ended = False
        self._deadline: float | None = None
        """The time by which it should end, once it is no longer needed."""
        self._reader = threading.Thread(target=self._read, name="errors of a transport", daemon=True)
        self._reader.start()

    def wait_for(self, word: bytes, seconds: float) -> bool | None:
        """Wait until its log contains a word.

        Returns:
            whether it has: False if the program has ended without it; None if time is up.
        """
        deadline = time.monotonic() + seconds
        with self._news:
            while word not in self._kept["log"]:
                rest = deadline - time.monotonic()
                if self._has_ended or rest <= 0:
                    return False if self._has_ended else None
                self._news.wait(rest)
        return True

    def ending(self, seconds: float = _FAREWELL) -> ProgramEnd:
        """Return how it ended; it has some time to do so."""
        self._reader.join(seconds)
        with self._news:
            errors, log = (self._kept[name].decode(errors="backslashreplace").strip() for name in ("errors", "log"))
        return ProgramEnd(self._process.poll(), errors, log)

    def close(self) -> None:
        """Close its input; end the program if it goes on for a while. This call does not wait."""
        self._deadline = time.monotonic() + _FAREWELL
        with suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)
        self.end.close()
        with self._news:
            if not self._has_ended:
                # This wakes the reading thread, which from now on has a deadline.
                os.write(self._log_writer, b"\n")

    def _read(self) -> None:
        """Read its output until it has ended, even if a process that it left goes on."""
        handle = os.pidfd_open(self._process.pid)
        poll = select.poll()
        for descriptor in (*self._streams.values(), handle):
            poll.register(descriptor, select.POLLIN)
        names = {descriptor: name for name, descriptor in self._streams.items()}
        is_running = True
        while is_running:
            ready = {descriptor for descriptor, _ in poll.poll(self._hurry())}
            is_running = handle not in ready
            # All that it wrote before its end fits into one read of each stream.
            for descriptor in ready - {handle}:
                if not self._keep(names[descriptor], descriptor):
                    poll.unregister(descriptor)
        self._process.wait()
        with suppress(OSError):
            # A process that it left may hold the other end. Data that have arrived can still be read.
            self.end.shutdown(socket.SHUT_RDWR)
        with self._news:
            self._has_ended = True
            self._news.notify_all()
        assert self._process.stderr is not None  # noqa: S101 - as above
        self._process.stderr.close()
        for descriptor in (handle, self._streams["log"], self._log_writer):
            os.close(descriptor)

    def _hurry(self) -> float | None:
        """Return the milliseconds until it should end; end it if that is over."""
        if self._deadline is None:
            return None
        late = time.monotonic() - self._deadline
        if late >= 0 and self._process.poll() is None:
            # A script may wait for the program that it has started.
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGTERM if late < _FAREWELL else signal.SIGKILL)
        return 1000 * max(_GLANCE, -late)

    def _keep(self, name: str, descriptor: int) -> bool:
        piece = os.read(descriptor, _PIECE)
        with self._news:
            self._kept[name] = (self._kept[name] + piece)[-_KEPT:]
            self._news.notify_all()
        return bool(piece)
