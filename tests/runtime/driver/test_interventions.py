"""What people ask of a run through its store, while a driver has it."""

from __future__ import annotations

from typing import Any

import pytest

import sequent
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import StoreBusyError, UsageError
from sequent.model.interventions import Intervention, InterventionKind
from sequent.model.outcome import Problem
from sequent.model.selections import read_task
from sequent.model.spec import ContainerSpec, FlowSpec
from sequent.model.status import RunStatus, Status
from sequent.runtime.driver.desks.interventions import LOOKS
from sequent.runtime.orders import AttemptEnded
from sequent.runtime.rows import TaskKey
from tests.runtime.worlds import FakeClock, Hands, Killed, World, chain, success, work


def failure(order):
    return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="ValueError", message="no"))


def ask(world: World, kind: InterventionKind, *, epoch: int | None = None, **more: Any) -> int:
    """Ask the run for something, as another process would."""
    record = world.store.find(world.run.record.id)
    said = {"user": "ada", "host": "etl1", "why": "it is late", "epoch": record.epoch if epoch is None else epoch}
    return world.store.intervene(record, Intervention(kind=kind, **said, **more))


def refusals(world: World) -> list[str | None]:
    """Why each was refused; None: it is open."""
    asked = world.store.interventions(world.run.record)
    return [None if each.decision is None else each.decision.refusal for each in asked]


class Busy:
    """Attempts of which the first asks for something, and ends once the driver has slept several times."""

    def __init__(self, world: World, clock: FakeClock, *kinds: InterventionKind, **more: Any) -> None:
        self.hands = Hands(self.end)
        self._world, self._clock, self._kinds, self._more = world, clock, kinds, more

    def end(self, order):
        if len(self.hands.orders) > 1:
            return success(order)
        for number, kind in enumerate(self._kinds, 1):
            self._clock.at(self._clock.boot + number, lambda kind=kind: ask(self._world, kind, **self._more))
        self._clock.at(self._clock.boot + 10, lambda: self.hands.tell(success(order)))
        return None


@pytest.mark.parametrize("kind", [InterventionKind.STOP, InterventionKind.KILL])
def test_a_stop_lets_running_steps_finish_and_a_kill_ends_them(kind):
    world, clock = World(chain("a", "b")), FakeClock()
    busy = Busy(world, clock, kind)
    assert world.drive(busy.hands, clock=clock, hears_people=True) is RunStatus.STOPPED
    ended = Status.SUCCESS if kind is InterventionKind.STOP else Status.FAILURE
    assert world.observer.settled[0] == ("a", ended)
    assert busy.hands.ended_at_once == ([] if kind is InterventionKind.STOP else [False])
    assert refusals(world) == [""]
    assert world.observer.notes[0] == f"{kind.value} by ada@etl1: it is late"
    assert max(clock.sleeps) <= LOOKS


def test_a_second_stop_changes_nothing_and_a_second_kill_is_at_once():
    world, clock = World(chain("a")), FakeClock()
    busy = Busy(world, clock, *[InterventionKind.STOP] * 2)
    assert world.drive(busy.hands, clock=clock, hears_people=True) is RunStatus.SUCCESS
    assert busy.hands.ended_at_once == []
    world, clock = World(chain("a")), FakeClock()
    busy = Busy(world, clock, *[InterventionKind.KILL] * 2)
    # As a step that does not end when it is asked to.
    ends: list[bool] = []
    busy.hands.end_tasks = lambda *, at_once: ends.append(at_once)  # type: ignore[method-assign]
    world.drive(busy.hands, clock=clock, hears_people=True)
    assert ends == [False, True]
    assert refusals(world) == ["", ""]


def test_a_stop_of_another_driver_is_refused_and_the_run_goes_on():
    world, clock = World(chain("a", "b")), FakeClock()
    busy = Busy(world, clock, InterventionKind.STOP, epoch=0)
    assert world.drive(busy.hands, clock=clock, hears_people=True) is RunStatus.SUCCESS
    assert refusals(world) == ["the run's driver of that time was gone before it took this"]
    assert world.observer.notes == [f"a stop is refused: {refusals(world)[0]}"]


def test_it_is_applied_once_though_the_commit_of_its_decision_is_repeated():
    world, clock = World(chain("a", "b")), FakeClock()
    busy = Busy(world, clock, InterventionKind.KILL)
    fails = [True, True]

    def look(batch):
        if batch.decisions and fails:
            fails.pop()
            raise StoreBusyError("locked")

    world.drive(busy.hands, clock=clock, hears_people=True, look=look)
    assert (fails, busy.hands.ended_at_once, refusals(world)) == ([], [False], [""])


# -- places that are held ---------------------------------------------------------------------------


HOLD, RELEASE = InterventionKind.HOLD, InterventionKind.RELEASE


def test_what_is_held_waits_and_the_run_says_so_until_it_is_released():
    world, clock = World(chain("a", "b")), FakeClock()
    ask(world, HOLD, place="b")
    reasons = []

    def act() -> None:
        reasons.append(world.store.find(world.run.record.id).reason)
        ask(world, RELEASE, place="b")

    clock.at(clock.boot + 30, act)
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS
    (reason,) = reasons
    assert reason.startswith("'b' is held since 20")
    assert reason.endswith(" by ada@etl1: it is late")
    assert world.store.find(world.run.record.id).reason == ""
    assert (refusals(world), sum(clock.sleeps) >= 30) == (["", ""], True)


def test_a_hold_outlives_its_driver_and_a_release_without_one_is_applied_by_the_next():
    world, clock = World(chain("a", "b")), FakeClock()
    ask(world, HOLD, place="b")
    clock.at(clock.boot + 5, lambda: ask(world, InterventionKind.STOP))
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.STOPPED
    assert "'b' is held since" in world.store.find(world.run.record.id).reason
    world.recover()
    hands = Hands(success)
    clock.at(clock.boot + 5, lambda: ask(world, InterventionKind.STOP))
    assert world.drive(hands, clock=clock, hears_people=True) is RunStatus.STOPPED
    assert hands.orders == []
    world.recover()
    ask(world, RELEASE, place="b")
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS


def test_a_driver_that_dies_before_the_commit_leaves_the_request_to_the_next():
    world, clock = World(chain("a", "b")), FakeClock()
    ask(world, HOLD, place="b")

    def die(batch):
        if batch.decisions:
            raise Killed

    with pytest.raises(Killed):
        world.drive(Hands(success), clock=clock, hears_people=True, look=die)
    assert refusals(world) == [None]
    world.recover()
    clock.at(clock.boot + 5, lambda: ask(world, RELEASE, place="b"))
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS
    assert refusals(world) == ["", ""]


@pytest.mark.parametrize(
    ("kind", "place", "said"),
    [
        (HOLD, "c", "hold 'c': the flow has no step or container 'c'"),
        (HOLD, "b/2", "hold 'b/2': '2' is not a sequence of 'b'"),
        (HOLD, "b@etl1", "hold 'b@etl1': 'b' has no copies on hosts"),
        (RELEASE, "a", "'a' is not held; held are: b"),
    ],
)
def test_what_cannot_be_held_or_released_is_refused_with_the_reason(kind, place, said):
    world, clock = World(chain("a", "b")), FakeClock()
    ask(world, HOLD, place="b")
    ask(world, kind, place=place)
    clock.at(clock.boot + 5, lambda: ask(world, RELEASE, place="b"))
    assert world.drive(Hands(success), clock=clock, hears_people=True) is RunStatus.SUCCESS
    _, refusal, _ = refusals(world)
    assert refusal is not None
    assert refusal.startswith(said)


def test_a_suspended_run_says_what_is_held():
    world, clock = World(chain("a", "b")), FakeClock()
    ask(world, HOLD, place="b")
    assert world.drive(Hands(success), clock=clock, hears_people=True, max_loops=1) is RunStatus.SUSPENDED
    assert "'b' is held since" in world.store.find(world.run.record.id).reason
    world.resume()
    ask(world, RELEASE, place="b")
    assert world.drive(Hands(success), clock=clock, hears_people=True, resumes=True) is RunStatus.SUCCESS


# -- tasks that are marked --------------------------------------------------------------------------

MARK = InterventionKind.MARK
NAMES = "write names joined by dots (s1.s11), and for a single task '/' and its iterations (s1.s11/1.2)"


def test_a_marked_task_is_not_executed_and_its_result_is_that_of_the_person():
    flow = sequent.Sequent("f")
    a = flow.add_step("a", func=work)
    b = flow.add_step("b", func=work, requires=a)
    flow.add_step("c", func=print, args=(b.result,))
    world, hands = World(flow), Hands(success)
    ask(world, MARK, place="b", outcome="success", result='"by hand"')
    assert world.drive(hands, clock=FakeClock(), hears_people=True) is RunStatus.SUCCESS
    assert [order.path for order in hands.orders] == ["a", "c"]
    assert hands.orders[1].inputs == ('"by hand"',)
    assert world.run.result(TaskKey(1, 2, 0)) == '"by hand"'
    assert refusals(world) == [""]
    assert list(world.store.problems()) == []


def test_a_failed_task_is_marked_for_the_next_recovery_which_does_not_run_it():
    world = World(chain("a", "b"))
    assert world.drive(Hands(failure), clock=FakeClock(), hears_people=True) is RunStatus.FAILURE
    ask(world, MARK, place="a", outcome="success")
    assert refusals(world) == [None]
    world.recover()
    hands = Hands(success)
    assert world.drive(hands, clock=FakeClock(), hears_people=True) is RunStatus.SUCCESS
    assert [order.path for order in hands.orders] == ["b"]
    assert [(each.attempt, each.status) for each in world.store.attempts(world.run.record, "a")] == [
        (1, Status.FAILURE),
        (2, Status.SUCCESS),
    ]


@pytest.mark.parametrize("is_written", [False, True])
def test_a_driver_that_dies_around_the_commit_of_a_mark_leaves_it_applied_once(is_written):
    world = World(chain("a", "b"))
    ask(world, MARK, place="b", outcome="success")
    decided: list[bool] = []

    def die(batch):
        if decided or (batch.decisions and not is_written):
            raise Killed
        decided.extend([True] * bool(batch.decisions))

    with pytest.raises(Killed):
        world.drive(Hands(success), clock=FakeClock(), hears_people=True, look=die)
    assert refusals(world) == ["" if is_written else None]
    world.recover()
    hands = Hands(success)
    assert world.drive(hands, clock=FakeClock(), hears_people=True) is RunStatus.SUCCESS
    assert [order.path for order in hands.orders] == ["a"]
    assert [each.attempt for each in world.store.attempts(world.run.record, "b")] == [1]
    assert refusals(world) == [""]


def test_a_task_that_is_marked_as_failed_shows_the_person_and_the_reason():
    world = World(chain("a", "b"))
    ask(world, MARK, place="b", outcome="failure")
    assert world.drive(Hands(success), clock=FakeClock(), hears_people=True) is RunStatus.FAILURE
    ((_, (first,)),) = [world.run.failures(5)]
    assert (first.problem.type, first.problem.message) == ("Marked", "marked by ada@etl1: it is late")


def test_a_container_without_steps_is_no_task():
    empty = ContainerSpec(name="empty", children=())
    plan = compile_flow(FlowSpec(name="f", root=ContainerSpec(name="f", children=(empty,))))
    with pytest.raises(UsageError, match="'empty' is a container"):
        read_task("empty", plan, "mark")


def test_a_copy_of_a_step_is_a_task_and_a_copy_of_a_container_is_none():
    flow = sequent.Sequent("f")
    flow.add_step("one", func=work, hosts=["etl1", "etl2"])
    flow.add_step("box", hosts=["etl1"]).add_step("inner", func=work)
    plan = compile_flow(definition_of(flow).spec)
    step, place = read_task("one@etl2", plan, "mark")
    assert (step.path, place.sequence, place.host) == (("one",), (1,), "etl2")
    with pytest.raises(UsageError, match="'box' is a container"):
        read_task("box@etl1", plan, "mark")


def test_what_cannot_be_marked_is_refused():
    flow = sequent.Sequent("f")
    box = flow.add_step("box", repeats=[1, 2])
    box.add_step("one", func=work)
    world = World(flow)
    for place in ("box", "box.one", "nowhere"):
        ask(world, MARK, place=place, outcome="success")
    ask(world, MARK, place="box.one/1.7", outcome="success")
    assert world.drive(Hands(success), clock=FakeClock(), hears_people=True) is RunStatus.SUCCESS
    assert refusals(world) == [
        "mark 'box': 'box' is a container; name a step in it",
        "mark 'box.one': it runs in several iterations; name one: box.one/1.n",
        f"mark 'nowhere': the flow has no step or container 'nowhere'; {NAMES}",
        "the run has succeeded without it",
    ]
