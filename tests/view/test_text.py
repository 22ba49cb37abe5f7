"""Words for people."""

from __future__ import annotations

import pytest

from sequent.view.text import brief_reason

HOST = (
    "host '{}' cannot be reached since 2026-11-24T08:20:31+00:00, and its tasks wait: connection refused (connection); "
    "next try at 2026-11-24T08:21:01+00:00; see: ssh edge1"
)
AWAY = "host '{}' cannot be reached since 2026-11-24T08:20:31+00:00"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], ""),
        (["next due at 2026-11-24T08:20:31+00:00"], "next due at 2026-11-24T08:20:31+00:00"),
        ([HOST.format("edge1")], AWAY.format("edge1")),
        ([HOST.format(f"edge{n}") for n in (1, 2)], f"{AWAY.format('edge1')}; {AWAY.format('edge2')}"),
        ([HOST.format(f"edge{n}") for n in range(9)], f"{AWAY.format('edge0')}; {AWAY.format('edge1')}, +7 more"),
        (["'ship' is held since 08:20 by ada: it is late"], "'ship' is held since 08:20 by ada"),
        (["'ship' waits for an answer: Ship it? (sequent approve r1 ship)"], "'ship' waits for an answer"),
        (
            ["it waits for 1 of the pool 'db', which other runs hold"],
            "it waits for 1 of the pool 'db', which other runs hold",
        ),
    ],
)
def test_a_list_of_runs_has_two_lines_of_a_reason_without_their_details(lines, told):
    assert brief_reason("\n".join(lines)) == told
