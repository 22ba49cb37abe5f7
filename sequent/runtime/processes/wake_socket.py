"""Wakes the driver of a run, which sleeps until something happens, from another process of this machine."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Generator
from selectors import EVENT_READ, BaseSelector

_NAME = "wake"
_KIND = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
_MOST_WAKES = 64
"""Messages that are read at once."""


class WakeSocket:
    """A socket in the directory of a run, which only its user can enter; any message wakes the driver.

    If no socket can be made, no other process can wake this one. A driver that was killed leaves a socket behind; the
    next one replaces it.
    """

    def __init__(self, directory: str) -> None:
        """Make it; the run must be this process's, by the lock in that directory."""
        self._directory = directory
        self._socket = socket.socket(socket.AF_UNIX, _KIND)
        with contextlib.suppress(OSError), _short_name(directory) as name:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            self._socket.bind(name)

    def watch(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        """Let the selector call the function for messages."""

        def drain() -> None:
            # The content of messages does not matter, and their number must not keep the driver from its work.
            with contextlib.suppress(OSError):
                for _ in range(_MOST_WAKES):
                    self._socket.recv(16)
            on_wake()

        selector.register(self._socket, EVENT_READ, drain)

    def close(self) -> None:
        """Remove it."""
        self._socket.close()
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._directory, _NAME))


def wake(directory: str) -> bool:
    """Wake the driver of the run with that directory; return whether there is a socket of a process that is alive."""
    try:
        with socket.socket(socket.AF_UNIX, _KIND) as sender, _short_name(directory) as name:
            sender.sendto(b"", name)
    except BlockingIOError:
        # It has more messages than it can read.
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _short_name(directory: str) -> Generator[str]:
    """Yield a name of the socket that fits into an address, which has only some hundred bytes."""
    handle = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{_NAME}"
    finally:
        os.close(handle)
