"""Wakes the driver for an executor."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector


class Wakeups:
    """Sockets with the functions to call once there is something to read, and the executor's own bell.

    Args:
        selector: the one that the driver waits with.
    """

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector
        self._is_ringing = False
        self._is_closed = False
        self._guard = threading.Lock()
        """Held while the bell is rung or closed: a descriptor that is closed may be that of a file of others by now."""
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def heed(self, callback: Callable[[], None]) -> None:
        """Set the function to call once the bell was rung."""

        def answer() -> None:
            os.eventfd_read(self._bell)
            self._is_ringing = False
            callback()

        self._selector.register(self._bell, EVENT_READ, answer)

    def add(self, end: socket.socket, callback: Callable[[], None]) -> None:
        """Wake the driver when there is something to read."""
        self._selector.register(end, EVENT_READ, callback)

    def watch_room(self, end: socket.socket, *, is_wanted: bool) -> None:
        """Wake the driver also when there is room again, as long as data waits for that."""
        key = self._selector.get_map().get(end)
        events = EVENT_READ | EVENT_WRITE if is_wanted else EVENT_READ
        if key is not None and key.events != events:
            self._selector.modify(end, events, key.data)

    def remove(self, end: socket.socket) -> None:
        """Stop waking the driver for this socket."""
        if end.fileno() >= 0 and end in self._selector.get_map():
            self._selector.unregister(end)

    def ring(self) -> None:
        """Wake the driver as soon as it waits; does nothing once this is closed. Any thread may call it."""
        if not self._is_ringing:
            with self._guard:
                if not self._is_closed:
                    self._is_ringing = True
                    os.eventfd_write(self._bell, 1)

    def close(self) -> None:
        """Stop ringing."""
        self._selector.unregister(self._bell)
        with self._guard:
            self._is_closed = True
            os.close(self._bell)
