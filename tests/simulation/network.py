"""Streams between drivers and agents: bytes take time, wait, come doubled or late, or are lost."""

from __future__ import annotations

import os
import struct
from collections import deque
from collections.abc import Callable

from msgspec import msgpack

from sequent.errors import HostError, HostStage
from sequent.runtime.hosts.protocol.frames import HEAD
from tests.simulation.faults import Fault
from tests.simulation.world import Process, SimulatedSelector, World

_DOUBLED = {
    "StartAttempt",
    "ForgetOutcomes",
    "WithdrawAttempt",
    "EndedThere",
    "EndedWithStory",
    "LostThere",
    "BegunThere",
    "Pong",
}
"""The messages that may come twice; what opens a session comes once, or the session ends."""


class Endpoint:
    """One end of a stream; has what the production code uses of a socket.

    Args:
        world: the world.
        process: the process that has it.
    """

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process
        self.peer: Endpoint | None = None
        self.selector: SimulatedSelector | None = None
        self.has_ended = False
        """Whether no more bytes arrive."""
        self.is_closed = False
        self._inbox = bytearray()
        self._timeout: float | None = 0.0
        self._way: Way | None = None

    def join(self, peer: Endpoint, way: Way) -> None:
        """Join it to another end; ``way`` carries the bytes from here to there."""
        self.peer, self._way = peer, way

    def is_ready(self) -> bool:
        return bool(self._inbox) or self.has_ended

    def arrive(self, data: bytes) -> None:
        """Take bytes; no bytes are the end."""
        if self.is_closed:
            return
        self._inbox += data
        self.has_ended |= not data
        if self.selector is not None:
            self.selector.poke()
        else:
            self.process.wake()

    def send(self, data: bytes) -> int:
        self.process.step("send")
        if self.is_closed or self.has_ended or self._way is None:
            raise BrokenPipeError
        self._way.carry(bytes(data))
        return len(data)

    def recv(self, size: int) -> bytes:
        until = None if self._timeout is None else self.world.now + self._timeout
        while not self._inbox and not self.has_ended and not self.is_closed and self._timeout:
            if until is not None and self.world.now >= until:
                raise TimeoutError
            self.process.wake(0.0 if until is None else until - self.world.now)
            self.process.leave()
        if self.is_closed:
            raise OSError
        if not self._inbox and not self.has_ended:
            raise BlockingIOError
        data = bytes(self._inbox[:size])
        del self._inbox[:size]
        return data

    def setblocking(self, flag: bool) -> None:
        self._timeout = None if flag else 0.0

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def getsockopt(self, *_: object) -> bytes:
        return struct.pack("iII", os.getpid(), os.getuid(), os.getgid())

    def fileno(self) -> int:
        return -1 if self.is_closed else 0

    def close(self) -> None:
        """Close it, unless its process was killed: what that would have done at its end does not happen."""
        if self.process.is_alive:
            self.shut()

    def shut(self) -> None:
        """Close it as a kernel does: the other end reads as ended once all bytes before have arrived."""
        if not self.is_closed:
            self.is_closed = True
            if self._way is not None:
                self._way.end()

    def vanish(self) -> None:
        """Close it as a power cut does: what is under way is lost, and the other end hears nothing more."""
        self.is_closed = True
        if self._way is not None:
            self._way.drop()


class SimulatedPipes:
    """The pipes of a session, whose process is never killed alone.

    Args:
        end: the agent's end of the stream.
    """

    writing = -1

    def __init__(self, end: Endpoint) -> None:
        self._end = end
        self.control = Endpoint(end.world, end.process)
        self.is_ready = end.is_ready
        self.setblocking = end.setblocking
        self.recv = end.recv
        self.send = end.send
        self.close = end.close

    @property
    def selector(self) -> SimulatedSelector | None:
        return self._end.selector

    @selector.setter
    def selector(self, selector: SimulatedSelector | None) -> None:
        self._end.selector = selector


class Way:
    """Carries bytes in one direction, in order.

    Args:
        world: the world.
        is_open: returns whether bytes pass now.
        target: the end at which they arrive.
    """

    def __init__(self, world: World, is_open: Callable[[], bool], target: Endpoint) -> None:
        self._world = world
        self._is_open = is_open
        self._target = target
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._last = 0.0
        self._is_pumping = False
        self._has_ended = False

    def carry(self, data: bytes) -> None:
        """Carry bytes."""
        if self._has_ended:
            return
        world = self._world
        if world.strikes(Fault.CONNECTION_CUT):
            self._cut(data)
            return
        seconds = world.random.uniform(1, 60) if world.strikes(Fault.SLOW_WAY) else world.random.uniform(0.001, 0.05)
        self._add(seconds, self._doubled(data))

    def _add(self, seconds: float, data: bytes) -> None:
        self._last = max(self._last, self._world.now + seconds)
        self._chunks.append((self._last, data))
        self._pump()

    def _cut(self, data: bytes) -> None:
        """Cut the connection: this end notices soon; the other one at some time, and some bytes still arrive or not."""
        world, target = self._world, self._target
        world.tell("network", "a connection is cut")
        sender = target.peer
        assert sender is not None
        if world.strikes(Fault.LATE_BYTES):
            part = data[: world.random.randrange(len(data) + 1)] if world.random.random() < 0.3 else data
            self._add(world.random.uniform(1, 60), part)
        else:
            kept = world.random.randrange(len(self._chunks) + 1)
            while len(self._chunks) > kept:
                self._chunks.pop()
        self.end()
        world.after(world.random.uniform(0.0, 1.0), lambda: sender.arrive(b""))

    def end(self) -> None:
        """Carry nothing more."""
        if not self._has_ended:
            self._add(self._world.random.uniform(0.001, 0.05), b"")
            self._has_ended = True

    def drop(self) -> None:
        """Lose all that is under way."""
        self._chunks.clear()
        self._has_ended = True

    def _doubled(self, data: bytes) -> bytes:
        """Return the bytes, with some messages twice, if the bytes are whole messages."""
        at, parts = 0, []
        while at < len(data):
            if len(data) - at < HEAD.size:
                return data
            (length,) = HEAD.unpack_from(data, at)
            end = at + HEAD.size + length
            if end > len(data):
                return data
            frame = data[at:end]
            parts.append(frame)
            if self._kind(frame[HEAD.size :]) in _DOUBLED and self._world.strikes(Fault.DUPLICATE):
                parts.append(frame)
            at = end
        return b"".join(parts)

    @staticmethod
    def _kind(data: bytes) -> str:
        found = msgpack.decode(data)
        return str(found[0]) if isinstance(found, list) and found else ""

    def _pump(self) -> None:
        if not self._is_pumping and self._chunks:
            self._is_pumping = True
            self._world.after(self._chunks[0][0] - self._world.now, self._deliver)

    def _deliver(self) -> None:
        self._is_pumping = False
        if not self._chunks:
            return
        if not self._is_open():
            # It is sent again and again until it passes.
            self._is_pumping = True
            self._world.after(1.0, self._deliver)
            return
        _, data = self._chunks.popleft()
        self._target.arrive(data)
        self._pump()


class SimulatedConnection:
    """A session with an agent, as a transport makes it."""

    def __init__(self, host: str, end: Endpoint) -> None:
        self._host = host
        self.end = end
        self.door = host

    def trouble(self, said: bytes = b"") -> HostError:
        return HostError("the session has ended", host=self._host, stage=HostStage.CONNECTION)

    def close(self) -> None:
        self.end.close()


def joined(world: World, is_open: Callable[[], bool], one: Process, other: Process) -> tuple[Endpoint, Endpoint]:
    """Return the two ends of a stream between processes."""
    left, right = Endpoint(world, one), Endpoint(world, other)
    left.join(right, Way(world, is_open, right))
    right.join(left, Way(world, is_open, left))
    return left, right
