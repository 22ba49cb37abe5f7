"""Files that orders name: none stays on the host longer than an attempt needs it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from sequent.runtime.host_agent.received_files import ReceivedFiles
from sequent.runtime.hosts.protocol.messages import (
    FilePiece,
    FileWhole,
    StartAttempt,
    WithdrawAttempt,
    WithdrawnThere,
)
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import Spooled
from tests.runtime.hosts.speaking import Speaker, order

VALUES = b"[\n1\n]\n"


def received(tmp_path):
    return sorted(file.name for file in (tmp_path / "received").iterdir())


def receive(files, *numbers):
    for number in numbers:
        files.add(number, VALUES)
        files.finish(number, hashlib.sha256(VALUES).digest())


def naming(number, name="a"):
    return order(name, inputs=(Spooled(str(number).encode()),))


@pytest.fixture
def files(tmp_path):
    made = ReceivedFiles(str(tmp_path / "received"))
    made.begin()
    return made


def test_a_file_goes_with_its_attempt_and_no_earlier(files, tmp_path):
    receive(files, 1, 2)
    first, second = files.resolved(naming(1)), files.resolved(naming(2, "b"))
    files.begin()
    assert len(received(tmp_path)) == 2
    files.remove(first)
    (given,) = second.inputs
    assert Path(os.fsdecode(given.path)).read_bytes() == VALUES
    files.remove(second)
    assert received(tmp_path) == []


def test_files_whose_order_was_lost_with_the_connection_go_as_the_driver_comes_back(files, tmp_path):
    receive(files, 1)
    files.add(2, VALUES)
    files.begin()
    assert received(tmp_path) == []


def test_an_order_that_names_a_file_of_an_earlier_connection_or_another_orders_is_refused(files):
    receive(files, 1, 2)
    files.resolved(naming(2))
    with pytest.raises(BadMessageError, match="has not come"):
        files.resolved(naming(2, "b"))
    files.begin()
    with pytest.raises(BadMessageError, match="has not come"):
        files.resolved(naming(1))


def test_the_file_of_an_order_that_waits_for_an_earlier_attempt_goes_as_that_is_withdrawn(host):
    speaker = Speaker.attached(host)
    speaker.start("a", "sleepy")
    speaker.session.end.close()
    again = Speaker.attached(host, contact=2, wanted=("a",))
    again.say(FilePiece(1, VALUES), FileWhole(1, hashlib.sha256(VALUES).digest()))
    again.say(StartAttempt(order("b", "sleepy", inputs=(Spooled(b"1"),))))
    again.say(WithdrawAttempt("b"))
    assert again.wait(lambda message: isinstance(message, WithdrawnThere)) == WithdrawnThere("b")
    assert list((host.place / "received").iterdir()) == []
