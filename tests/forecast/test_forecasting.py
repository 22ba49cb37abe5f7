"""A forecast: earlier runs replayed, under the limits of today or others."""

from __future__ import annotations

from random import Random

import pytest

from sequent import Pool, Sequent, container, item, param, step
from sequent.errors import InvalidFlowError, UsageError
from sequent.forecast.limits import LimitKind
from tests.endurance.random_flows import Drawing
from tests.forecast.simulated_runs import NOW

db = Pool("db", 1)


@container
class nightly:
    """Three steps of which two need the pool, and one after them."""

    @step(acquires={db: 1})
    def a(self) -> None: ...

    @step(acquires={db: 1})
    def b(self) -> None: ...

    @step
    def c(self) -> None: ...

    @step(requires=a & b & c)
    def last(self) -> None: ...


LENGTHS = {"a": 10, "b": 20, "c": 5, "last": 1}


def gains(made):
    return {(held.limit.kind, held.limit.name): (held.seconds, held.alone) for held in made.held_up}


def test_runs_that_took_the_same_time_give_that_time(runs):
    for _ in range(3):
        runs.add(nightly, durations=LENGTHS)
    made = runs.forecast(nightly)
    assert (made.seconds.low, made.seconds.median, made.seconds.high) == pytest.approx((31, 31, 31))
    assert made.offset == pytest.approx(0)
    assert (made.start, made.failed, len(made.runs), made.unchanged) == (NOW, 0, 3, None)
    assert [task.path for task in made.critical_path.tasks] == ["b", "last"]
    assert made.without_history == ()


def test_a_larger_pool_and_the_difference_that_it_makes(runs):
    for longer in range(5):
        runs.add(nightly, durations={**LENGTHS, "b": 20 + longer})
    made = runs.forecast(nightly, changes={"pools": {"db": 2}})
    assert made.seconds.median == pytest.approx(23)
    assert made.unchanged.median == pytest.approx(33)
    assert made.difference == pytest.approx(-10)
    assert made.held_up == ()


def test_the_pool_that_holds_a_run_up_is_named_with_the_time_that_it_costs(runs):
    runs.add(nightly, durations=LENGTHS)
    made = runs.forecast(nightly)
    assert gains(made) == {(LimitKind.POOL, "db"): pytest.approx((10, 10))}
    assert made.without_limits == pytest.approx(10)


def test_limits_that_hide_each_other_are_found_alone(runs):
    runs.add(nightly, durations=LENGTHS, max_concurrent=1)
    made = runs.forecast(nightly, slots=1)
    slots, pool = (LimitKind.SLOTS, ""), (LimitKind.POOL, "db")
    assert gains(made) == {slots: pytest.approx((5, 15)), pool: pytest.approx((0, 10))}
    assert made.without_limits == pytest.approx(15)
    assert runs.forecast(nightly, slots=1, changes={"max_concurrent": 0}).difference == pytest.approx(-5)


def test_limits_of_steps_and_of_iterations(runs):
    flow = Sequent("flow")
    block = flow.add_step("block", repeats=[1, 2, 3, 4], parallel=2)
    block.add_step("work", func=print)
    flow.add_step("many", func=print, repeats=[1, 2, 3, 4], parallel=0, max_concurrent=1)
    runs.add(flow, durations={"block.work": 10, "many": 6}, max_concurrent=64)
    made = runs.forecast(flow, slots=64)
    assert gains(made) == {
        (LimitKind.TASKS, "many"): pytest.approx((4, 14)),
        (LimitKind.ITERATIONS, "block"): pytest.approx((0, 10)),
    }


def test_tasks_at_once_on_a_host_are_as_many_as_ran_there(runs):
    flow = Sequent("flow")
    flow.add_step("load", func=print, repeats=[1, 2, 3, 4], parallel=0, hosts=["edge1"])
    from sequent.testing import Host

    runs.add(flow, durations={"load": 10}, hosts={"edge1": Host(max_concurrent=2)})
    made = runs.forecast(flow)
    assert made.seconds.median == pytest.approx(20)
    assert gains(made) == {(LimitKind.HOST, "edge1"): pytest.approx((10, 10))}
    assert runs.forecast(flow, changes={"hosts": {"edge1": 4}}).difference == pytest.approx(-10)
    with pytest.raises(UsageError, match="edge2") as told:
        runs.forecast(flow, changes={"hosts": {"edge2": 4}})
    assert "edge1" in told.value.hint


@pytest.mark.parametrize("seed", range(25))
def test_a_replay_takes_as_long_as_the_run_that_it_follows(runs, seed):
    """Whatever the flow: nested repeats, pools, delays, limits, attempts that fail and are tried again."""
    flow = Drawing(Random(seed)).flow

    def seconds(task):
        return Random(f"{seed} {task.key} {task.attempt}").uniform(0.5, 20)

    def fails(task):
        return task.attempt < 4 and Random(f"{seed} {task.key} {task.attempt} fails").random() < 0.3

    ended = runs.add(flow, durations=seconds, failing=fails, max_concurrent=3)
    assert ended
    made = runs.forecast(flow, slots=3)
    assert made.offset == pytest.approx(0, abs=1e-6)
    assert made.seconds.median == pytest.approx(ended.duration)
    if made.critical_path.count:
        assert made.critical_path.tasks[-1].ended == pytest.approx(NOW + ended.duration, rel=0, abs=1e-3)


def test_results_of_the_run_decide_the_course(runs):
    @container
    class course:
        @step
        def find(self) -> list[int]: ...

        @container(repeats=find.result)
        class each:
            @step
            def work(self, number: int = item()) -> None: ...

        @step(requires=each)
        def weigh(self) -> str: ...

        @step(requires=weigh.returned("heavy"))
        def slowly(self) -> None: ...

        @container(repeats=lambda: iter(range(10**6)), requires=weigh)
        class search:
            @step
            def check(self) -> bool: ...

            until = check

    results = {
        "find": lambda _: [1, 2, 3],
        "weigh": "heavy",
        "search.check": lambda task: task.sequence == "1.4",
    }
    lengths = {"find": 1, "each.work": 10, "weigh": 1, "slowly": 100, "search.check": 7}
    ended = runs.add(course, results=results, durations=lengths)
    made = runs.forecast(course)
    assert ended.duration == pytest.approx(132)
    assert made.seconds.median == pytest.approx(132)
    assert made.without_history == ()


def test_a_task_that_the_run_does_not_have_returns_what_the_last_of_its_step_returned(runs):
    @container
    class flow:
        rounds: list[int] = param()

        @container(repeats=rounds)
        class each:
            @step
            def weigh(self) -> str: ...

            @step(requires=weigh.returned("heavy"))
            def slowly(self) -> None: ...

    runs.add(flow, params={"rounds": [1]}, results={"each.weigh": "heavy"}, durations={"each.slowly": 10})
    assert runs.forecast(flow, params={"rounds": [1, 2, 3]}).seconds.median == pytest.approx(30)


def test_parameters_are_those_of_the_latest_run_unless_given(runs):
    @container
    class flow:
        rounds: list[int] = param()

        @container(repeats=rounds)
        class each:
            @step
            def work(self) -> None: ...

    for number in (2, 3):
        runs.add(flow, params={"rounds": [*range(number)]}, durations={"each.work": number})
    made = runs.forecast(flow)
    assert (made.params, made.params_of) == ({"rounds": "[0,1,2]"}, "r00002")
    assert made.offset == pytest.approx(0)
    # Three rounds of 2 seconds, or of 3.
    assert (made.seconds.count, made.seconds.median) == (2, pytest.approx(7.5))
    longer = runs.forecast(flow, params={"rounds": [1] * 10})
    assert longer.seconds.median == pytest.approx(25)


def test_the_time_that_runs_took_longer_than_their_replays_is_added(runs):
    slow = Sequent("flow")
    slow.add_step("a", func=print, delay=7)
    quick = Sequent("flow")
    quick.add_step("a", func=print)
    for _ in range(2):
        runs.add(slow, durations={"a": 3})
    made = runs.forecast(quick)
    assert made.offset == pytest.approx(7)
    assert made.seconds.median == pytest.approx(10)


def test_runs_that_had_more_slots_than_today_were_not_too_quick(runs):
    flow = Sequent("flow")
    flow.add_step("work", func=print, repeats=[1, 2, 3], parallel=0)
    runs.add(flow, durations={"work": 10}, max_concurrent=3)
    made = runs.forecast(flow, slots=1)
    assert made.offset == pytest.approx(0)
    assert made.seconds.median == pytest.approx(30)


def test_a_step_that_never_ran_is_named_and_guessed(runs):
    new = Sequent("nightly")
    for name in ("a", "b", "c"):
        new.add_step(name, func=print)
    new.add_step("more", func=print, requires=new.add_step("last", func=print))
    runs.add(nightly, durations={"a": 4, "b": 4, "c": 4, "last": 4})
    made = runs.forecast(new)
    assert made.without_history == ("more",)
    assert made.critical_path.tasks[-1].path == "more"
    assert made.critical_path.tasks[-1].ended - made.critical_path.tasks[-1].started == pytest.approx(4)


def test_failed_runs_count_only_if_none_has_succeeded(runs):
    runs.add(nightly, durations=LENGTHS, failing=["last"])
    made = runs.forecast(nightly)
    assert (made.runs, made.has_success, made.without_history) == (("r00001",), False, ("last",))
    assert made.seconds.median == pytest.approx(40)
    runs.add(nightly, durations=LENGTHS)
    made = runs.forecast(nightly)
    assert (made.runs, made.has_success, made.seconds.median) == (("r00002",), True, pytest.approx(31))


def test_only_the_latest_runs_are_replayed(runs):
    for number in range(4):
        runs.add(nightly, durations={"c": 100 * number})
    assert runs.forecast(nightly, most_runs=2).runs == ("r00004", "r00003")


def test_without_an_earlier_run_there_is_no_forecast(runs):
    with pytest.raises(UsageError, match="no earlier run of the flow 'nightly'") as told:
        runs.forecast(nightly)
    assert "run it once" in told.value.hint


def test_runs_in_which_nothing_has_succeeded_are_not_denied(runs):
    for _ in range(2):
        runs.add(nightly, failing=lambda _: True)
    with pytest.raises(UsageError, match="no step has succeeded in 2 runs of the flow 'nightly'"):
        runs.forecast(nightly)


def test_a_pool_that_the_flow_does_not_have_is_refused_with_those_that_it_has(runs):
    runs.add(nightly)
    with pytest.raises(UsageError, match="no pool 'bd'") as told:
        runs.forecast(nightly, changes={"pools": {"bd": 2}})
    assert told.value.hint == "there are: db"


def test_a_pool_that_is_too_small_for_a_step_is_refused(runs):
    pool = Pool("room", 4)
    flow = Sequent("flow")
    flow.add_step("a", func=print, acquires={pool: 3})
    runs.add(flow)
    with pytest.raises(InvalidFlowError):
        runs.forecast(flow, changes={"pools": {"room": 2}})


def test_a_flow_whose_replays_all_fail_has_no_forecast(runs):
    patient = Sequent("flow")
    patient.add_step("a", func=print, retries=1)
    runs.add(patient, failing={"a": 1})
    impatient = Sequent("flow")
    impatient.add_step("a", func=print)
    with pytest.raises(UsageError, match="replay"):
        runs.forecast(impatient)


def test_a_new_run_lies_in_the_band_in_eight_of_ten_cases(runs):
    """Runs of random flows: each is slower or quicker as a whole, and each task by itself."""
    hits = tries = 0
    for seed in range(20):
        flow = Drawing(Random(seed)).flow
        name = f"drawn{seed}"
        flow.name = name

        def seconds(task, seed=seed, run=0):
            step_length = Random(f"{seed} {task.path}").uniform(5, 50)
            noise = Random(f"{seed} {run} {task.key} {task.attempt}").lognormvariate(0, 0.25)
            return step_length * noise * Random(f"{seed} {run}").lognormvariate(0, 0.1)

        for run in range(10):
            runs.add(flow, durations=lambda task, run=run: seconds(task, run=run), max_concurrent=3)
        band = runs.forecast(flow, slots=3).seconds
        for run in range(100, 103):
            ended = runs.add(flow, durations=lambda task, run=run: seconds(task, run=run), max_concurrent=3)
            tries += 1
            hits += band.low <= ended.duration <= band.high
    assert tries == 60
    assert 0.7 < hits / tries < 0.9
