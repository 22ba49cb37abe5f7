"""How long is waited before a further attempt."""

from __future__ import annotations

import pytest

from sequent.model.durations import LONGEST, Backoff
from sequent.runtime.driver.desks.waits import wait_after


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        (Backoff(first=60.0, factor=2.0), [60, 120, 240, 480]),
        (Backoff(first=60.0, factor=1.0), [60, 60, 60, 60]),
        (Backoff(first=60.0, factor=3.0, ceiling=300.0), [60, 180, 300, 300]),
        (Backoff(first=60.0, factor=2.0, ceiling=30.0), [30, 30, 30, 30]),
        (Backoff(first=8.0, factor=0.5), [8, 4, 2, 1]),
        (Backoff(first=0.0, factor=2.0), [0, 0, 0, 0]),
    ],
)
def test_each_wait_is_so_many_times_the_one_before_up_to_the_ceiling(backoff, waits):
    assert [wait_after(backoff, failures, "k") for failures in range(1, 5)] == waits


@pytest.mark.parametrize("ceiling", [None, 900.0])
def test_a_wait_of_which_no_number_can_tell_is_the_longest_there_is(ceiling):
    backoff = Backoff(first=60.0, factor=10.0, ceiling=ceiling)
    assert wait_after(backoff, 100_000, "k") == (ceiling or LONGEST)


def test_jitter_makes_waits_shorter_and_longer_by_that_part_at_most_and_never_beyond_the_ceiling():
    backoff = Backoff(first=100.0, factor=1.0, jitter=0.2)
    waits = [wait_after(backoff, 1, f"task {number}") for number in range(1000)]
    assert 80 <= min(waits) < 82
    assert 118 < max(waits) <= 120
    assert 99 < sum(waits) / len(waits) < 101
    capped = Backoff(first=100.0, factor=1.0, ceiling=100.0, jitter=0.2)
    assert max(wait_after(capped, 1, f"task {number}") for number in range(100)) == 100


def test_jitter_is_the_same_each_time_and_another_for_each_task_and_each_attempt():
    backoff = Backoff(first=100.0, factor=1.0, jitter=1.0)
    keys = [("a/1", 1), ("b/1", 1), ("a/1", 2), ("a\udce9/1", 1)]
    waits = [wait_after(backoff, failures, key) for key, failures in keys]
    assert len(set(waits)) == 4
    assert waits == [wait_after(backoff, failures, key) for key, failures in keys]
