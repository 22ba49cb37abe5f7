"""Only limits that a replay reached are lifted, and the others would have changed nothing."""

from __future__ import annotations

from random import Random

import pytest

from sequent import Pool, Sequent
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.forecast import forecasting
from sequent.forecast.limit_use import LimitUse
from sequent.forecast.limits import LimitedPlan, LimitKind, RunLimit
from sequent.testing import Host
from sequent.testing.history import read_history
from tests.endurance.random_flows import Drawing


@pytest.fixture
def replays(monkeypatch):
    """The replays that are made."""
    made, replayed = [], forecasting.replayed
    monkeypatch.setattr(forecasting, "replayed", lambda *given: made.append(given) or replayed(*given))
    return made


@pytest.mark.parametrize("slots", [1, 3, 64])
@pytest.mark.parametrize("seed", range(12))
def test_to_lift_all_limits_tells_no_more(runs, monkeypatch, seed, slots):
    """Whatever the flow; steps take whole seconds, so many end as others begin."""
    flow = Drawing(Random(seed)).flow
    runs.add(flow, durations=lambda task: Random(f"{seed} {task.key}").randint(0, 3), max_concurrent=slots)
    made = runs.forecast(flow, slots=slots)
    for name in ("reaches", "exceeds"):
        monkeypatch.setattr(LimitUse, name, lambda *_: True)
    assert runs.forecast(flow, slots=slots) == made


def test_limits_that_were_not_reached_take_no_replay(runs, replays):
    flow = Sequent("flow")
    for number in range(6):
        flow.add_step(f"s{number}", func=print, acquires={Pool(f"p{number}", 2): 1}, max_concurrent=3)
    runs.add(flow, durations={"s0": 5}, max_concurrent=64)
    made = runs.forecast(flow, slots=64)
    assert made.held_up == ()
    # The run as it was, and without all limits.
    assert len(replays) == 2


def test_a_large_request_may_wait_for_a_pool_that_is_half_empty(runs):
    flow = Sequent("flow")
    pool = Pool("room", 4)
    flow.add_step("large", func=print, acquires={pool: 3}, requires=flow.add_step("first", func=print))
    flow.add_step("small", func=print, acquires={pool: 2})
    runs.add(flow, durations={"first": 1, "small": 5, "large": 7}, max_concurrent=64)
    (held,) = runs.forecast(flow, slots=64).held_up
    assert (held.limit.kind, held.seconds, held.alone) == (LimitKind.POOL, pytest.approx(4), pytest.approx(4))


def test_tasks_of_other_hosts_need_no_place_here(runs, replays):
    flow = Sequent("flow")
    flow.add_step("far", func=print, repeats=[1, 2, 3], parallel=0, hosts=["edge1"])
    flow.add_step("near", func=print)
    runs.add(flow, durations={"far": 5, "near": 1}, hosts={"edge1": Host(max_concurrent=4)}, max_concurrent=2)
    made = runs.forecast(flow, slots=2, changes={"hosts": {"edge1": 4}})
    assert made.held_up == ()
    assert len(replays) <= 3


def test_the_progress_is_told(runs):
    flow = Sequent("flow")
    flow.add_step("a", func=print, repeats=[1, 2, 3], parallel=0)
    for _ in range(3):
        runs.add(flow, durations={"a": 5}, max_concurrent=1)
    told = []
    runs.forecast(flow, slots=1, watch=lambda *given: told.append(given))
    assert told == [
        *(("earlier runs replayed", done, 3) for done in range(3)),
        *(("runs of today replayed", done, 3) for done in range(3)),
        ("limits lifted", 0, 1),
    ]


@pytest.mark.parametrize(
    ("amount", "is_reached", "is_exceeded"), [(2, True, True), (3, True, False), (4, False, False)]
)
def test_a_limit_of_a_container_is_one_of_all_tasks_in_it(runs, amount, is_reached, is_exceeded):
    flow = Sequent("flow")
    block = flow.add_step("block")
    for name in ("a", "b", "c"):
        block.add_step(name, func=print)
    flow.add_step("blocked", func=print)
    runs.add(flow, durations=dict.fromkeys(("block.a", "block.b", "block.c", "blocked"), 5), max_concurrent=64)
    history = read_history(runs.store, "flow", 1)
    limited = LimitedPlan(plan=compile_flow(definition_of(flow).spec, {}), slots=64, hosts={})
    limit = RunLimit(kind=LimitKind.TASKS, name="block", amount=amount)
    used = LimitUse(limited, history.runs[0].tasks.attempts, {})
    assert (used.reaches(limit), used.exceeds(limit)) == (is_reached, is_exceeded)


def test_the_largest_request_of_a_pool_counts(runs):
    flow = Sequent("flow")
    pool = Pool("room", 5)
    for name, amount in (("a", 1), ("b", 3)):
        flow.add_step(name, func=print, acquires={pool: amount})
    limited = LimitedPlan(plan=compile_flow(definition_of(flow).spec, {}), slots=64, hosts={})
    limit = RunLimit(kind=LimitKind.POOL, name="room", amount=5)
    assert LimitUse(limited, [], {"room": 3}).reaches(limit)
    assert not LimitUse(limited, [], {"room": 2}).reaches(limit)
    assert not LimitUse(limited, [], {"room": 5}).exceeds(limit)
    assert LimitUse(limited, [], {"room": 6}).exceeds(limit)
