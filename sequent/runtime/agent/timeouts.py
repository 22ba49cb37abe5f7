"""The time limits of attempts: the agent keeps the time, by the reports of each worker."""

from __future__ import annotations

import math
import mmap
import os
import socket
import struct
import time

from sequent.runtime.messages.packets import WORD, pair

TIMED_OUT, HARMED = "timed out", "harmed"
"""Why an agent has ended a worker: its attempt took too long, or a step has changed its descriptors."""
RECORD = struct.Struct(f"={WORD}sd")
"""The worker's word, and the limit of its attempt by the monotonic clock; 0: there is no limit any more."""
_MOST_RECORDS = 64
"""Records that are read at once from a worker that sends more than it could need to."""


def new_word() -> bytes:
    """Return a secret word that tells a process's messages from all others on the same descriptor."""
    return os.urandom(WORD // 2).hex().encode()


class WorkerLimit:
    """The time limit of one worker's attempt; ``worker.timeout_report`` is the other side.

    The agent keeps the worker's end too, so the worker's death does not close it. So if the end is closed, a step has
    shut it down.
    """

    def __init__(self, heard: socket.socket, said: socket.socket, word: bytes) -> None:
        self.heard = heard
        """The end that the agent reads."""
        self.said = said
        """The end that the worker writes to."""
        self.word = word
        """The beginning of each message of the worker; messages of a step do not have it."""
        self.until = 0.0
        self.is_harmed = False
        """Whether a message was not the worker's; after that, none is believed."""
        self.ordered = mmap.mmap(-1, 1)
        """Memory shared with the worker, which no step reaches by a descriptor or signal: whether to end."""

    @classmethod
    def make(cls, word: bytes) -> WorkerLimit:
        """Make the limit of a worker that is about to be started.

        Raises:
            OSError: no descriptors are left.
        """
        heard, said = pair()
        heard.setblocking(False)
        return cls(heard, said, word)

    def hear(self) -> None:
        """Read the worker's messages."""
        for _ in range(_MOST_RECORDS):
            try:
                packet = self.heard.recv(2 * RECORD.size)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            word, until = RECORD.unpack(packet) if len(packet) == RECORD.size else (b"", 0.0)
            if word != self.word or not 0 <= until < math.inf:
                self.is_harmed = True
                return
            self.until = until

    def is_exceeded(self, now: float) -> bool:
        """Return whether the attempt has taken too long by that time; True only once."""
        if not 0 < self.until <= now:
            return False
        # Read only now: an attempt that ended before this moment has reported that.
        self.hear()
        if not 0 < self.until <= now:
            return False
        self.until = 0.0
        return True

    def order_end(self) -> None:
        """Tell the worker: an attempt that ends from now on was ended, even if its step ignores the signal."""
        self.ordered[0] = 1

    def close(self) -> None:
        """Close the link of a worker that has ended."""
        self.ordered.close()
        self.heard.close()
        self.said.close()


def exceeded(limits: dict[int, WorkerLimit]) -> list[int]:
    """Return the workers, by pid, whose attempts have taken too long."""
    now = time.monotonic()
    return [pid for pid, limit in limits.items() if limit.is_exceeded(now)]


def soonest(limits: dict[int, WorkerLimit]) -> float | None:
    """Return the next moment, by the monotonic clock, at which a limit is exceeded; None if there is no limit."""
    return min((limit.until for limit in limits.values() if limit.until), default=None)
