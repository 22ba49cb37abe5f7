"""A driver that says what it likes to an agent, frame by frame."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec.msgpack import Decoder

from sequent.model.run_target import Target
from sequent.runtime.hosts.protocol.frames import Inlet, frames_of
from sequent.runtime.hosts.protocol.greeting import find_greeting, knock
from sequent.runtime.hosts.protocol.messages import Attach, Attached, FromHost, HostSetup, StartAttempt
from sequent.runtime.orders import AttemptOrder, Message, WorkerSetup
from tests.patience import PATIENCE
from tests.runtime.hosts.sessions import KEY, STEPS, StandIn


def attach(
    epoch: int = 1,
    contact: int = 1,
    *,
    target: Target | None = None,
    sources: tuple[tuple[str, str], ...] = (),
    version: int = 1,
    **more: object,
) -> Attach:
    target = target or Target(flow="flow", module=STEPS, attribute="flow")
    workers = WorkerSetup(run_id="r", directory="", target=target, host="far", sources=sources)
    setup = HostSetup(workers=workers, host="far", most_workers=1)
    return Attach(version=version, key=KEY, epoch=epoch, contact=contact, setup=setup, **more)


def order(token: str, path: str = "hello", frame: int = 1, **more: object) -> AttemptOrder:
    return AttemptOrder(frame=frame, node=1, attempt=1, token=token, path=path, sequence="1", recovery=0, **more)


class Speaker:
    """One session with an agent."""

    def __init__(self, host: StandIn) -> None:
        self.session = host.connect()
        self.end = self.session.end
        self.end.settimeout(PATIENCE)
        self._inlet = Inlet(Decoder(FromHost))
        self.heard: list[Message] = []
        self.end.sendall(knock(KEY))
        data = b""
        while (found := find_greeting(data)) is None:
            data += self.end.recv(65_536)
        self.greeting = found

    @classmethod
    def attached(cls, host: StandIn, epoch: int = 1, contact: int = 1, **more: object) -> Speaker:
        made = cls(host)
        made.say(attach(epoch, contact, **more))
        made.wait(lambda message: isinstance(message, Attached))
        return made

    def say(self, *messages: Message) -> None:
        for message in messages:
            for part in frames_of(message):
                self.end.sendall(part)

    def start(self, token: str, path: str = "hello", **more: object) -> None:
        self.say(StartAttempt(order(token, path, **more)))

    def wait(self, wanted: Callable[[Message], bool]) -> Message:
        """Wait for a message, and take it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for message in self.heard:
                if wanted(message):
                    self.heard.remove(message)
                    return message
            data = self.end.recv(65_536)
            assert data, f"the agent has ended the session; it said {self.heard}"
            assert time.monotonic() < deadline, self.heard
            self.heard += self._inlet.feed(data)

    def ended(self) -> bool:
        """Read until the agent ends the session."""
        try:
            while data := self.end.recv(65_536):
                self.heard += self._inlet.feed(data)
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True
