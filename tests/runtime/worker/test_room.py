"""Where the disk is full, logs lose what there is no room for, and nothing else is lost and nobody waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sequent.runtime.logs.log_segment import Segment
from sequent.runtime.logs.segment_files import CAP
from tests.runtime.driving import room_for

MIB = 2**20


@pytest.fixture
def segment(tmp_path):
    made = Segment.make(str(tmp_path), "w")
    made.begin("a.b", "1", 1)
    yield made
    made.close()


def test_a_log_that_cannot_be_cut_stays_as_it_is(segment):
    os.write(segment.descriptor, b"x" * (20 * MIB))
    with room_for(CAP // 4):
        span = segment.end()
    assert (span.length, span.dropped) == (20 * MIB, 0)
    assert Path(segment.path).read_bytes() == b"x" * (20 * MIB)


def test_of_a_line_for_which_there_is_no_room_the_log_says_how_long_it_was(segment):
    with room_for(0):
        segment.write("[sequent: ended 1 process]\n")
        lost = segment.end()
    assert (lost.length, lost.dropped) == (0, 27)
    segment.begin("a.b", "1", 2)
    with room_for(0):
        segment.write("[sequent: ended 1 process]\n")
    span = segment.end()
    assert span.dropped == 0
    assert Path(segment.path).read_text() == "\n[sequent: 27 bytes of output are missing here: File too large]\n"


def test_whoever_writes_beside_a_secret_does_not_wait_for_room(segment):
    segment.mask((b"secret",))
    with room_for(5):
        os.write(segment.descriptor, b"a secret\n")
        # More than a pipe holds: somebody must take it out, whatever becomes of it.
        for _ in range(4):
            os.write(segment.descriptor, b"x" * MIB)
        span = segment.end()
    assert Path(segment.path).read_text() == "a ***"
    assert (span.length, span.dropped) == (5, 4 * MIB + 1)
