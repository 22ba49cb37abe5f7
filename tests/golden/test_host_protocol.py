"""Agents outlive upgrades of their drivers: each version understands what the first one said."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from msgspec.msgpack import Decoder

from sequent.runtime.hosts.protocol.frames import Inlet
from sequent.runtime.hosts.protocol.greeting import find_greeting
from sequent.runtime.hosts.protocol.messages import (
    AgentBroken,
    Attach,
    Attached,
    AttachRefused,
    BegunThere,
    EndedThere,
    FilePiece,
    FileWhole,
    ForgetOutcomes,
    FromHost,
    LoadedThere,
    LogBegun,
    LogPiece,
    LostThere,
    NoticeThere,
    Ping,
    Pong,
    StartAttempt,
    ToHost,
    WithdrawAttempt,
    WithdrawnThere,
)
from tests.patience import PATIENCE
from tests.runtime.hosts.sessions import StandIn

RECORDED = json.loads(Path(__file__).with_name("host_protocol_1.json").read_text())
DRIVER, AGENT = ([base64.b64decode(each) for each in RECORDED[side]] for side in ("driver", "agent"))


def test_each_message_of_a_driver_of_version_1_is_read():
    read = [type(message) for data in DRIVER for message in Inlet(Decoder(ToHost)).feed(data)]
    assert read == [Attach, StartAttempt, FilePiece, FileWhole, WithdrawAttempt, ForgetOutcomes, Ping]


def test_each_message_of_an_agent_of_version_1_is_read():
    read = [type(message) for data in AGENT for message in Inlet(Decoder(FromHost)).feed(data)]
    outcomes = [EndedThere, EndedThere, LostThere, WithdrawnThere]
    rest = [LogBegun, LogPiece, NoticeThere, LoadedThere, Pong, AgentBroken]
    assert read == [Attached, AttachRefused, BegunThere, *outcomes, *rest]


def test_the_greeting_of_version_1_is_understood():
    assert find_greeting(base64.b64decode(RECORDED["greeting"])).version() == 1


def test_an_agent_executes_what_a_driver_of_version_1_orders(tmp_path):
    host = StandIn(tmp_path / "far")
    try:
        session = host.connect()
        session.end.settimeout(PATIENCE)
        session.end.sendall(base64.b64decode(RECORDED["knock"]) + b"".join(DRIVER))
        data = b""
        while find_greeting(data) is None:
            data += session.end.recv(65_536)
        inlet = Inlet(Decoder(FromHost))
        heard = list(inlet.feed(find_greeting(data).rest))
        while not any(isinstance(message, EndedThere) for message in heard):
            heard += inlet.feed(session.end.recv(65_536))
        (ended,) = (message.ended for message in heard if isinstance(message, EndedThere))
        assert (ended.result, ended.problem) == ("42", None)
        assert any(isinstance(message, BegunThere) for message in heard)
        assert WithdrawnThere("t9") in heard
    finally:
        host.end()
