"""Agents outlive upgrades of their drivers: each version understands what earlier ones said."""

from __future__ import annotations

import base64
import json
import os
import struct
import zlib
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.msgpack import Decoder

from sequent.errors import StoreError
from sequent.runtime.host_agent import outcome_spool
from sequent.runtime.host_agent.outcome_spool import OutcomeSpool
from sequent.runtime.hosts.protocol.frames import Inlet, frames_of
from sequent.runtime.hosts.protocol.greeting import find_greeting
from sequent.runtime.hosts.protocol.messages import (
    AgentBroken,
    ArtifactPiece,
    ArtifactWhole,
    Attach,
    Attached,
    AttachRefused,
    BegunThere,
    EndedThere,
    EndedWithStory,
    FilePiece,
    FileWhole,
    ForgetOutcomes,
    FromHost,
    LoadedThere,
    LogBegun,
    LogPiece,
    LostThere,
    MessagePiece,
    MessageWhole,
    NoticeThere,
    Ping,
    Pong,
    StartAttempt,
    ToHost,
    WithdrawAttempt,
    WithdrawnThere,
)
from sequent.runtime.orders import HostUnreachable
from tests.patience import PATIENCE
from tests.runtime.hosts.sessions import KEY, StandIn, remote, run_on

RECORDED, SECOND = (json.loads(Path(__file__).with_name(f"host_protocol_{n}.json").read_text()) for n in (1, 2))
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


def answers(directory, sent):
    """Return what an agent says to the bytes of a driver, up to the end of an attempt."""
    host = StandIn(directory)
    try:
        session = host.connect()
        session.end.settimeout(PATIENCE)
        session.end.sendall(sent)
        data = b""
        while find_greeting(data) is None:
            data += session.end.recv(65_536)
        inlet = Inlet(Decoder(FromHost))
        heard = list(inlet.feed(find_greeting(data).rest))
        while not any(isinstance(message, EndedThere) for message in heard):
            data = session.end.recv(65_536)
            assert data, f"the agent has ended the session; it said {heard}"
            heard += inlet.feed(data)
        return heard
    finally:
        host.end()


def test_an_agent_executes_what_a_driver_of_version_1_orders(tmp_path):
    heard = answers(tmp_path / "far", base64.b64decode(RECORDED["knock"]) + b"".join(DRIVER))
    (ended,) = (message.ended for message in heard if isinstance(message, EndedThere))
    assert (ended.result, ended.problem) == ("42", None)
    assert any(isinstance(message, BegunThere) for message in heard)
    assert WithdrawnThere("t9") in heard


def test_each_message_of_an_agent_of_version_2_is_read():
    read = [message for data in SECOND["agent"] for message in Inlet(Decoder(FromHost)).feed(base64.b64decode(data))]
    assert [type(message) for message in read] == [ArtifactPiece, ArtifactWhole, EndedWithStory]
    note, artifact = read[2].parts
    assert (note.text, artifact.title, artifact.digest) == ("three **rows**", "Rows", read[1].digest.hex())
    assert find_greeting(base64.b64decode(SECOND["greeting"])).version() == 2


def keep_as_outcomes(directory, *messages):
    """Write a batch of outcomes, as the agent of a run keeps it."""
    (directory / "outcomes").mkdir(0o700, parents=True)
    data = b"".join(messages)
    (directory / "outcomes/1").write_bytes(struct.pack("!QI", len(data), zlib.crc32(data)) + data)


def tokens_in(directory):
    place = os.open(directory, os.O_RDONLY)
    try:
        with closing(OutcomeSpool(place)) as spool:
            return spool.tokens
    finally:
        os.close(place)


def test_an_agent_of_version_1_refuses_outcomes_of_version_2_and_leaves_them(tmp_path, monkeypatch):
    story = base64.b64decode(SECOND["agent"][2])
    plain = next(data for data in AGENT if isinstance(next(Inlet(Decoder(FromHost)).feed(data)), EndedThere))
    keep_as_outcomes(tmp_path / "with-story", plain, story)
    keep_as_outcomes(tmp_path / "plain", plain)
    of_version_1 = EndedThere | LostThere | WithdrawnThere | MessagePiece | MessageWhole
    with monkeypatch.context() as downgraded:
        downgraded.setattr(outcome_spool, "_OUTCOMES", Decoder(of_version_1))
        tokens = tokens_in(tmp_path / "plain")
        assert len(tokens) == 1
        with pytest.raises(StoreError, match="a later version of Sequent has kept outcomes of the run here"):
            tokens_in(tmp_path / "with-story")
    assert tokens_in(tmp_path / "with-story") == tokens


class EndedInAnotherWay(LostThere, frozen=True):
    """An outcome of a version that is still to come."""


def test_a_host_whose_agent_was_downgraded_is_out_of_reach_until_it_is_upgraded(tmp_path):
    host = StandIn(tmp_path / "far")
    place = host.home / ".local/state/sequent/agents" / os.uname().nodename / KEY
    keep_as_outcomes(place, *frames_of(EndedInAnotherWay("a1", "")))
    place.chmod(0o700)
    kept = (place / "outcomes/1").read_bytes()
    try:
        with remote(run_on(host, tmp_path / "run", open_tokens=("a1",)), tmp_path / "run") as driving:
            told = driving.wait(lambda report: isinstance(report, HostUnreachable))
        assert "a later version of Sequent has kept outcomes of the run here, which this one cannot read" in told.reason
        assert (place / "outcomes/1").read_bytes() == kept
    finally:
        host.end()


def test_an_agent_tells_a_driver_of_version_2_what_its_step_has_left(tmp_path):
    sent = b"".join(base64.b64decode(each) for each in (SECOND["knock"], *SECOND["driver"]))
    (outcome,) = (message for message in answers(tmp_path / "far", sent) if isinstance(message, EndedWithStory))
    assert [part.text for part in outcome.parts] == ["before the end"]
