"""A host whose agent is a thread of the test's, which answers each order as a test says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.msgpack import Decoder

from sequent.errors import HostError, HostStage
from sequent.runtime.hosts.protocol.frames import Inlet, frames_of
from sequent.runtime.hosts.protocol.greeting import greeting, read_knock
from sequent.runtime.hosts.protocol.messages import Attach, Attached, EndedThere, LoadedThere, StartAttempt, ToHost
from sequent.runtime.orders import AttemptEnded, AttemptOrder, HostUnreachable, Message
from tests.runtime.driving import Driving
from tests.runtime.hosts.sessions import remote, run_on

Answer = Callable[[AttemptOrder], Iterable[Message | bytes]]
ATTACHED = Attached(directory="ab" * 8, node="far", boot="b", python="3.11.2", sequent="0.1.0", processors=2, now=0.0)


class HostileSession:
    """A session whose other end is a thread of the test's."""

    door = ""

    def __init__(self, answer: Answer, attached: Attached) -> None:
        self.end, self._theirs = socket.socketpair()
        self._answer = answer
        self._attached = attached
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def trouble(self, said: bytes = b"") -> HostError:
        return HostError("the session has ended", host="far", stage=HostStage.COMMAND)

    def close(self) -> None:
        # The thread may wait for room.
        with suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)
        self.end.close()
        self._thread.join()

    def hang_up(self) -> None:
        """End it from the other side."""
        self._theirs.shutdown(socket.SHUT_RDWR)

    def _talk(self) -> None:
        inlet = Inlet(Decoder(ToHost))
        with self._theirs, suppress(OSError):
            data = b""
            while (found := read_knock(data)) is None:
                more = self._theirs.recv(1024)
                if not more:
                    # The driver has ended before it spoke.
                    return
                data += more
            self._theirs.sendall(greeting())
            data = found[1]
            while True:
                for message in inlet.feed(data):
                    self._say(message)
                data = self._theirs.recv(65_536)
                if not data:
                    return

    def _say(self, message: ToHost) -> None:
        answers: Iterable[Message | bytes] = ()
        if isinstance(message, Attach):
            answers = (self._attached, LoadedThere())
        elif isinstance(message, StartAttempt):
            answers = self._answer(message.order)
        for answer in answers:
            for part in frames_of(answer) if isinstance(answer, Message) else (answer,):
                self._theirs.sendall(part)


class HostileHost:
    """A host that answers each order as a test says."""

    def __init__(self, answer: Answer, attached: Attached = ATTACHED) -> None:
        self._answer = answer
        self._attached = attached
        self.sessions: list[HostileSession] = []

    def connect(self, key: str = "", door: str = "") -> HostileSession:
        self.sessions.append(HostileSession(self._answer, self._attached))
        return self.sessions[-1]


@contextmanager
def hostile(directory: Path, answer: Answer) -> Generator[Driving]:
    """Drive such a host."""
    with remote(run_on(HostileHost(answer), directory), directory) as driving:
        yield driving


def ended(order: AttemptOrder, **more: object) -> EndedThere:
    return EndedThere(order.token, AttemptEnded(order.frame, order.node, order.attempt, **more))


def refusal_of(driving: Driving) -> HostUnreachable:
    return driving.wait(lambda report: isinstance(report, HostUnreachable))
