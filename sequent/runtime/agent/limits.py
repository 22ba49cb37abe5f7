"""How long attempts may take: the agent keeps the time, by what their workers tell it."""

from __future__ import annotations

import struct
import time

from sequent.runtime.packets import pair

RECORD = struct.Struct("=qd")
"""A worker's pid, and until when by the monotonic clock its attempt may go on; 0: it is not limited any more."""


class Limits:
    """Until when the attempt of each worker may go on; ``worker.limit`` is the other side."""

    def __init__(self) -> None:
        self.heard, self.said = pair()
        """Where the agent hears, and where its workers say."""
        self.heard.setblocking(False)
        self._until: dict[int, float] = {}

    def hear(self) -> None:
        """Take in what workers have said."""
        while True:
            try:
                packet = self.heard.recv(2 * RECORD.size)
            except BlockingIOError:
                return
            if len(packet) != RECORD.size:
                # A step has written to a descriptor that is not its own.
                continue
            pid, until = RECORD.unpack(packet)
            if until:
                self._until[pid] = until
            else:
                self._until.pop(pid, None)

    def forget(self, pid: int) -> None:
        """That worker has ended, and says no more."""
        self.hear()
        self._until.pop(pid, None)

    def take_exceeded(self) -> list[int]:
        """The workers whose attempts have taken too long; each is told once."""
        if not self._until:
            return []
        now = time.monotonic()
        # Only now, so that whoever ended before this moment has said so.
        self.hear()
        exceeded = [pid for pid, until in self._until.items() if until <= now]
        for pid in exceeded:
            del self._until[pid]
        return exceeded

    def soonest(self) -> float | None:
        """The next moment, by the monotonic clock, at which one is exceeded; None where there is no limit."""
        return min(self._until.values(), default=None)
