"""Claims of runs by leases: a process drives a run as long as it renews its lease, by the clock of the server.

Safety does not rest on a lease: each transaction of a driver has its guard. A lease keeps other processes from taking
a run that is driven. Beside it, the lock of a run's directory shows at once if its driver has died on this machine.

The connection that renews leases also listens for other machines that wake a driver.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from selectors import EVENT_READ, BaseSelector

from sequent.runtime.processes.run_locks import RunLock
from sequent.runtime.processes.wake_socket import WakeSocket
from sequent.runtime.store.postgresql.hearing import Hearing
from sequent.runtime.store.sql.database import OpenDatabase
from sequent.runtime.store.sql.session import Session

LASTS = 30.0
"""Seconds that a lease lasts."""
RENEWED = 10.0
"""Seconds after which it is renewed."""
DOUBTED = 20.0
"""Seconds without a renewal after which its holder asks before it starts anything."""
_AGAIN = 1.0
"""Seconds until the next try if the server did not answer."""


class LeaseClaim:
    """A run that this process drives, until it releases it, ends, or cannot reach the server for too long."""

    def __init__(
        self, session: Session, run: int, token: str, lock: RunLock, asked_at: float, hearing: Hearing, directory: str
    ) -> None:
        """Take a lease that was asked for at that time of the monotonic clock, and the lock of the run's directory."""
        self._session = session
        self._run = run
        self._token = token
        self._lock = lock
        self._renewed_at = asked_at
        self._is_lost = False
        self._hearing = hearing
        self._directory = directory
        self._wakes: WakeSocket | None = None
        self._has_ended = False
        self._thread: threading.Thread | None = None
        self._ended = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def begin(self, committed: int) -> None:
        self._hearing.add(self._run, self._woken)
        self._thread = threading.Thread(target=self._keep, name=f"lease of run {self._run}", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """Do nothing: the server keeps all commits."""

    def free_space(self) -> None:
        """Do nothing: the room of the server is not ours."""

    def watch(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        def wake() -> None:
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(self._woken)
            on_wake()

        selector.register(self._woken, EVENT_READ, wake)
        self._wakes = WakeSocket(self._directory)
        self._wakes.watch(selector, on_wake)

    def is_held(self, session: OpenDatabase) -> bool:
        if not self._is_lost and time.monotonic() - self._renewed_at > DOUBTED:
            database = self._session.database
            try:
                self._renew(session)
            except database.errors as error:
                raise database.error(error) from error
        return not self._is_lost

    def _keep(self) -> None:
        """Renew the lease until it is released or lost; listen meanwhile."""
        wait = RENEWED
        while not (self._hearing.listen(self._ended, wait) or self._has_ended):
            try:
                self._renew(None)
            except self._session.database.errors:
                wait = _AGAIN
            else:
                wait = RENEWED
            if self._is_lost:
                os.eventfd_write(self._woken, 1)
                return

    def _renew(self, session: OpenDatabase | None) -> None:
        asked_at = time.monotonic()
        values = (LASTS, self._run, self._token)
        if session is None:
            matches = self._session.execute_between("renew_lease", *values)
        else:
            matches = session.write("renew_lease", [values])
        if matches:
            self._renewed_at = asked_at
        elif not self._has_ended:
            self._is_lost = True

    def release(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        os.eventfd_write(self._ended, 1)
        if self._thread is not None:
            self._thread.join()
        self._hearing.remove(self._run)
        if self._wakes is not None:
            self._wakes.close()
        # Otherwise it ends by itself.
        with contextlib.suppress(*self._session.database.errors):
            self._session.execute_between("drop_lease", self._run, self._token)
        os.close(self._ended)
        os.close(self._woken)
        self._lock.release()
