"""What any store tells people and recoveries of a run."""

from __future__ import annotations

import os

import pytest
from attrs import evolve

from sequent.errors import StoreError
from sequent.model.description import Part, PartKind
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Reaction
from sequent.model.run_target import Target
from sequent.model.saved_state import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import Status, Verdict
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Intent, TaskKey
from tests.contracts.plans import (
    BLOCK,
    CELL,
    DEEP,
    EACH,
    GRID,
    INNER,
    MANY,
    ROOT,
    TASK_A,
    A,
    B,
    attempted,
    create,
    each,
    iterated,
    plan,
    reordered,
    repeated,
)

# -- attempts, for people ---------------------------------------------------------------------------


def test_attempts_tell_path_sequence_problem_and_log_by_time_of_start(store):
    run = create(store)
    iterated(run, 1, GRID, 2, 5)
    iterated(run, 5, INNER, 1, 6)
    problem = Problem(
        type="ValueError", message="bad \udce9\x1b[0m", traceback="...", file="/f.py", line=3, exit_code=2, signal=9
    )
    span = LogSpan(segment="s1.log", offset=5, length=7, dropped=9)
    attempted(run, TaskKey(6, DEEP, 0), Status.FAILURE, at=30, problem=problem, log=span)
    attempted(run, each(4), Status.WAITING, at=20)
    attempted(run, TASK_A, Status.ACTIVE, at=40)
    told = list(store.attempts(run.record))
    assert [(t.path, t.sequence, t.attempt, t.status, t.started, t.ended) for t in told] == [
        ("many", "1.4", 1, Status.WAITING, 20.0, 21.0),
        ("grid.inner.deep", "1.2.1", 1, Status.FAILURE, 30.0, 31.0),
        ("a", "1", 1, Status.ACTIVE, 40.0, None),
    ]
    assert (told[1].problem, told[1].log) == (problem, span)
    assert (told[0].problem, told[0].log) == (None, None)
    assert [t.sequence for t in store.attempts(run.record, "many")] == ["1.4"]
    assert list(store.attempts(run.record, "nowhere")) == []
    assert store.log_file(run.record, span) == os.path.join(run.directory, "logs", "s1.log")


def test_failures_within_something_are_those_of_its_iterations_however_deep(store):
    run = create(store)
    for number, id_ in ((1, 5), (2, 6)):
        iterated(run, 1, GRID, number, id_)
        iterated(run, id_, INNER, 1, id_ + 10)
        attempted(run, TaskKey(id_, CELL, 0), Status.FAILURE if number == 2 else Status.SUCCESS, at=20)
        attempted(run, TaskKey(id_ + 10, DEEP, 0), Status.FAILURE, at=30 - number)
    for number in (1, 2, 3):
        attempted(run, each(number), Status.FAILURE, at=10 - number)
    attempted(run, each(2), Status.SUCCESS, attempt=2, at=11)
    attempted(run, TASK_A, Status.FAILURE, at=1)

    def within(frame, node, limit=10):
        count, told = run.failures_within(frame, node, limit)
        return count, [(row.path, row.sequence) for row in told]

    assert within(1, A) == (1, [("a", "1")])
    assert within(1, EACH) == (2, [("many", "1.3"), ("many", "1.1")])
    assert within(1, GRID) == (3, [("grid.cell", "1.2"), ("grid.inner.deep", "1.2.1"), ("grid.inner.deep", "1.1.1")])
    assert within(1, GRID, 1) == (3, [("grid.cell", "1.2")])
    assert within(5, INNER) == (1, [("grid.inner.deep", "1.1.1")])
    assert within(1, ROOT) == (0, [])
    assert within(0, ROOT)[0] == 6


def test_iterations_are_found_by_their_number_and_steps_by_their_last(store):
    run = create(store)
    iterated(run, 1, GRID, 2, 5, Status.FAILURE)
    assert run.frame(FrameKey(1, GRID, 2)) == (5, Status.FAILURE)
    assert run.frame(FrameKey(1, GRID, 1)) is None
    assert run.last_iteration(1, EACH) == 0
    attempted(run, each(7), Status.FAILURE)
    assert run.last_iteration(1, EACH) == 7


@pytest.mark.parametrize("segment", ["../../etc/passwd", "/etc/passwd", "", ".", "..", "a/b", "a\x00b", "a\n"])
def test_a_log_that_cannot_be_one_of_the_run_is_not_looked_for(store, segment):
    run = create(store)
    with pytest.raises(StoreError, match="names an impossible log"):
        store.log_file(run.record, LogSpan(segment=segment, offset=0, length=1))


def test_failures_are_the_last_attempts_that_failed_the_first_of_them_told(store):
    run = create(store)
    assert run.failures(10) == (0, [])
    attempted(run, TASK_A, Status.FAILURE, at=1)
    attempted(run, TASK_A, attempt=2, at=2)
    for number in range(1, 6):
        attempted(run, each(number), Status.FAILURE, at=10 + number)
    attempted(run, each(2), Status.FAILURE, attempt=2, at=50)
    attempted(run, each(3), Status.WAITING, attempt=2, at=60)
    count, first = run.failures(3)
    assert count == 4
    assert [(told.sequence, told.attempt) for told in first] == [("1.1", 1), ("1.4", 1), ("1.5", 1)]


# -- what a recovery starts from --------------------------------------------------------------------


def test_a_run_whose_root_has_not_begun_has_nothing_to_start_from(store):
    run = store.create(Target(flow="small"), plan(), None, {})
    assert run.saved(plan()) is None
    assert run.last_id() == 0


def test_tasks_are_saved_with_their_last_attempt(store):
    run = create(store)
    iterated(run, 1, BLOCK, 1, 2)
    attempted(run, TASK_A, Status.FAILURE)
    attempted(run, TASK_A, attempt=2, verdict=Verdict.TRUTHY)
    attempted(run, TaskKey(2, B, 0), Status.ACTIVE)
    block = SavedBlock(Status.ACTIVE, 1, {1: SavedFrame(2, {B: SavedTask(Status.ACTIVE, 1)})})
    assert run.saved(plan()) == SavedFrame(1, {A: SavedTask(Status.SUCCESS, 2, Verdict.TRUTHY)}, {BLOCK: block})


def test_a_task_that_was_lost_is_saved_as_waiting(store):
    run = create(store)
    lost, failed = Status.WAITING, Status.FAILURE
    for attempt, status in enumerate([lost, failed, lost, lost], 1):
        attempted(run, TASK_A, status, attempt=attempt)
    saved = run.saved(plan())
    assert saved is not None
    assert saved.tasks[A] == SavedTask(Status.WAITING, 4)


def test_a_kept_container_is_not_looked_into_unless_something_may_make_it_run_again(store):
    run = create(store)
    iterated(run, 1, BLOCK, 1, 2, Status.SUCCESS)
    attempted(run, TaskKey(2, B, 0), attempt=3)
    saved = run.saved(plan())
    assert saved is not None
    assert saved.blocks == {BLOCK: SavedBlock(Status.SUCCESS, 1)}
    again = run.saved(plan(reactions={BLOCK: Reaction(to_run_of=(A,))}))
    assert again is not None
    inside = SavedFrame(2, {B: SavedTask(Status.SUCCESS, 3)}, status=Status.SUCCESS)
    assert again.blocks == {BLOCK: SavedBlock(Status.SUCCESS, 1, {1: inside}, recovery=0, ran_in=0)}


def test_a_repeat_is_saved_with_the_iterations_that_are_open(store):
    run = create(store)
    repeated(run, 1, GRID)
    iterated(run, 1, GRID, 1, 2, Status.SUCCESS)
    iterated(run, 1, GRID, 2, 3, Status.FAILURE)
    iterated(run, 1, GRID, 3, 4)
    attempted(run, TaskKey(3, CELL, 0), Status.FAILURE)
    saved = run.saved(plan())
    assert saved is not None
    frames = {2: SavedFrame(3, {CELL: SavedTask(Status.FAILURE, 1)}, status=Status.FAILURE), 3: SavedFrame(4)}
    assert saved.blocks == {GRID: SavedBlock(Status.ACTIVE, 3, frames)}


def test_a_repeat_that_is_open_but_has_not_drawn_is_saved_as_such(store):
    run = create(store)
    repeated(run, 1, GRID)
    run.commit(Batch(closed_repeats=[(1, MANY, Status.FAILURE)]))
    saved = run.saved(plan())
    assert saved is not None
    assert saved.blocks == {GRID: SavedBlock(Status.ACTIVE), MANY: SavedBlock(Status.FAILURE)}


def test_a_kept_repeat_tells_only_how_far_it_came(store):
    run = create(store)
    repeated(run, 1, GRID)
    repeated(run, 1, MANY)
    for number in (1, 2):
        iterated(run, 1, GRID, number, number + 1, Status.SUCCESS)
        attempted(run, TaskKey(number + 1, CELL, 0))
        attempted(run, each(number), attempt=number)
    run.commit(Batch(closed_repeats=[(1, MANY, Status.SUCCESS), (1, GRID, Status.SUCCESS)]))
    saved = run.saved(plan())
    assert saved is not None
    assert saved.blocks[GRID] == SavedBlock(Status.SUCCESS, 2)
    assert saved.blocks[MANY].frames == {}
    reaction = Reaction(to_failure_of=(A,))
    again = run.saved(plan(reactions={GRID: reaction, MANY: reaction}))
    assert again is not None
    assert again.blocks[GRID].frames == {
        1: SavedFrame(2, {CELL: SavedTask(Status.SUCCESS, 1)}, status=Status.SUCCESS),
        2: SavedFrame(3, {CELL: SavedTask(Status.SUCCESS, 1)}, status=Status.SUCCESS),
    }
    assert again.blocks[MANY].frames[2] == SavedFrame(0, {EACH: SavedTask(Status.SUCCESS, 2)}, status=Status.SUCCESS)


def test_iterations_of_a_repeated_step_are_saved_where_the_last_attempt_is_no_success(store):
    run = create(store)
    repeated(run, 1, MANY)
    for number, statuses in {1: "s", 2: "fs", 3: "sf", 4: "wa", 6: "s"}.items():
        for attempt, letter in enumerate(statuses, 1):
            status = {"s": Status.SUCCESS, "f": Status.FAILURE, "w": Status.WAITING, "a": Status.ACTIVE}[letter]
            attempted(run, each(number), status, attempt=attempt)
    saved = run.saved(plan())
    assert saved is not None
    frames = {
        3: SavedFrame(0, {EACH: SavedTask(Status.FAILURE, 2)}, status=Status.FAILURE),
        4: SavedFrame(0, {EACH: SavedTask(Status.ACTIVE, 2)}),
        5: SavedFrame(0),
    }
    assert saved.blocks == {MANY: SavedBlock(Status.ACTIVE, 6, frames)}


@pytest.mark.parametrize(("status", "is_met"), [(Status.SUCCESS, True), (Status.FAILURE, False)])
def test_a_repeat_that_a_kept_iteration_had_ended_is_saved_as_ended(store, status, is_met):
    run = create(store)
    repeated(run, 1, GRID)
    repeated(run, 1, MANY)
    iterated(run, 1, GRID, 1, 2, status)
    attempted(run, TaskKey(2, CELL, 0), verdict=Verdict.TRUTHY)
    attempted(run, each(1), verdict=Verdict.TRUTHY)
    attempted(run, each(2), Status.FAILURE)
    saved = run.saved(plan(until=True))
    assert saved is not None
    assert saved.blocks[GRID].until_met is is_met
    assert saved.blocks[MANY].until_met
    attempted(run, each(1), attempt=2, verdict=Verdict.FALSY)
    later = run.saved(plan(until=True))
    assert later is not None
    assert not later.blocks[MANY].until_met


def test_a_flow_that_is_defined_in_another_order_goes_on_with_the_same_rows(store):
    run = create(store)
    repeated(run, 1, MANY, "[7]")
    attempted(run, TASK_A, result='"a"')
    attempted(run, each(1), result='"each"')
    iterated(run, 1, BLOCK, 1, 2)
    run.close()
    other, place = reordered()
    taken = store.take("r00001")
    saved = taken.saved(other)
    assert saved is not None
    assert saved.tasks == {place[A]: SavedTask(Status.SUCCESS, 1)}
    assert saved.blocks[place[MANY]].drawn == 1
    assert taken.result(TaskKey(1, place[A], 0)) == '"a"'
    assert list(taken.results(1, place[EACH])) == [(1, '"each"')]
    assert taken.items(1, place[MANY]) == "[7]"
    attempted(taken, TaskKey(2, place[B], 0), result='"b"')
    assert [t.path for t in store.attempts(taken.record)] == ["a", "many", "block.b"]
    taken.close()
    again = store.take("r00001")
    again.saved(plan())
    assert again.result(TaskKey(2, B, 0)) == '"b"'


def test_a_flow_with_a_step_that_the_run_does_not_know_is_refused(store):
    run = create(store)
    nodes = tuple(evolve(node, path=("renamed",)) if node.index == A else node for node in plan().nodes)
    with pytest.raises(StoreError, match="does not know"):
        run.saved(evolve(plan(), nodes=nodes))


def test_a_task_that_succeeded_twice_counts_once(store):
    run = create(store)
    key = TaskKey(1, A, 0)
    run.commit(Batch(frames=[FrameOpening(FrameKey(0, ROOT, 1), 1)]))
    for attempt in (1, 2):
        run.commit(Batch(intents=[Intent(key, attempt, bytes([attempt]) * 16, 1.0)]))
        run.commit(Batch(endings=[Ending(key, attempt, Status.SUCCESS, 2.0, "null")]))
    assert run.successes() == 1
    attempted(run, TaskKey(1, B, 0), Status.FAILURE)
    assert run.successes() == 1
    attempted(run, TaskKey(1, B, 0), attempt=2)
    attempted(run, TaskKey(1, B, 0), Status.FAILURE, attempt=3)
    attempted(run, TaskKey(1, B, 0), attempt=4)
    assert run.successes() == 2


def test_how_many_are_in_each_status_is_told_by_path_and_only_of_last_attempts(store):
    run = create(store)
    attempted(run, TASK_A, Status.FAILURE)
    attempted(run, TASK_A, attempt=2)
    iterated(run, 1, GRID, 1, 5, Status.SUCCESS)
    iterated(run, 1, GRID, 2, 6)
    attempted(run, TaskKey(6, CELL, 0), Status.ACTIVE)
    attempted(run, each(1))
    attempted(run, each(2))
    attempted(run, each(3), Status.FAILURE)
    assert store.standings(run.record) == {
        "": {Status.ACTIVE: 1},
        "a": {Status.SUCCESS: 1},
        "grid": {Status.SUCCESS: 1, Status.ACTIVE: 1},
        "grid.cell": {Status.ACTIVE: 1},
        "many": {Status.SUCCESS: 2, Status.FAILURE: 1},
    }


def test_a_run_has_the_description_of_the_flow_that_it_was_last_driven_with(store):
    def described(**options):
        return evolve(plan(), description={"a": Part(kind=PartKind.STEP, options=options)})

    run = store.create(Target(flow="small"), described(retries=1), None, {})
    other = store.create(Target(flow="small"), described(retries=2), None, {})
    run.adopt(described(retries=3), {})
    assert run.record.description == described(retries=3).description
    for id_, retries in ((run.record.id, 3), (other.record.id, 2)):
        assert store.find(id_).description == described(retries=retries).description
        assert store.picture(store.find(id_)) == ""
