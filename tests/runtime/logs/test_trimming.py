"""Output that grows too long is cut while it is written, and nothing else is touched."""

from __future__ import annotations

import fcntl
import os
import select
from pathlib import Path

import pytest

from sequent.runtime.logs.log_marks import read_mark
from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.logs.segment_files import CAP
from sequent.runtime.logs.trimming import Trimming
from tests.patience import PATIENCE, wait_until

MIB = 2**20


@pytest.fixture
def segment(tmp_path):
    made = Segment.make(str(tmp_path), "w")
    yield made
    made.close()


@pytest.fixture
def trimming(segment):
    made = Trimming(os.path.dirname(segment.path), lambda: [segment.path])
    yield made
    made.close()


def begin(segment: Segment, path: str = "a.b") -> None:
    segment.begin(path, "1", 1)


def on_disk(segment: Segment) -> int:
    return os.stat(segment.path).st_blocks * 512


def content(segment: Segment) -> bytes:
    return Path(segment.path).read_bytes()


def is_woken(trimming: Trimming) -> bool:
    return bool(select.select([trimming], [], [], PATIENCE)[0])


def test_the_middle_of_a_long_attempt_is_taken_out_while_it_runs_and_its_ends_are_kept(segment, trimming):
    begin(segment)
    segment.write("head\n")
    for _ in range(40):
        os.write(segment.descriptor, b"x" * MIB)
        trimming.trim()
        assert on_disk(segment) < 2 * CAP + 2 * MIB
    segment.write("tail\n")
    span = segment.end()
    assert span
    assert span.dropped == 40 * MIB + 10 - CAP
    data = content(segment)[span.offset : span.offset + span.length]
    assert data.startswith(b"head\nxxx")
    assert data.endswith(b"xxxtail\n")
    assert b"\0" not in data
    assert f"{span.dropped} bytes of this attempt's output were left out here".encode() in data


def test_what_is_long_by_many_attempts_is_left_alone(segment, trimming):
    spans = []
    for number in range(6):
        begin(segment, f"a{number}")
        os.write(segment.descriptor, bytes([65 + number]) * (5 * MIB))
        trimming.trim()
        spans.append(segment.end())
        trimming.trim()
    data = content(segment)
    for number, span in enumerate(spans):
        assert set(data[span.offset : span.offset + span.length]) == {65 + number}


def test_a_segment_that_a_step_has_locked_is_not_waited_for(segment, trimming):
    begin(segment)
    fcntl.flock(segment.descriptor, fcntl.LOCK_EX)
    os.write(segment.descriptor, b"x" * (20 * MIB))
    trimming.trim()
    assert on_disk(segment) >= 20 * MIB
    fcntl.flock(segment.descriptor, fcntl.LOCK_UN)
    trimming.trim()
    assert on_disk(segment) < 2 * CAP


def test_only_the_attempt_that_is_too_long_is_cut_and_not_those_before_it(segment, trimming):
    begin(segment, "first")
    os.write(segment.descriptor, b"a" * (7 * MIB))
    first = segment.end()
    begin(segment, "second")
    os.write(segment.descriptor, b"b" * (30 * MIB))
    trimming.trim()
    assert content(segment)[: first.length] == b"a" * first.length
    assert on_disk(segment) < first.length + 2 * CAP


@pytest.fixture
def resting(segment):
    """One that rests so long that no machine is too busy to see it rest."""
    made = Trimming(os.path.dirname(segment.path), lambda: [segment.path], rest=PATIENCE)
    yield made
    made.close()


def test_a_write_wakes_and_a_flood_does_not_while_it_rests(segment, resting):
    begin(segment)
    assert not select.select([resting], [], [], 0)[0]
    segment.write("a line\n")
    assert is_woken(resting)
    resting.wake()
    segment.write("another\n")
    assert not select.select([resting], [], [], 0)[0]


def test_what_was_written_meanwhile_wakes_after_the_rest(segment, trimming):
    begin(segment)
    for line in ("a line\n", "another\n", "and after the rest\n"):
        segment.write(line)
        assert is_woken(trimming)
        trimming.wake()


def test_where_nothing_tells_of_writes_for_a_while_it_looks_after_each_rest_until_something_does(segment, trimming):
    begin(segment)
    segment.write("a line\n")
    directory = Path(segment.path).parent
    directory.rename(directory.with_name("elsewhere"))
    for _ in range(2):
        assert is_woken(trimming)
        trimming.wake()
    directory.with_name("elsewhere").rename(directory)
    os.write(segment.descriptor, b"x" * (40 * MIB))
    wait_until(lambda: is_woken(trimming) and (trimming.wake() or on_disk(segment) < 2 * CAP + 2 * MIB))


def test_a_mark_tells_who_writes_from_where_and_nobody_between_attempts(segment):
    assert read_mark(segment.path) is None
    begin(segment, "a.b")
    segment.write("four")
    first = read_mark(segment.path)
    segment.end()
    assert read_mark(segment.path) is None
    begin(segment, "a.c")
    second = read_mark(segment.path)
    assert (first.path, first.start, second.path, second.start) == ("a.b", 0, "a.c", 4)
    assert first.change != second.change


def test_a_mark_whose_writer_is_gone_tells_of_nobody(tmp_path):
    if (child := os.fork()) == 0:
        Segment.make(str(tmp_path), "w").begin("a", "1", 1)
        os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "w1.live").exists()
    assert read_mark(str(tmp_path / "w1.log")) is None
