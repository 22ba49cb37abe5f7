"""Places by their sequences: wholes, copies and iterations."""

from __future__ import annotations

import pytest

from sequent.view.sequences import around, block_around


@pytest.mark.parametrize(
    ("path", "sequence", "whole"),
    [
        ("a", (1,), (1,)),
        ("a", (1, 2), (1,)),
        ("a", (1, "etl1"), (1,)),
        ("a", (1, "etl1", 2), (1,)),
        ("a.b", (1, "etl1", 2), (1, "etl1", 2)),
        ("a.b", (1, 2, "etl1"), (1, 2)),
        ("a.b", (1, 2, "etl1", 3), (1, 2)),
    ],
)
def test_the_sequence_around_a_step_or_container_has_a_number_for_each_name(path, sequence, whole):
    assert around(tuple(path.split(".")), sequence) == whole


@pytest.mark.parametrize(
    ("path", "sequence", "block"),
    [
        ("a.b", (1, 2), ("a", (1,))),
        ("a.b", (1, "etl1", 2), ("a", (1, "etl1"))),
        ("a", (1, "etl1"), ("a", (1,))),
        ("a", (1, 2), ("a", (1,))),
        ("a", (1,), ("", ())),
    ],
)
def test_the_block_around_a_place_has_its_iterations_or_copies(path, sequence, block):
    assert block_around((tuple(path.split(".")), sequence)) == (tuple(filter(None, block[0].split("."))), block[1])
