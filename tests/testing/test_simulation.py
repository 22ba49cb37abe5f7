"""What a simulation tells of what happened."""

from __future__ import annotations

import pytest

import sequent
from sequent import container, outer, step
from sequent.model.status import Status
from sequent.testing import Event, Kind, simulate
from tests.testing.simulated_flows import HOUR, flow_of, never, nightly


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


def test_a_container_in_which_everything_is_skipped_opens_and_closes_at_once():
    @container
    class flow:
        @step
        def a(self) -> int:
            return 1

        @container(requires=a)
        class outside:
            @container
            class inside:
                @step(requires=outer.a.failed)
                def alarm(self) -> None:
                    pass

    found = [(event.kind, event.path) for event in simulate(flow).events if event.path.startswith("outside")]
    assert found == [
        (Kind.SKIPPED, "outside.inside.alarm"),
        (Kind.OPENED, "outside"),
        (Kind.OPENED, "outside.inside"),
        (Kind.CLOSED, "outside.inside"),
        (Kind.CLOSED, "outside"),
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
