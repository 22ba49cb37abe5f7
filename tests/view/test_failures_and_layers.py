"""Failures by step and error, durations against earlier ones, and what each recovery ran and kept."""

from __future__ import annotations

import pytest

from sequent.model.outcome import Problem
from sequent.runtime.records import Pending
from sequent.view.attempts import by_step
from sequent.view.failure_groups import failure_groups, present_failures
from sequent.view.recovery_layers import recovery_layers
from sequent.view.step_durations import band_of, bands_of, quantile, step_durations
from sequent.view.task_table import task_table
from tests.view.ran import ACTIVE, FAILED, FLOW, LOST, ran


def failed(task, message, **changes):
    return ran(task, 0, 1, FAILED, problem=Problem(type="ValueError", message=message), **changes)


def groups(attempts, waits=()):
    return failure_groups([attempt.failure for attempt in present_failures(by_step(attempts, FLOW), waits)])


def test_failures_that_differ_in_numbers_and_names_are_one_group_and_the_largest_comes_first():
    attempts = [failed("load", "bad")]
    attempts += [failed(f"each.one/1.{at}", f"'file{at}.csv' has {at} lines") for at in range(1, 31)]
    found = groups([*attempts, failed("each.two/1.1", "'file1.csv' has 1 lines")])
    assert found.count == 32
    assert [(group.path, group.count) for group in found.groups] == [("each.one", 30), ("load", 1), ("each.two", 1)]
    assert found.groups[0].tasks[:2] == ["each.one/1.1", "each.one/1.2"]
    assert len(found.groups[0].tasks) == 20
    assert found.groups[0].first.message == "'file1.csv' has 1 lines"


def test_a_failure_is_present_until_a_further_attempt_or_while_none_is_to_come():
    again = [failed("load", "no"), ran("load", 2, 3, attempt=2)]
    assert groups(again).count == 0
    assert groups([failed("load", "no"), failed("load", "no", attempt=2)]).groups[0].first.attempt == 2
    assert groups([failed("load", "no")], [Pending("load", "1", 2, 9.0)]).count == 0


def test_groups_beyond_the_most_are_counted():
    found = groups([failed(f"each.one/1.{at}", "x" * at) for at in range(1, 33)])
    assert (len(found.groups), found.hidden) == (30, 2)


def test_failures_that_were_not_read_are_counted():
    found = failure_groups([failed("load", "bad").failure], 99)
    assert (found.count, found.groups[0].count, found.unread) == (100, 1, 99)


def test_quantiles_lie_between_the_values():
    assert [quantile([1.0, 2.0, 3.0, 4.0, 5.0], share) for share in (0, 0.1, 0.5, 1)] == [1.0, 1.4, 3.0, 5.0]
    assert band_of([3.0]).high == 3.0


def test_durations_stand_beside_those_of_earlier_runs():
    attempts = by_step(
        [
            ran("load", 0, 20),
            ran("each.one/1.1", 20, 21),
            ran("each.one/1.2", 21, 31),
            ran("each.one/1.3", 31, None, ACTIVE),
        ],
        FLOW,
    )
    usual = bands_of({"each.one": [1.0, 1.1, 1.2, 1.3, 1.4]})
    load, one = step_durations(attempts, usual, {"load": "step", "each.one": "step"}, 50.0)
    assert (load.usual, load.late, load.median) == (None, 0, 20.0)
    assert (one.count, one.median, one.longest, one.longest_task, one.late) == (2, 5.5, 19.0, "1.3", 2)
    assert one.usual.median == pytest.approx(1.2)


def test_the_time_for_an_answer_is_no_duration():
    assert step_durations(by_step([ran("load", 0, 20)], FLOW), {}, {"load": "question"}, 0.0) == ()


def test_each_recovery_tells_what_it_ran_and_kept():
    attempts = [
        ran("load", 0, 10),
        ran("each.one/1.1", 10, 11),
        ran("each.two/1.1", 11, 12, FAILED),
        ran("each.two/1.1", 50, 52, FAILED, attempt=2, recovery=1),
        ran("each.one/1.1", 90, 91, attempt=2, recovery=2),
        ran("each.two/1.1", 91, 92, attempt=3, recovery=2),
    ]
    attempts[1] = ran("each.one/1.1", 10, 11, LOST, is_outdated=True)
    layers = recovery_layers(by_step(attempts, FLOW), 3, is_driven=False)
    assert [(layer.number, layer.kept) for layer in layers] == [(0, 0), (1, 2), (2, 1), (3, 3)]
    assert [dict(layer.ran) for layer in layers] == [
        {"success": 1, "outdated": 1, "failure": 1},
        {"failure": 1},
        {"success": 2},
        {},
    ]
    assert layers[2].steps == (("each.one", 1), ("each.two", 1))
    assert (layers[1].started, layers[1].ended, layers[3].started) == (50.0, 52.0, None)


def test_a_table_has_the_failed_first_then_the_longest():
    attempts = [ran(f"each.one/1.{at}", at, at + at / 100) for at in range(1, 50)]
    attempts.insert(0, ran("load", 0, 0.001, FAILED))
    table = task_table(by_step(attempts, FLOW), {}, 0.0, is_driven=False, most=3)
    assert [row.attempt.sequence for row in table.rows] == ["1", "1.48", "1.49"]
    assert table.total == 50
