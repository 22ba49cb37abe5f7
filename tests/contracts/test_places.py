"""What any store tells of single places of a run."""

from __future__ import annotations

from sequent.model.outcome import Problem
from sequent.model.status import Status
from sequent.runtime.records import PoolHold, TaskPlace
from sequent.runtime.rows import Batch, Hold, RepeatOpening, TaskKey
from tests.contracts.plans import BLOCK, CELL, GRID, INNER, TASK_A, B, attempted, create, iterated

PROBLEM = Problem(type="ValueError", message="no rows")


def test_a_place_that_has_not_begun_has_no_state(store):
    run = create(store)
    places = store.places(run.record)
    assert places.standing(("a",), (1,)) is None
    assert places.standing(("grid", "cell"), (1, 2)) is None
    assert places.returned(("a",), (1,)) is None
    assert (places.active(), places.holds(), places.failed_within((), ())) == ([], [], [])


def test_a_task_has_the_state_of_its_last_attempt(store):
    run = create(store)
    iterated(run, 1, GRID, 2, 5)
    attempted(run, TASK_A, Status.SUCCESS, at=10)
    attempted(run, TaskKey(5, CELL, 0), Status.FAILURE, at=20, problem=PROBLEM)
    places = store.places(run.record)
    a, cell = places.standing(("a",), (1,)), places.standing(("grid", "cell"), (1, 2))
    assert (a.status, a.attempt, a.recovery, a.started, a.ended) == (Status.SUCCESS, 1, 0, 10.0, 11.0)
    assert (cell.status, cell.problem, cell.failures) == (Status.FAILURE, PROBLEM, 1)
    assert places.standing(("grid",), (1, 2)).status is Status.ACTIVE
    assert places.standing(("grid",), (1, 3)) is None
    assert [failure.path for failure in places.failed_within(("grid",), (1,))] == ["grid.cell"]
    assert [failure.path for failure in places.failed_within((), ())] == ["grid.cell"]


def test_items_open_iterations_and_active_tasks_are_told(store):
    run = create(store)
    run.commit(Batch(repeats=[RepeatOpening(1, GRID, "[7,8,9]")]))
    iterated(run, 1, GRID, 1, 4)
    iterated(run, 1, GRID, 2, 5)
    iterated(run, 5, INNER, 1, 6)
    attempted(run, TaskKey(5, CELL, 0), Status.ACTIVE, at=20)
    places = store.places(run.record)
    assert places.standing(("grid", "inner"), (1, 2)).status is Status.ACTIVE
    assert places.active() == [TaskPlace("grid.cell", (1, 2))]


def test_the_item_of_an_iteration_is_told_whether_it_was_listed_or_drawn(store):
    run = create(store)
    run.commit(Batch(repeats=[RepeatOpening(1, GRID, "[7,8,9]")]))
    places = store.places(run.record)
    assert [places.item_of(("grid",), (1, number)) for number in (1, 3, 4)] == ["7", "9", None]
    assert places.item_of(("grid",), (1,)) is None
    assert places.item_of(("a",), (1,)) is None
    drawn = create(store)
    iterated(drawn, 1, GRID, 2, 5, item='"drawn"')
    places = store.places(drawn.record)
    assert [places.item_of(("grid",), (1, number)) for number in (1, 2)] == [None, '"drawn"']


def test_holds_are_told_with_their_holders_also_those_of_other_driven_runs(store):
    first, second = create(store), create(store)
    iterated(first, 1, BLOCK, 1, 2)
    first.commit(Batch(holds=[Hold(TaskKey(2, B, 0), "db", 2), Hold(None, "db", 1), Hold(TASK_A, "net", 3, True)]))
    own = PoolHold("net", 3, first.record.id, TaskPlace("a", (1,)))
    assert store.places(second.record).holds() == [own]
    assert set(store.places(first.record).holds()) == {
        PoolHold("db", 1, first.record.id, None),
        PoolHold("db", 2, first.record.id, TaskPlace("block.b", (1, 1))),
        own,
    }
    first.close()
    assert store.places(second.record).holds() == []
