"""A way to a host that loses, delays, doubles or keeps what passes through it, frame by frame.

It is the command of a host: ``python -m tests.faults.lossy_way FILE SEED KIND COMMAND...``. It starts the command, and
passes on its input and output. The file gets a byte for each connection that it treats badly, of which there are a few.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from sequent.runtime.hosts.protocol.frames import HEAD
from sequent.runtime.hosts.protocol.greeting import find_greeting

MOST_BAD = 5
"""The connections of a file that are treated badly; later ones are left alone."""
KINDS = ("cut", "delayed", "doubled", "late")


def frames(source: int, first: Callable[[bytes], int]) -> Iterator[bytes]:
    """Yield the first bytes, whose number ``first`` tells once they have come, and then each frame."""
    data = b""
    length: int | None = None
    while more := os.read(source, 65_536):
        data += more
        if length is None:
            length = first(data)
            if not length:
                length = None
                continue
            yield data[:length]
            data = data[length:]
        while len(data) >= HEAD.size and len(data) >= (whole := HEAD.size + HEAD.unpack_from(data)[0]):
            yield data[:whole]
            data = data[whole:]


def after_knock(data: bytes) -> int:
    """Return the length of what a driver says first."""
    return data.find(b"\n") + 1


def after_greeting(data: bytes) -> int:
    """Return the length of what an agent says first."""
    found = find_greeting(data)
    return 0 if found is None else len(data) - len(found.rest)


def write(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]


class Way:
    """One connection."""

    def __init__(self, kind: str, chance: random.Random, command: list[str]) -> None:
        self._kind = kind
        self._chance = chance
        self._room = chance.randint(0, 12_000) if kind == "cut" else -1
        """The bytes after which it is cut."""
        self._held_from = chance.randint(1, 12) if kind == "late" else -1
        """The number of the first frame that is kept for later."""
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()

    def serve(self) -> None:
        threading.Thread(target=self._down, daemon=True).start()
        with contextlib.suppress(OSError):
            self._up()
        self._end()

    def _up(self) -> None:
        for number, frame in enumerate(frames(0, after_knock)):
            if number == self._held_from:
                self._deliver_late(frame)
                return
            self._pass(self._to, frame, is_first=not number)
        os.close(self._to)
        self._process.wait()

    def _down(self) -> None:
        with contextlib.suppress(OSError):
            for number, frame in enumerate(frames(self._from, after_greeting)):
                self._pass(1, frame, is_first=not number)
        self._end()

    def _pass(self, target: int, frame: bytes, *, is_first: bool) -> None:
        match self._kind:
            case "cut":
                write(target, frame[: self._room])
                self._room -= len(frame)
                if self._room <= 0:
                    self._end()
            case "delayed":
                time.sleep(self._chance.choice((0, 0, 0.02, 0.2)))
                write(target, frame)
            case "doubled" if not is_first:
                write(target, frame * self._chance.choice((1, 1, 1, 2)))
            case _:
                write(target, frame)

    def _deliver_late(self, frame: bytes) -> None:
        """Let the driver believe that all is lost; the rest of what it says arrives after a while."""
        held = frame
        os.set_blocking(0, False)
        with contextlib.suppress(BlockingIOError):
            held += os.read(0, 1024**2)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        time.sleep(self._chance.uniform(0, 3))
        write(self._to, held)
        time.sleep(self._chance.uniform(0, 1))

    def _end(self) -> None:
        self._process.kill()
        os._exit(0)


def main() -> None:
    """Be such a way, in a process that the driver does not know, and does not end."""
    file, seed, kind, *command = sys.argv[1:]
    if os.fork() != 0:
        os.wait()
        return
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    log = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    number = os.fstat(log).st_size
    if number < MOST_BAD:
        os.write(log, b".")
    Way(kind if number < MOST_BAD else "sound", random.Random(f"{seed} {number}"), command).serve()


if __name__ == "__main__":
    main()
