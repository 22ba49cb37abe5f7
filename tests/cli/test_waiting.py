"""A plan read back for people."""

from __future__ import annotations

from sequent.cli.waiting import planned_parts
from sequent.model.references import dotted
from tests.cli.plans import nested_plan, wide_plan


def test_parts_stand_in_the_order_in_which_they_can_start_and_as_written_otherwise():
    assert [dotted(part.node.path) for part in planned_parts(wide_plan(["b", "a", "c"]))] == ["b", "a", "c"]
    assert [dotted(part.node.path) for part in planned_parts(nested_plan())] == [
        "first",
        "block",
        "block.send",
        "last",
    ]


def test_each_part_says_what_it_waits_for_as_it_would_be_written():
    waits = {dotted(part.node.path): part.waits_for for part in planned_parts(nested_plan())}
    assert waits == {
        "first": "",
        "block": "",
        "block.send": "outer.first",
        "last": "first & (block.failed | block.done)",
    }


def test_a_repeat_says_over_what_and_how_many_at_once():
    block = next(part for part in planned_parts(nested_plan()) if part.is_container)
    assert block.repeats == '["eu", "us"]'
    assert block.parallel == 2
    assert block.depth == 0
