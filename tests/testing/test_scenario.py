"""What is said of steps happens: which attempts fail, how long they take, what they return and repeat over."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

import sequent
from sequent import container, item, outer, previous, step
from sequent.model.status import Status
from sequent.testing import Event, simulate
from tests.testing.simulated_flows import HOUR, flow_of, never, nightly

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
