"""Hears of other machines that wake drivers of this process: by LISTEN, which may be deaf without a sign."""

from __future__ import annotations

import contextlib
import os
import time
from select import POLLIN, poll

import psycopg

from sequent.runtime.store.postgresql.connection import PostgresqlConnection


class Hearing:
    """The drivers of this process that may be woken through one connection.

    Each notification has the number of a run. A pooler in transaction mode drops them, and so does the moment in which
    a lost connection is opened again.
    """

    def __init__(self, connection: PostgresqlConnection, channel: str) -> None:
        self._connection = connection
        self._channel = channel
        self._drivers: dict[str, int] = {}
        """By the number of a run, the descriptor of an event that wakes its driver."""

    def add(self, run: int, event: int) -> None:
        """Let notifications with that number set off an event."""
        self._drivers[str(run)] = event
        with contextlib.suppress(psycopg.Error):
            # The thread of a lease does so again as soon as the server answers.
            self._connection.listen(self._channel, self._hear)

    def remove(self, run: int) -> None:
        """Let an event rest before its descriptor is closed."""
        self._drivers.pop(str(run), None)

    def _hear(self, run: str) -> None:
        event = self._drivers.get(run)
        if event is not None:
            with contextlib.suppress(OSError):
                os.eventfd_write(event, 1)

    def listen(self, end: int, seconds: float) -> bool:
        """Pass notifications on for that time; return earlier, with True, once the descriptor ``end`` can be read."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            watched = poll()
            watched.register(end, POLLIN)
            server = self._connection.listening_at()
            if server is not None:
                watched.register(server, POLLIN)
            ready = [descriptor for descriptor, _ in watched.poll(left * 1000)]
            if end in ready:
                return True
            if ready and not self._connection.take_notices():
                return False
        return False
