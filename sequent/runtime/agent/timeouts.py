"""How long attempts may take: the agent keeps the time, by what each worker tells it."""

from __future__ import annotations

import math
import mmap
import os
import socket
import struct
import time

from sequent.runtime.messages.packets import WORD, pair

TIMED_OUT, HARMED = "timed out", "harmed"
"""Why an agent has ended a worker: its attempt took too long, or a step has got at its descriptors."""
RECORD = struct.Struct(f"={WORD}sd")
"""The worker's word, and until when by the monotonic clock its attempt may go on; 0: it is not limited any more."""
_MOST_RECORDS = 64
"""How many are read at once of a worker that says more than it could have to."""


def new_word() -> bytes:
    """Something by which what one process writes is told from what anybody else writes to the same descriptor."""
    return os.urandom(WORD // 2).hex().encode()


class WorkerLimit:
    """Until when the attempt of one worker may go on; ``worker.timeout_report`` is the other side.

    The agent keeps the worker's end too, so that it hears nothing of its death there. So where nothing comes any
    more, a step has shut the worker's end down.
    """

    def __init__(self, heard: socket.socket, said: socket.socket, word: bytes) -> None:
        self.heard = heard
        """Where the agent hears."""
        self.said = said
        """Where the worker says."""
        self.word = word
        """What the worker says begins with that; what a step writes there does not."""
        self.until = 0.0
        self.is_harmed = False
        """Whether something came that no worker says: then it is believed nothing more."""
        self.ordered = mmap.mmap(-1, 1)
        """Memory that both have, whatever a step does to descriptors and signals: whether the worker is to end."""

    @classmethod
    def make(cls, word: bytes) -> WorkerLimit:
        """Of a worker that is about to be started.

        Raises:
            OSError: there are no descriptors left.
        """
        heard, said = pair()
        heard.setblocking(False)
        return cls(heard, said, word)

    def hear(self) -> None:
        """Take in what the worker has said."""
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
        """Whether the attempt has taken too long by that time; told once."""
        if not 0 < self.until <= now:
            return False
        # Only now, so that whoever ended before this moment has said so.
        self.hear()
        if not 0 < self.until <= now:
            return False
        self.until = 0.0
        return True

    def order_end(self) -> None:
        """Let the worker know: what ends from now on was ended, though a step may ignore the signal that follows."""
        self.ordered[0] = 1

    def close(self) -> None:
        """The worker has ended."""
        self.ordered.close()
        self.heard.close()
        self.said.close()


def exceeded(limits: dict[int, WorkerLimit]) -> list[int]:
    """The workers, by pid, whose attempts have taken too long."""
    now = time.monotonic()
    return [pid for pid, limit in limits.items() if limit.is_exceeded(now)]


def soonest(limits: dict[int, WorkerLimit]) -> float | None:
    """The next moment, by the monotonic clock, at which one is exceeded; None where there is no limit."""
    return min((limit.until for limit in limits.values() if limit.until), default=None)
