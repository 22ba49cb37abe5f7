"""Connects to a host in the background, and finds out there why a connection has ended."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable

from sequent.errors import HostError, HostStage
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.hosts.transports.transport import Connection


class BackgroundConnections:
    """Makes one connection after the other; each takes a while, as does the reason for its end.

    Args:
        run: the run on that host.
        wakeups: wakes the driver once there is a connection or an error.
    """

    def __init__(self, run: RemoteRun, wakeups: Wakeups) -> None:
        self._run = run
        self._wakeups = wakeups
        self._made: queue.SimpleQueue[Connection | HostError] = queue.SimpleQueue()
        self.is_busy = False
        """Whether a connection or an error is still to be taken."""
        self._is_closed = False

    def begin(self, key: str, door: str) -> None:
        """Connect to the agent with this key, by this address only; '' for any."""
        self._begin(lambda: self._run.connect(key, door))

    def explain(self, ended: Connection, said: bytes) -> None:
        """Find out why a connection has ended, and close it; ``said`` came before the first message."""

        def ask() -> HostError:
            try:
                return ended.trouble(said)
            finally:
                ended.close()

        self._begin(ask)

    def take(self) -> Connection | HostError | None:
        """Return the connection that was made, or the error; None if there is none yet."""
        with contextlib.suppress(queue.Empty):
            made = self._made.get_nowait()
            self.is_busy = False
            return made
        return None

    def close(self) -> None:
        """Close the connection that is still to come."""
        self._is_closed = True
        self._drop()

    def _begin(self, act: Callable[[], Connection | HostError]) -> None:
        self.is_busy = True
        self._run.in_background(lambda: self._put(act), f"sequent to {self._run.host}")

    def _put(self, act: Callable[[], Connection | HostError]) -> None:
        try:
            made = act()
        except HostError as error:
            made = error
        except Exception as error:  # noqa: BLE001 - the driver must hear of any error of a library
            made = HostError(f"{type(error).__name__}: {error}", host=self._run.host, stage=HostStage.CONNECTION)
        self._made.put(made)
        self._wakeups.ring()
        if self._is_closed:
            self._drop()

    def _drop(self) -> None:
        made = self.take()
        if made is not None and not isinstance(made, HostError):
            made.close()
