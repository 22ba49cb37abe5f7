"""What authors may say of a simulation, and what they are told of it."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import sequent
from sequent import Pool, command, container, item, outer, param, previous, step
from sequent.model.status import RunStatus, Status
from sequent.testing import Event, Kind, simulate

HOUR = 3600.0
DAY = 24 * HOUR


def never(*args: object, **kwargs: object) -> Any:
    """Be a step of a simulation, in which no step runs."""
    raise AssertionError("a step was run")


def flow_of(*names: str, **options: object) -> sequent.Sequent:
    """Steps one after the other; the options are of the first."""
    flow = sequent.Sequent("f")
    before = None
    for name in names:
        before = flow.add_step(name, func=never, requires=before, **(options if before is None else {}))
    return flow


@container
class nightly:
    """Extract, process, transmit."""

    day: str = param(default="today")

    @step(retries=3, backoff="1m")
    def orders(self) -> str:
        raise AssertionError("a step was run")

    @container(repeats=["eu", "us"], parallel=2)
    class transmit:
        region: str = item()
        merged: str = outer.orders.result

        send = command("rsync", "--", merged, region, retries=2, retry_on=[75])
        result = send

        @step(requires=send.failed, handles=False)
        def alert(self) -> None:
            raise AssertionError("a step was run")

    @step(requires=transmit)
    def report(self) -> None:
        raise AssertionError("a step was run")

    @step(requires=transmit.done)
    def tidy(self) -> None:
        raise AssertionError("a step was run")


# -- what is told ---------------------------------------------------------------------------------


def test_no_step_runs_and_everything_happens_in_order():
    simulation = simulate(nightly)
    assert simulation
    assert simulation.order() == ["orders", "transmit.send/1.1", "transmit.send/1.2", "report", "tidy"]
    assert simulation.skipped == ("transmit.alert/1.1", "transmit.alert/1.2")
    assert simulation.outcome.counts == {Status.SUCCESS: 5, Status.SKIPPED: 2}


def test_events_are_records_with_time_path_sequence_and_attempt():
    simulation = simulate(flow_of("a", retries=1, backoff="1m"), failing={"a": 1}, durations={"a": "30s"})
    problem = simulation.events[1].problem
    a = {"path": "a", "sequence": "1"}
    assert simulation.events == (
        Event(at=0.0, kind=Kind.STARTED, **a, attempt=1),
        Event(at=30.0, kind=Kind.ENDED, **a, attempt=1, status=Status.FAILURE, problem=problem),
        Event(at=30.0, kind=Kind.WAITS, **a, attempt=2, until=90.0),
        Event(at=90.0, kind=Kind.STARTED, **a, attempt=2),
        Event(at=120.0, kind=Kind.ENDED, **a, attempt=2, status=Status.SUCCESS),
    )
    assert "      30.000  a/1 waits (attempt 2) until 90.000" in str(simulation).splitlines()


def test_containers_open_and_close_each_iteration():
    simulation = simulate(nightly, failing=["transmit.send/1.2"])
    found = [(event.kind, event.sequence, event.status) for event in simulation.events if event.path == "transmit"]
    assert found == [
        (Kind.OPENED, "1.1", None),
        (Kind.OPENED, "1.2", None),
        (Kind.CLOSED, "1.1", Status.SUCCESS),
        (Kind.CLOSED, "1.2", Status.FAILURE),
    ]


def test_the_status_of_tasks_containers_and_iterations_is_told():
    simulation = simulate(nightly, failing=["transmit.send/1.2"])
    wanted = {
        "orders": Status.SUCCESS,
        "orders/1": Status.SUCCESS,
        "transmit.send/1.1": Status.SUCCESS,
        "transmit.send/1.2": Status.FAILURE,
        "transmit.alert/1.1": Status.SKIPPED,
        "transmit/1.1": Status.SUCCESS,
        "transmit/1.2": Status.FAILURE,
        "transmit": Status.FAILURE,
        "transmit/1": Status.FAILURE,
        "report": Status.CANCELLED,
        "tidy": Status.SUCCESS,
    }
    assert {name: simulation.status_of(name) for name in wanted} == wanted
    assert simulation.failed == ("transmit.send/1.2",)
    assert (simulation.ran("transmit.alert/1.2"), simulation.ran("transmit.alert/1.1")) == (True, False)
    assert simulation.ran("transmit")


def test_iterations_that_differ_must_be_named():
    simulation = simulate(nightly, failing=["transmit.send/1.2"])
    with pytest.raises(sequent.SequentError, match=r"transmit\.send/1\.1: success, transmit\.send/1\.2: failure"):
        simulation.status_of("transmit.send")


def test_a_container_that_never_began_is_skipped_with_all_that_is_in_it():
    flow = flow_of("a", "b")
    block = flow.add_step("block", requires=((flow.root.__sequent__.children["a"], sequent.STEP_FAILURE),))
    block.add_step("mend", func=never)
    simulation = simulate(flow)
    assert simulation.status_of("block") is Status.SKIPPED
    assert simulation.status_of("block.mend") is Status.SKIPPED
    assert simulation.status_of("block.mend/1.1") is Status.SKIPPED


def test_so_it_is_in_a_success_within_a_failure_but_where_something_stopped_nobody_says():
    flow = sequent.Sequent("f")
    outer = flow.add_step("outer")
    a = outer.add_step("a", func=never)
    outer.add_step("inner", requires=a.failed).add_step("mend", func=never)
    last = flow.add_step("last", func=never, requires=outer)
    flow.add_step("after", requires=last).add_step("more", func=never)
    simulation = simulate(flow, failing=["last"])
    assert simulation.status_of("outer.inner") is Status.SKIPPED
    assert simulation.status_of("outer.inner.mend") is Status.SKIPPED
    assert simulation.status_of("outer.inner.mend/1.1.1") is Status.SKIPPED
    assert simulation.status_of("after.more/1.1") is Status.WAITING


def test_an_iteration_that_there_never_was_is_an_error():
    with pytest.raises(sequent.SequentError, match="'transmit' has no iteration 3"):
        simulate(nightly).status_of("transmit.send/1.3")


def test_what_is_cancelled_by_a_failure_is_told():
    flow = sequent.Sequent("f", config={"max_concurrent": 1})
    flow.add_step("a", func=never)
    flow.add_step("b", func=never)
    assert simulate(flow, failing="a").cancelled == ("b",)


def test_times_and_attempts_are_told_of_tasks_and_containers():
    simulation = simulate(nightly, failing={"orders": 2}, durations={"orders": 10, "transmit.send": HOUR})
    assert simulation.attempts("orders") == 3
    assert simulation.started_at("orders") == 0.0
    assert simulation.ended_at("orders") == 10 + 60 + 10 + 120 + 10
    assert simulation.started_at("transmit") == 210.0
    assert simulation.duration == 210.0 + HOUR
    assert simulation.order("transmit") == ["transmit.send/1.1", "transmit.send/1.2"]


# -- failing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failing", "attempts"),
    [
        ("orders", 4),
        (["orders"], 4),
        ({"orders"}, 4),
        ({"orders": True}, 4),
        ({"orders": 2}, 3),
        ({"orders": 0}, 1),
        ({"orders": False}, 1),
        ({"orders": [True, ValueError("no"), False]}, 3),
        ({"orders": [False, True]}, 1),
        ({"orders": ValueError}, 4),
        ({"orders": lambda task: task.attempt < 3}, 3),
        ({"orders": lambda task: KeyError("x") if task.attempt == 1 else None}, 2),
        (lambda task: task.path == "orders" and task.attempt == 1, 2),
        ((), 1),
    ],
)
def test_attempts_fail_as_is_said(failing, attempts):
    assert simulate(nightly, failing=failing).attempts("orders") == attempts


def test_one_iteration_goes_before_all_of_them():
    failing = {"transmit.send": True, "transmit.send/1.1": False}
    assert simulate(nightly, failing=failing).failed == ("transmit.send/1.2",)


def test_exceptions_are_told_and_tried_again_by_their_class():
    flow = flow_of("a", retries=1, retry_on=[OSError])
    assert simulate(flow, failing={"a": TimeoutError("slow")}).attempts("a") == 2
    assert simulate(flow, failing={"a": TimeoutError}).attempts("a") == 2
    simulation = simulate(flow, failing={"a": ValueError("odd")})
    assert simulation.attempts("a") == 1
    (failure,) = simulation.outcome.failures
    assert (failure.type, failure.message) == ("ValueError", "odd")


@pytest.mark.parametrize(
    ("failing", "attempts", "code"), [(SystemExit(75), 3, 75), (SystemExit(3), 1, 3), (True, 1, 1)]
)
def test_commands_fail_with_exit_codes(failing, attempts, code):
    simulation = simulate(nightly, failing={"transmit.send/1.1": failing})
    assert simulation.attempts("transmit.send/1.1") == attempts
    (failure,) = simulation.outcome.failures
    assert (failure.type, failure.exit_code) == ("ExitStatus", code)


def test_a_callable_sees_item_and_self():
    seen = []

    def asked(task):
        seen.append((task.key, task.item, task.container.region, task.container.merged))
        return task.item == "us"

    simulation = simulate(nightly, failing={"transmit.alert": asked, "transmit.send": True}, results={"orders": "file"})
    assert simulation.failed == ("transmit.send/1.1", "transmit.send/1.2", "transmit.alert/1.2")
    assert seen == [("transmit.alert/1.1", "eu", "eu", "file"), ("transmit.alert/1.2", "us", "us", "file")]


# -- durations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "durations",
    [
        {"orders": 90},
        {"orders": "90s"},
        {"orders": timedelta(minutes=1.5)},
        {"orders": ("90s", 90)},
        {"orders": lambda task: 90 * task.attempt},
        {"orders/1": 90, "orders": 5},
        lambda task: "90s" if task.path == "orders" else 0,
    ],
)
def test_attempts_take_as_long_as_is_said(durations):
    assert simulate(nightly, durations=durations).duration == 90.0


def test_a_range_is_drawn_from_the_seed_for_each_attempt_on_its_own():
    def ended(**options: object) -> dict[str, float]:
        simulation = simulate(nightly, durations={"transmit.send": (0, HOUR), "tidy": (0, 5)}, **options)
        return {name: simulation.ended_at(name) for name in ("transmit.send/1.1", "transmit.send/1.2")}

    first = ended()
    assert first == ended(seed=0)
    assert len({*first.values(), *ended(seed=1).values()}) == 4
    assert all(0 <= moment <= HOUR for moment in first.values())


def test_the_same_seed_gives_the_same_events():
    def events(seed: int) -> tuple[Event, ...]:
        return simulate(nightly, seed=seed, failing={"orders": 1}, durations={"transmit.send": (1, 100)}).events

    assert events(7) == events(7)
    assert events(7) != events(8)


def test_what_takes_longer_than_its_timeout_fails_then_as_timed_out():
    flow = flow_of("a", timeout="30s", retries=1)
    simulation = simulate(flow, durations={"a": 31})
    assert simulation.duration == 60.0
    (failure,) = simulation.outcome.failures
    assert (failure.type, failure.message, failure.attempt) == ("TimeoutError", "took longer than 30 s", 2)
    assert simulate(flow, durations={"a": 30})


# -- time -----------------------------------------------------------------------------------------


def test_a_week_of_hourly_delays_is_over_at_once():
    flow = sequent.Sequent("week")
    hours = flow.add_step("hour", repeats=range(7 * 24), delay="1h")
    check = hours.add_step("check", func=never, retries=3, backoff=("1m", 2))
    hours.add_step("act", func=never, requires=check, delay="10m")
    simulation = simulate(flow, failing={"hour.check": 2})
    assert simulation
    assert simulation.duration == HOUR + 7 * 24 * (60 + 120 + 600)
    assert simulation.attempts("hour.check") == 3 * 7 * 24


def test_waits_and_steps_overlap():
    flow = sequent.Sequent("f")
    short = flow.add_step("short", func=never)
    flow.add_step("delayed", func=never, delay=30)
    flow.add_step("long", func=never)
    flow.add_step("next", func=never, requires=short)
    simulation = simulate(flow, durations={"short": 10, "long": 60, "delayed": 5})
    told = [(event.at, event.path) for event in simulation.events if event.kind is Kind.ENDED]
    assert told == [(10.0, "short"), (10.0, "next"), (35.0, "delayed"), (60.0, "long")]


def test_how_much_time_passes_costs_nothing():
    def turns(days: int) -> int:
        return len(simulate(flow_of("a", "b", delay=days * DAY)).events)

    assert turns(1) == turns(3650)


def test_what_waits_for_a_moment_waits_for_the_simulated_one():
    flow = flow_of("a", delay=datetime(2026, 11, 24, 6, tzinfo=UTC))
    simulation = simulate(flow, start=datetime(2026, 11, 23, 18, tzinfo=UTC))
    assert simulation.started_at("a") == 12 * HOUR


# -- results --------------------------------------------------------------------------------------


def test_results_decide_over_what_is_repeated():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=never)
    flow.add_step("load", func=never, repeats=find.result)
    assert simulate(flow, results={"find": ["a", "b"]}).order("load") == ["load/1.1", "load/1.2"]


def test_results_are_handed_on_and_may_be_made_of_what_a_step_is_given():
    flow = sequent.Sequent("f")
    one = flow.add_step("one", func=never)
    two = flow.add_step("two", func=never, args=(one.result,), kwargs={"n": 2})
    flow.result = two
    simulation = simulate(flow, results={"one": 20, "two": lambda task: task.args[0] + task.kwargs["n"]})
    assert simulation.outcome.result == 22


def test_a_loop_ends_once_a_given_result_says_so():
    flow = sequent.Sequent("f")
    flow.add_step("poll", func=never, repeats=itertools.count, until=True, delay="1m")
    simulation = simulate(flow, results={"poll": lambda task: task.sequence == "1.5"})
    assert simulation.attempts("poll") == 5
    assert simulation.duration == 300.0


def test_previous_results_reach_the_next_iteration():
    flow = sequent.Sequent("f")
    total = flow.add_step("total", func=never, repeats=[1, 2, 3], args=(previous(0), item()))
    flow.result = total
    simulation = simulate(flow, results={"total": lambda task: task.args[0] + task.args[1]})
    assert simulation.outcome.result == [1, 3, 6]


@pytest.mark.parametrize(("kind", "ran"), [("full", "load_all"), ("partial", "load_some")])
def test_branches_are_taken_by_what_is_returned(kind, ran):
    flow = sequent.Sequent("f")
    kind_of = flow.add_step("kind_of", func=never)
    flow.add_step("load_all", func=never, requires=kind_of.returned("full"))
    flow.add_step("load_some", func=never, requires=kind_of.returned("partial"))
    assert simulate(flow, results={"kind_of": kind}).order() == ["kind_of", ran]


# -- items ----------------------------------------------------------------------------------------


def drawn() -> list[int]:
    return [1, 2, 3]


def test_items_are_given_or_had_from_the_callable():
    flow = sequent.Sequent("f")
    flow.add_step("load", func=never, repeats=drawn)
    assert simulate(flow).attempts("load") == 3
    assert simulate(flow, items={"load": ["a"]}).attempts("load") == 1
    assert simulate(flow, items={"load": range(5)}).attempts("load") == 5


def test_items_that_cannot_be_had_fail_their_repeat():
    flow = sequent.Sequent("f")
    flow.add_step("load", func=never, repeats=drawn)
    simulation = simulate(flow, items={"load": OSError("gone")})
    assert simulation.status_of("load") is Status.FAILURE
    assert [failure.message for failure in simulation.outcome.failures] == ["gone"]


@container
class paged:
    @step
    def count(self) -> int:
        raise AssertionError("a step was run")

    @container
    class around:
        found: int = outer.count.result

        @step(repeats=lambda self: range(self.found))
        def load(self) -> None:
            raise AssertionError("a step was run")


def test_a_callable_sees_given_results_by_self():
    assert simulate(paged, results={"count": 4}).attempts("around.load") == 4


# -- limits ---------------------------------------------------------------------------------------


def test_the_most_of_a_pool_and_of_running_attempts_is_told():
    db = Pool("db", 3)
    flow = sequent.Sequent("f")
    flow.add_step("read", func=never, repeats=range(10), parallel=0, acquires={db: 1})
    flow.add_step("write", func=never, acquires={db: 2})
    flow.add_step("other", func=never)
    simulation = simulate(flow, durations={"read": 60, "write": 60, "other": 90})
    assert (simulation.peak(db), simulation.peak("db")) == (3, 3)
    assert simulation.peak_running("read") == 3
    assert simulation.peak_running() == 4
    assert simulation.duration == 240.0


def test_what_is_held_of_shared_pools_is_told_as_well():
    db = Pool("db", 3, shared=True)
    flow = sequent.Sequent("f")
    flow.add_step("read", func=never, repeats=range(4), parallel=0, acquires={db: 2})
    simulation = simulate(flow, durations={"read": 60})
    assert simulation
    assert simulation.peak(db) == 2
    assert simulation.peak_running() == 1


@pytest.mark.parametrize(("limit", "most"), [(None, 10), (4, 4), (0, 10)])
def test_limits_are_those_of_the_flow_unless_another_is_given(limit, most):
    flow = sequent.Sequent("f")
    flow.add_step("a", func=never, repeats=range(10), parallel=0)
    assert simulate(flow, max_concurrent=limit, durations={"a": 1}).peak_running() == most
    limited = sequent.Sequent("f", config={"max_concurrent": 3})
    limited.add_step("a", func=never, repeats=range(10), parallel=0)
    assert simulate(limited, durations={"a": 1}).peak_running() == 3


# -- parameters -----------------------------------------------------------------------------------


def test_parameters_are_given_as_to_a_run():
    asked = []

    def result(task):
        asked.append(task.container.day)
        return "x"

    simulate(nightly(day="monday"), results={"orders": result})
    simulate(nightly, params={"day": "tuesday"}, results={"orders": result})
    simulate(nightly, results={"orders": result})
    assert asked == ["monday", "tuesday", "today"]


# -- what comes next ------------------------------------------------------------------------------


def test_a_recovery_keeps_what_has_succeeded():
    simulation = simulate(nightly, failing=["transmit.send/1.2"])
    assert not simulation
    recovery = simulation.recover(failing=())
    assert recovery
    assert recovery.outcome.recovery == 1
    assert recovery.order() == ["transmit.send/1.2", "report", "tidy"]
    assert recovery.status_of("orders") is Status.SUCCESS
    assert recovery.attempts("transmit.send") == 1
    assert simulation.order()[0] == "orders"


def test_a_recovery_goes_on_as_before_but_for_what_is_said_anew():
    flow = flow_of("a", "b")
    simulation = simulate(flow, failing={"b": 2}, durations={"b": 10})
    again = simulation.recover(after="1h")
    assert again.failed == ("b",)
    assert again.started_at("b") == 10.0 + HOUR
    assert again.recover(durations={"b": 5}).duration == 5.0


def test_recovering_a_success_does_nothing():
    recovery = simulate(flow_of("a")).recover()
    assert recovery
    assert recovery.events == ()


def test_ctrl_c_lets_what_runs_finish_and_the_rest_can_be_recovered():
    flow = flow_of("a", "b", "c")
    simulation = simulate(flow, durations=lambda task: 60, stop_at=90)
    assert simulation.outcome.status is RunStatus.STOPPED
    assert simulation.order() == ["a", "b"]
    assert simulation.duration == 120.0
    assert simulation.status_of("c") is Status.WAITING
    assert simulation.recover().order() == ["c"]


def test_a_run_is_suspended_and_continued_as_cron_would():
    flow = flow_of("a", "b")
    flow.add_step("late", func=never, delay="6h")
    simulation = simulate(flow, max_loops=1)
    assert simulation.outcome.status is RunStatus.SUSPENDED
    assert simulation.order() == ["a", "b"]
    assert simulation.status_of("late") is Status.WAITING
    early = simulation.continue_(max_loops=1, after="5h")
    assert (early.outcome.status, early.order()) == (RunStatus.SUSPENDED, [])
    late = early.continue_(max_loops=1, after="2h")
    assert (late.outcome.status, late.order(), late.outcome.recovery) == (RunStatus.SUCCESS, ["late"], 0)
    assert late.started_at("late") == 7 * HOUR


def test_what_was_held_before_a_recovery_counts_no_more():
    db = Pool("db", 1)
    flow = sequent.Sequent("f")
    block = flow.add_step("block", acquires={db: 1})
    block.add_step("late", func=never, delay="1h")
    simulation = simulate(flow, max_loops=1)
    assert simulation.peak(db) == 1
    passed = simulation.recover(skip=["block.late"])
    assert [(event.kind, event.path) for event in passed.events] == [
        (Kind.PASSED, "block.late"),
        (Kind.OPENED, "block"),
        (Kind.CLOSED, "block"),
    ]
    assert passed.peak(db) == 0


def test_what_is_asked_for_by_hand_runs_again_or_is_passed_over():
    simulation = simulate(flow_of("a", "b", "c"), failing=["c"])
    assert sorted(simulation.recover(rerun=["a"]).order()) == ["a", "c"]
    assert simulation.recover(rerun_from=["b"], after="1h").order() == ["b", "c"]
    passed = simulation.recover(skip=["c"])
    assert passed
    assert [(event.kind, event.path) for event in passed.events] == [(Kind.PASSED, "c")]
    assert passed.status_of("c") is Status.SUCCESS
    assert passed.recover(rerun=["b"], failing=()).order() == ["b"]


def test_what_the_flow_says_of_recoveries_is_followed():
    flow = sequent.Sequent("f")
    setup = flow.add_step("setup", func=never, recovery={sequent.STEP_SUCCESS: sequent.STP_RERUN})
    flow.add_step("work", func=never, requires=setup)
    assert simulate(flow, failing=["work"]).recover(failing=()).order() == ["setup", "work"]


def test_a_recovery_that_came_to_nothing_leaves_nothing_held():
    db = Pool("db", 1)
    flow = flow_of("first")
    kind = flow.add_step("kind", func=never, requires=flow.root.__sequent__.children["first"], acquires={db: 1})
    flow.add_step("full", func=never, requires=kind.returned("full"))
    simulation = simulate(flow, failing=["first"])
    with pytest.raises(sequent.SequentError, match="which branch is taken"):
        simulation.recover(failing=())
    again = simulation.recover(skip=["kind"])
    assert again.skipped == ("full",)
    assert again.peak(db) == 0
