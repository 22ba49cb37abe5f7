"""Questions in a simulation: they are answered as steps end."""

from __future__ import annotations

from dataclasses import dataclass

from sequent import Sequent, approve, container, step
from sequent.model.status import Status
from sequent.testing import simulate


@dataclass
class Terms:
    copies: int


@container
class release:
    @step
    def build(self) -> str:
        return "1.2"

    ship = approve(f"Ship {build.result}?", receive=Terms, timeout="2h")

    @step
    def deliver(self, terms: Terms = ship.result) -> int:
        return terms.copies

    @step(requires=ship.failed, handles=False)
    def tell(self) -> None: ...


BUILT = {"build": "1.2", "ship": Terms(3)}


def test_a_question_is_answered_at_once_with_its_result():
    simulation = simulate(release, results={**BUILT, "deliver": lambda task: task.kwargs["terms"].copies})
    assert simulation
    assert simulation.order() == ["build", "ship", "deliver"]
    assert [event.kind.value for event in simulation.events if event.path == "ship"] == ["asked", "started", "ended"]


def test_people_take_their_time():
    simulation = simulate(release, results=BUILT, durations={"ship": "1h", "build": "10m"})
    (asked,) = (event.at for event in simulation.events if event.kind.value == "asked")
    assert (asked, simulation.ended_at("ship")) == (600, 4200)


def test_a_question_without_an_answer_in_time_fails_and_is_asked_again_by_a_recovery():
    simulation = simulate(release, results=BUILT, durations={"ship": "3h"})
    assert (simulation.failed, simulation.ended_at("ship"), simulation.ran("tell")) == (("ship",), 7200, True)
    assert simulation.outcome.failures[0].type == "TimeoutError"
    again = simulation.recover(durations={"ship": "1h"})
    assert (bool(again), again.order()) == (True, ["ship", "deliver"])


def test_a_question_that_fails_is_rejected():
    simulation = simulate(release, results=BUILT, failing={"ship": ValueError("not today")})
    (failure,) = simulation.outcome.failures
    assert (failure.type, failure.message) == ("Rejected", "rejected: not today")


def test_questions_take_no_room():
    flow = Sequent("f")
    flow.add_step("ask", approve="Go on?", repeats=range(100), parallel=0)
    simulation = simulate(flow, durations={"ask": "1d"}, max_concurrent=1)
    assert (bool(simulation), simulation.duration, simulation.peak_running()) == (True, 86400, 1)


def test_an_answer_may_end_a_repeat():
    flow = Sequent("f")
    flow.add_step("ask", approve="Enough?", receive=bool, repeats=range(10), until=True)
    simulation = simulate(flow, results={"ask": lambda task: task.item == 2})
    assert (simulation.attempts("ask"), simulation.status_of("ask/1.3")) == (3, Status.SUCCESS)


def test_a_stop_takes_a_question_back():
    simulation = simulate(release, results=BUILT, durations={"ship": "1h"}, stop_at="30m")
    assert simulation.outcome.status.value == "stopped"
    assert simulation.recover(durations={})
