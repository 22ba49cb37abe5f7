"""Outcomes on a host's disk: each is there whole once it was put there, whatever ends the agent or the machine."""

from __future__ import annotations

import errno
import itertools
import os
import random
import shutil
from contextlib import ExitStack, closing, contextmanager

import pytest

from sequent.runtime.host_agent import outcome_spool
from sequent.runtime.host_agent.outcome_spool import UNCONFIRMED, OutcomeSpool, keeps_outcomes
from sequent.runtime.host_agent.seen_tokens import Contact, SeenTokens
from sequent.runtime.hosts.protocol.messages import EndedThere, LostThere, WithdrawnThere
from sequent.runtime.orders import AttemptEnded

CALLS = ("open", "write", "pwrite", "fsync", "fdatasync", "fdatasync", "close", "rename", "unlink", "ftruncate")


@pytest.fixture
def place(tmp_path):
    made = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield made
    os.close(made)


@pytest.fixture
def opened():
    """Close what a test has opened."""
    with ExitStack() as stack:
        yield lambda made: stack.enter_context(closing(made))


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


def test_outcomes_are_kept_in_the_order_of_their_ends(place, opened):
    outcomes = [ended("b"), LostThere("a", "gone"), WithdrawnThere("c"), ended("d", "x" * 3_000_000)]
    spool = opened(OutcomeSpool(place))
    spool.put(outcomes[:2])
    spool.put(outcomes[2:])
    assert list(spool.take(["d", "c", "a", "b"])) == outcomes
    assert kept(place) == outcomes


def test_what_is_forgotten_is_kept_no_more_and_is_overwritten_once_nothing_else_is_kept(place, opened, tmp_path):
    spool = opened(OutcomeSpool(place))
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
            spool.flush()

        was_killed = killed_at(monkeypatch, number, overwrite)
        assert kept(place) in (([], new) if number else [old]), number
        spool.close()
        shutil.rmtree(tmp_path / "outcomes")
        if not was_killed:
            break
    assert number >= 3


def test_an_agent_that_is_killed_while_it_writes_has_kept_all_or_nothing(place, opened, monkeypatch):
    before, new = [ended("a")], [ended("b"), ended("c", "y" * 5_000)]
    spool = opened(OutcomeSpool(place))
    spool.put(before)
    found = []

    def write():
        fresh = OutcomeSpool(place)
        fresh.put(new)
        fresh.flush()

    for number in itertools.count():
        if not killed_at(monkeypatch, number, write):
            break
        found.append(kept(place))
        opened(OutcomeSpool(place)).forget(["b", "c"])
    assert number >= 5
    assert all(state in (before, before + new) for state in found)
    assert found[0] == before
    assert found[-1] == before + new


def test_an_agent_that_is_killed_while_it_forgets_has_kept_what_it_should(place, opened, monkeypatch):
    spool = opened(OutcomeSpool(place))
    spool.put([ended("a")])
    spool.put([ended("b")])
    killed_at(monkeypatch, 0, lambda: spool.forget(["a"]))
    assert kept(place) == [ended("a"), ended("b")]


def full(*_):
    raise OSError(errno.ENOSPC, "full")


def test_a_full_disk_keeps_nothing_of_what_was_refused(place, opened, monkeypatch):
    spool = opened(OutcomeSpool(place))
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="full"):
        spool.put([ended("a")])
    monkeypatch.undo()
    assert spool.tokens == []
    spool.put([ended("b")])
    assert kept(place) == [ended("b")]


@pytest.mark.parametrize("is_first", [True, False])
def test_what_a_full_disk_does_not_take_in_the_end_is_returned_and_kept_no_more(place, opened, monkeypatch, is_first):
    spool = opened(OutcomeSpool(place))
    flushed = [] if is_first else [ended("a")]
    if flushed:
        spool.put(flushed)
        spool.flush()
    spool.put([ended("b")])
    spool.put([ended("c"), ended("d")])
    spool.forget(["c"])
    monkeypatch.setattr(os, "fdatasync", full)
    with pytest.raises(OSError, match="full"):
        spool.flush()
    monkeypatch.undo()
    assert spool.take_unflushed() == [ended("b"), ended("d")]
    assert spool.tokens == [outcome.token for outcome in flushed]
    assert spool.seconds_left() is None
    spool.put([ended("e")])
    assert kept(place) == [*flushed, ended("e")]


@pytest.mark.parametrize("is_flushed", [True, False])
def test_outcomes_are_forgotten_also_where_there_is_no_room_to_write_that(place, opened, monkeypatch, is_flushed):
    spool = opened(OutcomeSpool(place))
    spool.put([ended("a")])
    # Some disks write even the bytes of a file that has them already to another place.
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        if is_flushed:
            spool.flush()
            spool.forget(["a"])
        else:
            assert spool.take_unflushed() == [ended("a")]
    assert spool.tokens == []
    spool.put([ended("b")])
    assert list(spool.take(["b"])) == [ended("b")]
    assert ended("b") in kept(place)


# -- the machine ends


def flushes(monkeypatch):
    """Note the flushes of files from now on."""
    done = []
    for name in ("fdatasync", "fsync"):
        call = getattr(os, name)
        monkeypatch.setattr(os, name, lambda file, call=call: (done.append(file), call(file)))
    return done


def test_outcomes_that_are_forgotten_soon_need_no_flush_and_others_share_one(place, opened, monkeypatch):
    spool = opened(OutcomeSpool(place))
    spool.put([ended("a")])
    done = flushes(monkeypatch)
    spool.put([ended("b")])
    assert 0 < spool.seconds_left() <= UNCONFIRMED
    spool.forget(["a", "b"])
    assert spool.seconds_left() is None
    spool.put([ended("c")])
    spool.put([ended("d")])
    assert done == []
    monkeypatch.setattr(outcome_spool, "UNCONFIRMED", 0.0)
    assert spool.seconds_left() == 0
    spool.flush()
    assert spool.seconds_left() is None
    spool.flush()
    assert len(done) == 1


def test_the_oldest_outcome_tells_when_a_flush_is_due(place, opened, monkeypatch):
    spool = opened(OutcomeSpool(place))
    spool.put([ended("a")])
    monkeypatch.setattr(outcome_spool, "UNCONFIRMED", 0.0)
    spool.put([ended("b")])
    assert spool.seconds_left() == 0
    monkeypatch.setattr(outcome_spool, "UNCONFIRMED", 1000.0)
    spool.put([ended("c")])
    spool.forget(["a"])
    assert spool.seconds_left() > 900


def test_outcomes_that_a_killed_agent_did_not_flush_are_flushed_by_the_next(place, opened, monkeypatch):
    opened(OutcomeSpool(place)).put([ended("a")])
    done = flushes(monkeypatch)
    assert opened(OutcomeSpool(place)).tokens == ["a"]
    assert len(done) == 1


SECTOR = 16
"""The bytes that a disk of these tests writes at once: outcomes here are short."""


def cut_power(directory, flushed, chance):
    """Leave of each file what was flushed, and any sectors of what has been written since."""
    for file in directory.iterdir():
        now, before = file.read_bytes(), flushed.get(file.name, b"")
        size = chance.choice((len(before), len(now)))
        both = [data.ljust(size, b"\0")[:size] for data in (before, now)]
        sectors = (chance.choice(both)[at : at + SECTOR] for at in range(0, size, SECTOR))
        file.write_bytes(b"".join(sectors))


@pytest.mark.parametrize("seed", range(int(os.environ.get("POWER_CUTS", "60"))))
def test_a_power_cut_takes_no_outcome_that_was_flushed_and_makes_none_up(place, opened, tmp_path, monkeypatch, seed):
    chance = random.Random(seed)
    spool = opened(OutcomeSpool(place))
    flushed, on_disk, put, names = {}, set(), {}, map(str, itertools.count())

    def flush(_):
        flushed.update((file.name, file.read_bytes()) for file in (tmp_path / "outcomes").iterdir())

    monkeypatch.setattr(os, "fdatasync", flush)
    for _ in range(chance.randint(1, 40)):
        match chance.choice("ppff!"):
            case "p":
                batch = [ended(next(names), "x" * chance.randint(0, 60)) for _ in range(chance.randint(1, 3))]
                spool.put(batch)
                put.update((outcome.token, outcome) for outcome in batch)
            case "f":
                gone = spool.tokens[: chance.randint(0, 4)]
                spool.forget(gone)
                on_disk -= set(gone)
            case _:
                spool.flush()
                on_disk = set(spool.tokens)
    cut_power(tmp_path / "outcomes", flushed, chance)
    found = kept(place)
    assert on_disk <= {outcome.token for outcome in found}
    assert all(put[outcome.token] == outcome for outcome in found)


def test_a_link_in_the_place_of_a_file_is_not_followed(place, opened, tmp_path):
    spool = opened(OutcomeSpool(place))
    other = tmp_path / "other"
    (tmp_path / "outcomes" / "1").symlink_to(other)
    with pytest.raises(FileExistsError):
        spool.put([ended("a")])
    assert not other.exists()


def test_what_was_being_written_is_cut_off_and_nobody_reads_on_behind_it(place, opened, tmp_path):
    opened(OutcomeSpool(place)).put([ended("a")])
    file = tmp_path / "outcomes" / "1"
    whole = file.read_bytes().removesuffix(bytes(12))
    for cut in (whole[:-1], whole[:3], whole[:8] + b"\0" * (len(whole) - 8), b"\xff" * 12):
        file.write_bytes(whole + cut)
        spool = opened(OutcomeSpool(place))
        assert list(spool.take(spool.tokens)) == [ended("a")]
        assert file.read_bytes() == whole


def test_a_full_file_is_followed_by_another_and_goes_once_nothing_in_it_is_kept(place, opened, tmp_path):
    spool = opened(OutcomeSpool(place))
    spool.put([ended("a", "x" * 5_000_000)])
    spool.flush()
    spool.put([ended("b")])
    assert sorted(file.name for file in (tmp_path / "outcomes").iterdir()) == ["1", "2"]
    assert kept(place) == [ended("a", "x" * 5_000_000), ended("b")]
    spool.forget(["a"])
    assert [file.name for file in (tmp_path / "outcomes").iterdir()] == ["2"]
    assert kept(place) == [ended("b")]


def test_tokens_and_contacts_survive(place, opened):
    seen = SeenTokens(place)
    seen.add("a")
    assert seen.meet(Contact(3, 1))
    assert not seen.meet(Contact(3, 1))
    assert not seen.meet(Contact(2, 9))
    seen.close()
    again = opened(SeenTokens(place))
    assert "a" in again
    assert "b" not in again
    assert again.contact == Contact(3, 1)
    assert again.meet(Contact(3, 2))


def test_a_token_that_was_cut_was_not_seen_and_does_not_spoil_the_next(place, opened, tmp_path):
    (tmp_path / "tokens").write_text("aaaa\nbb")
    seen = opened(SeenTokens(place))
    assert "aaaa" in seen
    assert "bb" not in seen
    seen.add("cccc")
    assert (tmp_path / "tokens").read_text() == "aaaa\ncccc\n"


def test_a_contact_is_met_wholly_or_not_whenever_the_agent_is_killed(place, opened, monkeypatch):
    seen = opened(SeenTokens(place))
    seen.meet(Contact(1, 1))
    found = []
    for number in itertools.count():
        ended_early = killed_at(monkeypatch, number, lambda: seen.meet(Contact(2, 1)))
        found.append(opened(SeenTokens(place)).contact)
        if not ended_early or number > 20:
            break
    assert set(found) <= {Contact(1, 1), Contact(2, 1)}
    assert (found[0], found[-1]) == (Contact(1, 1), Contact(2, 1))


def test_a_token_whose_outcome_is_confirmed_takes_no_memory_and_stays_in_the_file(place, opened, tmp_path):
    seen = opened(SeenTokens(place))
    seen.add("aaaa")
    seen.add("bbbb")
    seen.forget(["aaaa", "unknown"])
    assert "aaaa" not in seen
    assert "bbbb" in seen
    assert (tmp_path / "tokens").read_text() == "aaaa\nbbbb\n"
    assert "aaaa" in opened(SeenTokens(place))
