"""Lists that are too large for an order: when they are kept in a file, how it is written, and who removes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sequent.errors import NotDataError
from sequent.model.inputs import PartInput
from sequent.model.value_text import decode
from sequent.runtime.driver import values
from sequent.runtime.messages import spools
from sequent.runtime.orders import Cut, Spooled
from tests.descriptors import open_descriptors
from tests.runtime.valued import EACH, HERE, MANY, each, many, result, result_or


def kept(pieces: list[str]):
    def keep(found: Iterator[str]) -> Spooled:
        pieces.extend(found)
        return Spooled(b"file")

    return keep


@pytest.mark.parametrize("node", [EACH, MANY])
def test_a_long_list_is_kept_in_a_file_and_a_short_one_in_the_order(run, found, node, monkeypatch):
    monkeypatch.setattr(values, "MOST_HELD", 5)
    pieces: list[str] = []
    for number in range(1, 4):
        each(run, number, "1")
        many(run, number, "1")
    assert found.given(HERE, result(node), kept(pieces)) == "[1,1,1]"
    assert pieces == []
    each(run, 4, "4")
    many(run, 4, "4")
    assert found.given(HERE, result(node), kept(pieces)) == Spooled(b"file")
    assert pieces == ["[", "1", "1", "1", "4", "]"]
    part = PartInput(result(node), (-1,))
    assert found.given(HERE, part, kept(pieces)) == Cut(Spooled(b"file"), ("-1",))


def test_a_list_of_few_large_entries_is_kept_in_a_file_too(run, found, monkeypatch):
    monkeypatch.setattr(values, "LARGEST_HELD", 100)
    pieces: list[str] = []
    many(run, 1, f'"{"x" * 200}"')
    assert found.given(HERE, result_or(MANY), kept(pieces)) == Spooled(b"file")
    assert len(pieces) == 3


def test_more_than_a_step_may_gather_is_refused_with_the_ways_out(run, found, monkeypatch):
    monkeypatch.setattr(spools, "LARGEST_RESULT", 20)
    many(run, 1, f'"{"x" * 20}"')
    with pytest.raises(NotDataError, match="in total") as caught:
        found.text_of(HERE, result(MANY))
    assert "previous" in caught.value.hint


def test_a_file_is_written_in_slices_and_read_back_as_the_same_list(tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "_SLICE_PIECES", 3)
    pieces = ["[", "1", "[", '"a\\nb"', "[", "]", "]", "[]", "]"]
    files = spools.Spools(str(tmp_path))
    spool = files.add((1, 2, 3), iter(pieces))
    count, before = 1, open_descriptors()
    while not spool.write_slice():
        assert open_descriptors() == before
        count += 1
    assert count == 4
    written = Spooled(spool.path.encode())
    assert spools.text_of(written) == '[1,["a\\nb",[]],[]]'
    assert spools.read(written, decode) == [1, ["a\nb", []], []]
    assert (tmp_path / "spool" / "1").stat().st_mode & 0o777 == 0o600
    files.remove((1, 2, 3))
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_an_earlier_driver_left_is_removed(tmp_path):
    files = spools.Spools(str(tmp_path))
    files.add((1, 2, 3), iter(["1"])).write_slice()
    assert (tmp_path / "spool" / "1").read_text() == "1\n"
    spools.Spools(str(tmp_path))
    assert not (tmp_path / "spool").exists()


def test_a_file_that_becomes_too_large_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "LARGEST_RESULT", 1000)
    spool = spools.Spools(str(tmp_path)).add((1, 2, 3), iter(["x" * 600] * 2))
    with pytest.raises(NotDataError, match="in total"):
        spool.write_slice()
