"""Wakes the driver of another run, which sleeps until something happens."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from selectors import EVENT_READ, BaseSelector

from sequent.errors import SequentError
from sequent.runtime.processes.run_locks import prepare_directory

_LONGEST_PATH = 100
"""Bytes that the system allows for the name of a socket, less a few to spare."""
_MOST_WAKES = 64
"""Messages that are read at once."""


class WakeSocket:
    """A socket of this driver's own, in a directory that only its user can enter; any message wakes the driver.

    If no socket can be made, it has no path, and no other run can wake this one.
    """

    def __init__(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        self.path = ""
        self._selector = selector
        self._on_wake = on_wake
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            path = os.path.join(_directory(), f"{os.getpid()}-{secrets.token_hex(4)}")
            if len(os.fsencode(path)) <= _LONGEST_PATH:
                self._socket.bind(path)
                self.path = path
        except (OSError, SequentError):
            self.path = ""
        selector.register(self._socket, EVENT_READ, self._drain)

    def _drain(self) -> None:
        # The content of messages does not matter, and their number must not keep the driver from its work.
        with contextlib.suppress(OSError):
            for _ in range(_MOST_WAKES):
                self._socket.recv(16)
        self._on_wake()

    def close(self) -> None:
        """Stop being woken, and remove the socket."""
        self._selector.unregister(self._socket)
        self._socket.close()
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


def wake(path: str) -> None:
    """Wake the driver with that socket; if it is gone, nothing is lost, since a waiting driver looks now and then."""
    kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as sender:
        sender.sendto(b"", path)


def _directory() -> str:
    """Return the directory of the user's sockets: it disappears at the next boot, and has a short name."""
    user = os.geteuid()
    directories = [path for path in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{user}") if os.path.isdir(path)]
    path = (
        os.path.join(directories[0], "sequent")
        if directories
        else os.path.join(tempfile.gettempdir(), f"sequent-{user}")
    )
    prepare_directory(path)
    return path
