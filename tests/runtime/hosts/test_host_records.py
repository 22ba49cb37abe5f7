"""The facts that a run and an agent remember of each other: also after a power cut, and for earlier versions."""

from __future__ import annotations

import os

import pytest
from msgspec import Struct

from sequent.errors import HostError
from sequent.model.record_text import read_record
from sequent.runtime.executors.remote import host_records
from sequent.runtime.executors.remote.host_records import HostRecord, read_host_record
from sequent.runtime.host_agent.admission import Admission
from sequent.runtime.host_agent.places import open_place
from sequent.runtime.host_agent.rules import Rules
from sequent.runtime.host_agent.seen_tokens import SeenTokens
from sequent.runtime.hosts.protocol.messages import Attached
from tests.runtime.hosts.sessions import KEY


class EarlierRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record as an earlier version reads it."""

    host: str
    directory: str = ""
    node: str = ""
    boot: str = ""
    door: str = ""


def attached(directory="ab" * 8, known=()):
    return Attached(
        directory=directory, node="far", boot="b", python="3.11", sequent="0", processors=1, now=0.0, known=known
    )


@pytest.fixture
def flushed(monkeypatch):
    """The files and directories that were flushed to the disk."""
    found, call = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (found.append(os.readlink(f"/proc/self/fd/{file}")), call(file)))
    return found


def test_the_word_of_an_agent_is_on_its_disk_before_a_driver_hears_it(tmp_path, flushed):
    path = tmp_path / "agent"
    place = open_place(str(path))
    seen = SeenTokens(place)
    try:
        word = Admission(KEY, str(path), place, Rules(), seen).word()
        assert flushed == [str(path / "word"), str(path)]
        assert Admission(KEY, str(path), place, Rules(), seen).word() == word
    finally:
        seen.close()
        os.close(place)


@pytest.mark.parametrize("leaves", [False, True])
def test_a_record_is_on_the_disk_before_anything_follows_from_it(tmp_path, flushed, leaves):
    record = host_records.record_agent(str(tmp_path), HostRecord(host="far"), attached(), "door")
    if leaves:
        flushed.clear()
        host_records.record_leave(str(tmp_path), record)
    (file,) = (tmp_path / "hosts").iterdir()
    assert flushed == [f"{file}.new", str(tmp_path / "hosts")]
    assert read_host_record(str(tmp_path), "far").was_left is leaves


def test_an_earlier_version_reads_the_record_of_an_agent(tmp_path):
    host_records.record_agent(str(tmp_path), HostRecord(host="far"), attached(), "door")
    (file,) = (tmp_path / "hosts").iterdir()
    assert read_record(EarlierRecord, file.read_text(), "a record").directory == "ab" * 8


def test_another_agent_is_accepted_if_it_knows_all_attempts_and_only_then():
    record = HostRecord(host="far", directory="cd" * 8, node="other")
    record.refuse_other(attached(), [])
    record.refuse_other(attached(known=("a", "b", "c")), ["a", "b"])
    for known, told in (((), "knows nothing"), (("a",), "knows only some attempts")):
        with pytest.raises(HostError, match=f"an agent answers that {told} of the run"):
            record.refuse_other(attached(known=known), ["a", "b"])
