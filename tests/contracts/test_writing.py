"""What any store does with what it is given to write, and gives back of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sequent.errors import StoreError
from sequent.model.outcome import Problem
from sequent.model.saved_state import SavedFrame, SavedTask
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, RepeatOpening, RunEnd, TaskKey
from tests.contracts.plans import (
    CELL,
    EACH,
    GRID,
    MANY,
    ROOT,
    TASK_A,
    A,
    B,
    attempted,
    create,
    each,
    intent,
    iterated,
    plan,
    repeated,
)

# -- writing ----------------------------------------------------------------------------------------


def test_a_batch_is_written_again_to_the_same_effect(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    key = FrameKey(1, GRID, 1)
    batch = Batch(
        frames=[FrameOpening(key, 2, "7"), FrameOpening(FrameKey(1, GRID, 2), 3)],
        repeats=[RepeatOpening(1, GRID, None)],
        endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, '"x"')],
        closed_frames=[(key, Status.SUCCESS)],
        closed_repeats=[(1, MANY, Status.FAILURE)],
        intents=[intent(TaskKey(2, CELL, 0)), intent(TaskKey(3, CELL, 0))],
        end=RunEnd(RunStatus.STOPPED, {Status.SUCCESS: 1}),
    )
    run.commit(batch)
    once = run.saved(plan()), list(store.attempts(run.record)), list(run.frames(1, GRID))
    run.commit(batch)
    assert (run.saved(plan()), list(store.attempts(run.record)), list(run.frames(1, GRID))) == once
    assert once[2] == [(1, 2, Status.SUCCESS), (2, 3, Status.ACTIVE)]


def test_an_attempt_that_has_an_outcome_keeps_it_when_its_intent_is_written_again(store):
    run = create(store)
    first = intent(TASK_A)
    run.commit(Batch(intents=[first]))
    run.commit(Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, "1")]))
    run.commit(Batch(intents=[first]))
    assert run.result(TASK_A) == "1"


def test_an_attempts_number_is_used_once(store):
    run = create(store)
    attempted(run, TASK_A, result="1")
    with pytest.raises(StoreError):
        run.commit(Batch(intents=[intent(TASK_A), intent(TaskKey(1, B, 0))]))
    assert run.result(TASK_A) == "1"
    assert [told.path for told in store.attempts(run.record)] == ["a"]


def test_what_does_not_fit_is_refused_whole(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    ending = Ending(TASK_A, 1, Status.SUCCESS, 11.0, "1")
    misfits = [
        Batch(endings=[ending, replace(ending, attempt=2)]),
        Batch(endings=[ending], frames=[FrameOpening(FrameKey(0, ROOT, 1), 9)]),
        Batch(endings=[ending], closed_frames=[(FrameKey(1, GRID, 1), Status.SUCCESS)]),
        Batch(endings=[replace(ending, attempt=2)], intents=[intent(each(1))]),
        Batch(endings=[replace(ending, attempt=2)]),
    ]
    for batch in misfits:
        with pytest.raises(StoreError):
            run.commit(batch)
    assert run.result(TASK_A) is None
    assert run.saved(plan()) == SavedFrame(1, {A: SavedTask(Status.ACTIVE, 1)})


def test_of_two_outcomes_in_one_batch_the_later_stands(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    problem = Problem(type="Lost", message="three times")
    lost = Ending(TASK_A, 1, Status.WAITING, 11.0)
    run.commit(Batch(endings=[lost, replace(lost, status=Status.FAILURE, problem=problem)]))
    assert run.failures(10)[1][0].problem == problem


# -- values -----------------------------------------------------------------------------------------


def test_the_result_of_a_task_is_that_of_its_last_attempt_if_it_succeeded(store):
    run = create(store)
    assert run.result(TASK_A) is None
    attempted(run, TASK_A, Status.FAILURE)
    assert run.result(TASK_A) is None
    attempted(run, TASK_A, attempt=2, result="null")
    assert run.result(TASK_A) == "null"
    attempted(run, TASK_A, Status.FAILURE, attempt=3)
    assert run.result(TASK_A) is None


def test_a_success_may_have_no_result(store):
    run = create(store)
    attempted(run, TASK_A, result=None)
    assert run.result(TASK_A) is None


@pytest.mark.parametrize("length", [1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
def test_a_result_is_read_back_as_it_was_whatever_its_size(store, length):
    run = create(store)
    text = '"' + "é" * length + '"'
    attempted(run, TASK_A, result=text)
    assert run.result(TASK_A) == text
    repeated(run, 1, GRID, text)
    assert run.items(1, GRID) == text


def test_results_of_iterations_come_in_order_and_leave_out_what_has_none(store):
    run = create(store)
    count = 200
    for number in range(1, count + 1):
        status = Status.FAILURE if number % 7 == 0 else Status.SUCCESS
        attempted(run, each(number), status, result=None if number % 5 == 0 else str(number))
    attempted(run, each(7), attempt=2, result="77")
    attempted(run, each(8), Status.FAILURE, attempt=2)
    expected = [(n, str(n)) for n in range(1, count + 1) if n % 7 and n % 5 and n != 8]
    assert list(run.results(1, EACH)) == sorted([*expected, (7, "77")])


def test_a_result_that_is_being_read_does_not_hold_back_what_is_written(store):
    run = create(store)
    for number in range(1, 150):
        attempted(run, each(number), result=str(number))
    reading = run.results(1, EACH)
    assert next(reading) == (1, "1")
    attempted(run, TASK_A, result="1")
    attempted(create(store), TASK_A)
    attempted(run, TASK_A, attempt=2, result="2")
    assert len(list(reading)) == 148
    assert run.result(TASK_A) == "2"


def test_items_are_those_that_were_stored_when_the_repeat_began(store):
    run = create(store)
    assert run.items(1, GRID) is None
    repeated(run, 1, GRID, '["eu","us"]')
    repeated(run, 1, MANY, None)
    assert run.items(1, GRID) == '["eu","us"]'
    assert run.items(1, MANY) is None


def test_drawn_items_are_kept_with_their_iterations(store):
    run = create(store)
    repeated(run, 1, GRID, None)
    for number in range(1, 101):
        iterated(run, 1, GRID, number, number + 1, item=f'"{number}"')
        attempted(run, each(number), Status.FAILURE, item=str(number * 10))
    attempted(run, each(3), attempt=2)
    assert list(run.drawn_items(1, GRID, None)) == [(number, f'"{number}"') for number in range(1, 101)]
    assert list(run.drawn_items(1, MANY, EACH)) == [(number, str(number * 10)) for number in range(1, 101)]
    assert run.item(FrameKey(1, GRID, 2)) == '"2"'
    assert run.item(FrameKey(1, GRID, 999)) is None


def test_iterations_come_in_order_with_their_ids_and_statuses(store):
    run = create(store)
    for number in range(1, 131):
        iterated(run, 1, GRID, number, 1000 - number, Status.FAILURE if number == 100 else Status.SUCCESS)
    expected = [(n, 1000 - n, Status.FAILURE if n == 100 else Status.SUCCESS) for n in range(1, 131)]
    assert list(run.frames(1, GRID)) == expected
    assert list(run.frames(0, ROOT)) == [(1, 1, Status.ACTIVE)]
    assert run.last_id() == 999
