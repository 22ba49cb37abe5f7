"""The tasks of earlier runs: their attempts, their numbers, and usual durations where one is missing."""

from __future__ import annotations

import pytest

from sequent.view.earlier_tasks import EarlierTasks, UsualDurations
from tests.view.ran import ACTIVE, FAILED, LOST, ran


def test_the_attempts_of_a_task_are_counted_as_they_were():
    tasks = EarlierTasks([ran("load", 0, 3, FAILED), ran("load", 5, 9, attempt=2)])
    first, second = tasks.attempt("load/1", 1), tasks.attempt("load/1", 2)
    assert (first.status, first.ended) == (FAILED, 3)
    assert second.ended == 9
    assert tasks.attempt("load/1", 3) is None
    assert tasks.attempt("load/1", 0) is None
    assert tasks.attempt("other/1", 1) is None


def test_of_a_recovered_run_only_the_last_execution_of_a_task_counts():
    tasks = EarlierTasks(
        [
            ran("load", 0, 3, FAILED),
            ran("last", 4, 5),
            ran("load", 100, 101, FAILED, attempt=2, recovery=1),
            ran("load", 102, 104, attempt=3, recovery=1),
        ]
    )
    assert tasks.attempt("load/1", 1).started == 100
    assert tasks.attempt("load/1", 2).started == 102
    assert tasks.attempt("last/1", 1).started == 4


def test_attempts_without_an_end_of_their_own_do_not_count():
    given = [
        ran("a", 0, None, ACTIVE),
        ran("b", 0, 1, LOST),
        ran("c", 0, 1, is_passed=True),
        ran("d", 0, 1, is_outdated=True),
    ]
    assert EarlierTasks(given).attempts == []


def test_iterations_are_counted_at_each_depth():
    tasks = EarlierTasks([ran("each.inner.one/1.2.1", 0, 1), ran("each.inner.one/1.1.3", 0, 1), ran("many/1.7", 0, 1)])
    assert [tasks.iterations(path) for path in ("each", "each.inner", "many", "none")] == [2, 3, 7, 0]


def test_attempts_at_once_are_counted_by_host():
    times = [("", 0, 10), ("", 5, 15), ("", 10, 20), ("edge1", 0, 20), ("edge1", 1, 2), ("edge1", 1, 2)]
    tasks = EarlierTasks(
        [
            ran(f"a/1.{at}", start, end, host=host, host_depth=bool(host))
            for at, (host, start, end) in enumerate(times, 1)
        ]
    )
    assert [tasks.most_at_once(host) for host in ("", "edge1", "edge2")] == [2, 3, 0]


def test_a_missing_duration_is_one_of_those_of_the_step_where_it_runs():
    on_hosts = [
        ran("load/1", 0, seconds, host=host, host_depth=1) for host, seconds in (("one", 2), ("one", 4), ("two", 90))
    ]
    usual = UsualDurations([EarlierTasks([on_hosts[0], on_hosts[2]]), EarlierTasks([on_hosts[1], ran("a", 0, 7)])])
    drawn = [usual.drawn("load@one", "load", str(key)) for key in range(50)]
    assert min(drawn) >= 2
    assert max(drawn) <= 4
    assert max(drawn) - min(drawn) > 1
    assert usual.drawn("load@one", "load", "7") == usual.drawn("load@one", "load", "7")
    assert max(usual.drawn("load@new", "load", str(key)) for key in range(50)) > 4
    assert usual.drawn("none", "none", "") is None
    assert (usual.has("load"), usual.has("none")) == (True, False)


def test_a_step_of_which_nothing_is_known_is_guessed_as_the_median_step():
    usual = UsualDurations([EarlierTasks([ran("a", 0, 1), ran("b", 0, 3), ran("c", 0, 100)])])
    assert usual.of_any_step == pytest.approx(3)
    assert UsualDurations([]).of_any_step == 0.0
