"""Outcomes on a host's disk: each is there whole once it was put there, whatever ends the agent in between."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
from contextlib import contextmanager

import pytest

from sequent.runtime.host_agent.outcome_spool import OutcomeSpool, keeps_outcomes
from sequent.runtime.host_agent.seen_tokens import Contact, SeenTokens
from sequent.runtime.hosts.protocol.messages import EndedThere, LostThere, WithdrawnThere
from sequent.runtime.orders import AttemptEnded

CALLS = ("open", "write", "pwrite", "fsync", "fdatasync", "fdatasync", "close", "rename", "unlink", "ftruncate")


@pytest.fixture
def place(tmp_path):
    made = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield made
    os.close(made)


def ended(token, result="1"):
    return EndedThere(token, AttemptEnded(1, 1, 1, result))


def kept(place):
    spool = OutcomeSpool(place)
    try:
        return list(spool.take(spool.tokens))
    finally:
        spool.close()


@contextmanager
def ending_at(monkeypatch, number):
    """End this process at its call of the system with that number, before it is made."""
    left = itertools.count(number, -1)

    def ends(call):
        def made(*given, **named):
            if next(left) == 0:
                os._exit(9)
            return call(*given, **named)

        return made

    for name in CALLS:
        monkeypatch.setattr(os, name, ends(getattr(os, name)))
    yield
    monkeypatch.undo()


def killed_at(monkeypatch, number, act):
    """Do it in a process that ends at that call; say whether it got that far."""
    pid = os.fork()
    if pid == 0:
        with ending_at(monkeypatch, number):
            act()
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


def test_outcomes_are_kept_in_the_order_of_their_ends(place):
    outcomes = [ended("b"), LostThere("a", "gone"), WithdrawnThere("c"), ended("d", "x" * 3_000_000)]
    spool = OutcomeSpool(place)
    spool.put(outcomes[:2])
    spool.put(outcomes[2:])
    assert list(spool.take(["d", "c", "a", "b"])) == outcomes
    assert kept(place) == outcomes


def test_what_is_forgotten_is_kept_no_more_and_is_overwritten_once_nothing_else_is_kept(place, tmp_path):
    spool = OutcomeSpool(place)
    spool.put([ended("a"), ended("b")])
    spool.forget(["a", "unknown"])
    assert list(spool.take(["a", "b"])) == [ended("b")]
    (file,) = (tmp_path / "outcomes").iterdir()
    assert keeps_outcomes(str(file))
    spool.put([ended("c", "x" * 5_000)])
    size = file.stat().st_size
    spool.forget(["b", "c"])
    assert not keeps_outcomes(str(file))
    spool.put([ended("d")])
    assert file.stat().st_size == size
    assert list(spool.take(["a", "b", "c", "d"])) == [ended("d")]
    assert kept(place) == [ended("d")]


def test_an_agent_that_is_killed_while_it_overwrites_has_kept_all_or_nothing(place, tmp_path, monkeypatch):
    old, new = [ended("a", "x" * 9_000), ended("b")], [ended("c", "y" * 5_000)]
    for number in itertools.count():
        spool = OutcomeSpool(place)
        spool.put(old[:1])
        spool.put(old[1:])

        def overwrite(spool=spool):
            spool.forget(["a", "b"])
            spool.put(new)

        was_killed = killed_at(monkeypatch, number, overwrite)
        assert kept(place) in (([], new) if number else [old]), number
        spool.close()
        shutil.rmtree(tmp_path / "outcomes")
        if not was_killed:
            break
    assert number >= 3


def test_an_agent_that_is_killed_while_it_writes_has_kept_all_or_nothing(place, monkeypatch):
    before, new = [ended("a")], [ended("b"), ended("c", "y" * 5_000)]
    spool = OutcomeSpool(place)
    spool.put(before)
    found = []
    for number in itertools.count():
        if not killed_at(monkeypatch, number, lambda: OutcomeSpool(place).put(new)):
            break
        found.append(kept(place))
        OutcomeSpool(place).forget(["b", "c"])
    assert number >= 5
    assert all(state in (before, before + new) for state in found)
    assert found[0] == before
    assert found[-1] == before + new


def test_an_agent_that_is_killed_while_it_forgets_has_kept_what_it_should(place, monkeypatch):
    spool = OutcomeSpool(place)
    spool.put([ended("a")])
    spool.put([ended("b")])
    killed_at(monkeypatch, 0, lambda: spool.forget(["a"]))
    assert kept(place) == [ended("a"), ended("b")]


def test_a_full_disk_keeps_nothing_of_what_was_refused(place, monkeypatch, tmp_path):
    spool = OutcomeSpool(place)

    def full(_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fdatasync", full)
    with pytest.raises(OSError, match="full"):
        spool.put([ended("a")])
    monkeypatch.undo()
    assert spool.tokens == []
    spool.put([ended("b")])
    assert kept(place) == [ended("b")]


def test_a_link_in_the_place_of_a_file_is_not_followed(place, tmp_path):
    spool = OutcomeSpool(place)
    other = tmp_path / "other"
    (tmp_path / "outcomes" / "1").symlink_to(other)
    with pytest.raises(FileExistsError):
        spool.put([ended("a")])
    assert not other.exists()


def test_what_was_being_written_is_cut_off_and_nobody_reads_on_behind_it(place, tmp_path):
    OutcomeSpool(place).put([ended("a")])
    file = tmp_path / "outcomes" / "1"
    whole = file.read_bytes().removesuffix(bytes(12))
    for cut in (whole[:-1], whole[:3], whole[:8] + b"\0" * (len(whole) - 8), b"\xff" * 12):
        file.write_bytes(whole + cut)
        spool = OutcomeSpool(place)
        assert list(spool.take(spool.tokens)) == [ended("a")]
        assert file.read_bytes() == whole


def test_a_full_file_is_followed_by_another_and_goes_once_nothing_in_it_is_kept(place, tmp_path):
    spool = OutcomeSpool(place)
    spool.put([ended("a", "x" * 5_000_000)])
    spool.put([ended("b")])
    assert sorted(file.name for file in (tmp_path / "outcomes").iterdir()) == ["1", "2"]
    assert kept(place) == [ended("a", "x" * 5_000_000), ended("b")]
    spool.forget(["a"])
    assert [file.name for file in (tmp_path / "outcomes").iterdir()] == ["2"]
    assert kept(place) == [ended("b")]


def test_tokens_and_contacts_survive(place):
    seen = SeenTokens(place)
    seen.add("a")
    assert seen.meet(Contact(3, 1))
    assert not seen.meet(Contact(3, 1))
    assert not seen.meet(Contact(2, 9))
    seen.close()
    again = SeenTokens(place)
    assert "a" in again
    assert "b" not in again
    assert again.contact == Contact(3, 1)
    assert again.meet(Contact(3, 2))


def test_a_token_that_was_cut_was_not_seen_and_does_not_spoil_the_next(place, tmp_path):
    (tmp_path / "tokens").write_text("aaaa\nbb")
    seen = SeenTokens(place)
    assert "aaaa" in seen
    assert "bb" not in seen
    seen.add("cccc")
    assert (tmp_path / "tokens").read_text() == "aaaa\ncccc\n"


def test_a_contact_is_met_wholly_or_not_whenever_the_agent_is_killed(place, monkeypatch):
    seen = SeenTokens(place)
    seen.meet(Contact(1, 1))
    found = []
    for number in itertools.count():
        ended_early = killed_at(monkeypatch, number, lambda: seen.meet(Contact(2, 1)))
        found.append(SeenTokens(place).contact)
        if not ended_early or number > 20:
            break
    assert set(found) <= {Contact(1, 1), Contact(2, 1)}
    assert (found[0], found[-1]) == (Contact(1, 1), Contact(2, 1))
