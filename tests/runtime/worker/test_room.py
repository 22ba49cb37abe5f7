"""Where the disk is full, logs lose what there is no room for, and nothing else is lost and nobody waits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sequent.runtime.agent.marks import CAP
from sequent.runtime.worker.capture import Segment
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


def test_a_line_of_our_own_is_left_out(segment):
    with room_for(0):
        segment.write("[sequent: ended 1 process]\n")
    assert segment.end() is None


def test_whoever_writes_beside_a_secret_does_not_wait_for_room(segment):
    segment.mask((b"secret",))
    with room_for(5):
        os.write(segment.descriptor, b"a secret\n")
        # More than a pipe holds: somebody must take it out, whatever becomes of it.
        for _ in range(4):
            os.write(segment.descriptor, b"x" * MIB)
        span = segment.end()
    assert "secret" not in Path(segment.path).read_text()
    assert span.length == 5
