"""Simulations whose steps take as long as in earlier runs of a store."""

from __future__ import annotations

import pytest

from sequent import container, item, step
from sequent.errors import UsageError
from sequent.testing import simulate


@container
class course:
    @step
    def find(self) -> list[int]: ...

    @container(repeats=find.result, parallel=0)
    class each:
        @step(retries=1)
        def work(self, number: int = item()) -> None: ...

    @container(repeats=lambda: [1, 2, 3])
    class called:
        @step
        def call(self) -> None: ...


@pytest.fixture
def store(runs):
    """The file of a store with three runs of different lengths."""
    for length in (10, 20, 30):
        runs.add(
            course,
            results={"find": lambda _: [1, 2]},
            items={"called": [0] * (length // 10)},
            durations={"find": 5, "each.work": length, "called.call": 1},
            failing={"each.work/1.1": 1} if length == 20 else {},
        )
    return runs.store._session.database.path


def test_durations_are_drawn_and_the_course_is_that_of_the_latest_run(store):
    night = simulate(course, history=store)
    assert night.order("each") == ["each.work/1.1", "each.work/1.2"]
    assert night.attempts("called") == 3
    assert night.ended_at("find") == 5
    lengths = [night.ended_at(f"each.work/1.{number}") - 5 for number in (1, 2)]
    assert all(10 <= length <= 30 for length in lengths)


def test_the_seed_chooses_the_durations(store):
    ends = [simulate(course, history=store, seed=seed).ended_at("each") for seed in (1, 1, 2, 3, 4)]
    assert ends[0] == ends[1]
    assert len(set(ends)) > 2


def test_what_the_author_says_comes_before_history(store):
    night = simulate(
        course,
        history=store,
        durations={"each.work": 7},
        results={"find": [1, 2, 3, 4]},
        items={"called": ["x"]},
        failing={"each.work/1.4": 1},
    )
    assert night.attempts("each") == 5
    assert night.attempts("called") == 1
    assert night.ended_at("each.work/1.1") == 12


def test_attempts_that_failed_in_earlier_runs_succeed(store):
    assert simulate(course, history=store).attempts("each.work/1.1") == 1


def test_a_recovery_still_knows_the_history(store):
    night = simulate(course, history=store, failing=["find"])
    again = night.recover(failing=())
    assert again
    assert again.attempts("each") == 2


def test_a_store_without_a_run_of_the_flow_is_told(tmp_path):
    with pytest.raises(UsageError, match="no earlier run of the flow 'course'"):
        simulate(course, history=tmp_path / "none.db")
