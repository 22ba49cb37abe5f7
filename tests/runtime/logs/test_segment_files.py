"""Segments of logs: one that is empty is not left, and nobody but their owner reads them."""

from __future__ import annotations

from tests.runtime.agent.test_loop import flow_in
from tests.runtime.driving import forked


def test_silent_workers_leave_no_segment(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as driving:
        driving.run("pid")
    assert list((tmp_path / "logs").iterdir()) == []


def test_a_segment_is_for_its_owner_alone(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as driving:
        driving.run("leave")
        modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "logs").iterdir()}
    assert modes == {0o600}
