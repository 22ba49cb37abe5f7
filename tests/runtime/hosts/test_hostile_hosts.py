"""A host that says what it likes harms its own attempts at most: not the driver, and not its disk."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.msgpack import Decoder

from sequent.errors import HostError, HostStage
from sequent.model.outcome import LogSpan, Problem
from sequent.runtime.executors.remote import host_contact, outcome_reports
from sequent.runtime.hosts.protocol.frames import Inlet, frames_of
from sequent.runtime.hosts.protocol.greeting import greeting, read_knock
from sequent.runtime.hosts.protocol.messages import (
    Attach,
    Attached,
    EndedThere,
    LoadedThere,
    LogBegun,
    LogPiece,
    LostThere,
    Pong,
    StartAttempt,
    ToHost,
)
from sequent.runtime.orders import AttemptEnded, AttemptOrder, HostUnreachable, Message
from tests.runtime.driving import Driving
from tests.runtime.hosts.sessions import remote, run_on

Answer = Callable[[AttemptOrder], Iterable[Message | bytes]]
ATTACHED = Attached(directory="ab" * 8, node="far", boot="b", python="3.11.2", sequent="0.1.0", processors=2, now=0.0)


class HostileSession:
    """A session whose other end is a thread of the test's."""

    door = ""

    def __init__(self, answer: Answer) -> None:
        self.end, self._theirs = socket.socketpair()
        self._answer = answer
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

    def _talk(self) -> None:
        inlet = Inlet(Decoder(ToHost))
        with self._theirs, suppress(OSError):
            data = b""
            while (found := read_knock(data)) is None:
                data += self._theirs.recv(1024)
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
            answers = (ATTACHED, LoadedThere())
        elif isinstance(message, StartAttempt):
            answers = self._answer(message.order)
        for answer in answers:
            for part in frames_of(answer) if isinstance(answer, Message) else (answer,):
                self._theirs.sendall(part)


class HostileHost:
    """A host that answers each order as a test says."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connect(self, door: str = "") -> HostileSession:
        return HostileSession(self._answer)


@contextmanager
def hostile(directory: Path, answer: Answer) -> Generator[Driving]:
    """Drive such a host."""
    with remote(run_on(HostileHost(answer), directory), directory) as driving:
        yield driving


def ended(order: AttemptOrder, **more: object) -> EndedThere:
    return EndedThere(order.token, AttemptEnded(order.frame, order.node, order.attempt, **more))


def refusal_of(driving: Driving) -> HostUnreachable:
    return driving.wait(lambda report: isinstance(report, HostUnreachable))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_an_attempt_has_one_log(tmp_path):
    with hostile(tmp_path, lambda order: [LogBegun(f"w{n}.log", 0, order.token) for n in range(1000)]) as driving:
        driving.start("hello")
        assert "an attempt has two logs" in refusal_of(driving).reason
        assert len(list((tmp_path / "logs").iterdir())) == 1


def test_no_more_logs_without_an_end_are_kept_than_there_can_be_workers(tmp_path):
    with hostile(tmp_path, lambda _: [LogPiece(f"w{n}.log", 0, b"x") for n in range(1000)]) as driving:
        driving.start("hello")
        assert "another part of a log" in refusal_of(driving).reason
        assert len(list((tmp_path / "logs").iterdir())) == 64


@pytest.mark.parametrize("is_lost", [False, True])
def test_logs_that_have_ended_take_no_descriptor_and_make_room_for_others(tmp_path, is_lost):
    def answer(order: AttemptOrder) -> list[Message]:
        segment = f"w{order.frame}.log"
        span = LogSpan(segment=segment, offset=0, length=1)
        end = LostThere(order.token, "it is gone") if is_lost else ended(order, log=span)
        return [LogBegun(segment, 0, order.token), LogPiece(segment, 0, b"x"), end]

    with hostile(tmp_path, answer) as driving:
        driving.outcome_of(driving.start("hello"))
        before = descriptors()
        for _ in range(100):
            driving.outcome_of(driving.start("hello"))
        assert descriptors() == before


@pytest.mark.parametrize(
    "more",
    [
        {"result": '"' + "x" * 200_000 + '"'},
        {"problem": Problem(type="E", message="x" * 2_000_000)},
        {"problem": Problem(type="E", message="", types=("x" * 1000,) * 2000)},
    ],
)
def test_an_outcome_is_no_larger_than_a_worker_makes_it(tmp_path, monkeypatch, more):
    monkeypatch.setattr(outcome_reports, "LARGEST_RESULT", 100_000)
    with hostile(tmp_path, lambda order: [ended(order, **more)]) as driving:
        driving.start("hello")
        assert "it reports more than a worker does" in refusal_of(driving).reason


def test_who_says_nonsense_again_and_again_is_asked_less_and_less(tmp_path, monkeypatch):
    monkeypatch.setattr(host_contact, "FIRST_WAIT", 0.01)
    with hostile(tmp_path, lambda order: [ended(order, result="no value")]) as driving:
        driving.start("hello")
        assert [refusal_of(driving).next_try for _ in range(4)] == [0.01, 0.02, 0.04, 0.08]


def test_a_host_that_never_stops_sending_leaves_time_for_others(tmp_path):
    pongs = b"".join(frames_of(Pong(7))) * 100_000

    def answer(_: AttemptOrder) -> Generator[bytes]:
        while True:
            yield pongs

    with hostile(tmp_path, answer) as driving:
        driving.start("hello")
        for _ in range(5):
            # Each turn comes back, though the host has always sent more.
            driving.selector.select()
            for key, _ in driving.selector.select(0):
                key.data()
