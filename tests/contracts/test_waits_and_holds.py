"""What any store keeps of waits, holds and attempts that come to nothing, and what it says of them again."""

from __future__ import annotations

import pytest
from attrs import evolve
from msgspec.structs import replace

from sequent.errors import StoreError
from sequent.model.outcome import Problem
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.saved_state import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, Beginning, ContainerProblem, Hold, RepeatOpening, RunEnd, TaskKey, Wait
from tests.contracts.plans import (
    BLOCK,
    EACH,
    GRID,
    MANY,
    TASK_A,
    A,
    B,
    attempted,
    create,
    each,
    intent,
    iterated,
    plan,
    reordered,
    repeated,
)

WAIT = Wait(TASK_A, 0, "boot", 100.5, 1_000_000.5, 60.0)


def changed(node: int, **options: object) -> Plan:
    """The plan with other options of one node."""
    nodes = tuple(evolve(old, **options) if old.index == node else old for old in plan().nodes)
    return evolve(plan(), nodes=nodes)


def saved_task(run, of: Plan) -> SavedTask:
    saved = run.saved(of)
    assert saved is not None
    return saved.tasks[A]


# -- waits ------------------------------------------------------------------------------------------


def test_a_wait_is_given_back_as_it_was_said_last(store):
    run = create(store)
    assert run.wait(TASK_A, 0) is None
    run.commit(Batch(waits=[WAIT]))
    run.commit(Batch(waits=[WAIT, replace(WAIT, attempt=2)]))
    assert run.wait(TASK_A, 0) == WAIT
    assert run.wait(TASK_A, 2) == replace(WAIT, attempt=2)
    again = replace(WAIT, boot="next", due_boot=7.0)
    run.commit(Batch(waits=[again]))
    assert run.wait(TASK_A, 0) == again
    moment = replace(WAIT, key=each(3), boot="", due_boot=0.0, length=None)
    run.commit(Batch(waits=[moment]))
    assert run.wait(each(3), 0) == moment
    assert run.wait(each(2), 0) is None


def test_waits_outlive_who_drives_the_run(store):
    run = create(store)
    run.commit(Batch(waits=[WAIT]))
    run.close()
    assert store.take("r00001").wait(TASK_A, 0) == WAIT
    assert create(store).wait(TASK_A, 0) is None


def test_a_wait_is_found_under_another_index_once_the_flow_is_ordered_differently(store):
    run = create(store)
    run.commit(Batch(waits=[WAIT]))
    run.close()
    taken = store.take("r00001")
    other, place = reordered()
    taken.saved(other)
    key = TaskKey(1, place[A], 0)
    found = taken.wait(key, 0)
    assert found == replace(WAIT, key=key)
    taken.commit(Batch(waits=[replace(found, boot="next")]))
    assert taken.wait(key, 0) == replace(WAIT, key=key, boot="next")


def test_a_task_that_waits_for_its_next_attempt_is_saved_so(store):
    run = create(store)
    attempted(run, TASK_A, Status.FAILURE)
    retried = changed(A, retries=2)
    assert not saved_task(run, plan()).waits
    run.commit(Batch(waits=[replace(WAIT, attempt=2)]))
    assert saved_task(run, retried).waits
    attempted(run, TASK_A, attempt=2)
    assert not saved_task(run, retried).waits


def test_a_failed_task_that_was_to_be_tried_again_at_once_is_saved_so(store):
    run = create(store)
    attempted(run, TASK_A, Status.FAILURE, problem=Problem(type="ExitStatus", message="no", exit_code=3))
    assert saved_task(run, changed(A, retries=1)).waits
    assert not saved_task(run, changed(A, retries=1, retry_on=(4,))).waits
    attempted(run, TASK_A, Status.FAILURE, attempt=2, problem=Problem(type="ExitStatus", message="no", exit_code=3))
    assert not saved_task(run, changed(A, retries=1)).waits
    assert saved_task(run, changed(A, retries=2)).waits


def test_failures_are_counted_of_the_present_recovery(store):
    run = create(store)
    retried = changed(A, retries=5)
    for attempt in (1, 2):
        attempted(run, TASK_A, Status.FAILURE, attempt=attempt)
    assert saved_task(run, retried).failures == 2
    run.close()
    resumed = store.take("r00001", resumes=True)
    assert saved_task(resumed, retried).failures == 2
    resumed.close()
    recovered = store.take("r00001")
    assert saved_task(recovered, retried).failures == 0
    recovered.commit(Batch(intents=[replace(intent(TASK_A, 3), recovery=1)]))
    assert saved_task(recovered, retried).failures == 0


# -- attempts ---------------------------------------------------------------------------------------


def test_whether_code_had_begun_is_known_where_the_step_announces_it(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    announcing = changed(A, announces=True)
    assert saved_task(run, plan()).had_begun
    assert not saved_task(run, announcing).had_begun
    run.commit(Batch(beginnings=[Beginning(TASK_A, 1, 11.0)]))
    assert saved_task(run, announcing).had_begun


def test_an_attempt_that_never_was_cannot_begin(store):
    run = create(store)
    with pytest.raises(StoreError):
        run.commit(Batch(beginnings=[Beginning(TASK_A, 1, 11.0)]))


def test_an_attempt_that_was_taken_back_leaves_its_number_to_another(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    again = Batch(taken_back=[(TASK_A, 1)], intents=[intent(TASK_A)])
    run.commit(again)
    run.commit(again)
    assert [told.attempt for told in store.attempts(run.record)] == [1]
    run.commit(Batch(taken_back=[(TASK_A, 1)]))
    assert list(store.attempts(run.record)) == []
    assert run.failures(9) == (0, [])
    saved = run.saved(plan())
    assert saved is not None
    assert saved.tasks == {}
    run.commit(Batch(intents=[intent(each(1))]))
    run.commit(Batch(taken_back=[(each(1), 1)]))
    assert list(run.results(1, EACH)) == []


def test_an_attempt_that_has_an_outcome_is_not_taken_back(store):
    run = create(store)
    attempted(run, TASK_A, result="1")
    run.commit(Batch(taken_back=[(TASK_A, 1)]))
    assert run.result(TASK_A) == "1"
    with pytest.raises(StoreError):
        run.commit(Batch(taken_back=[(TASK_A, 1)], intents=[intent(TASK_A)]))


def test_a_problem_keeps_the_classes_of_its_exception(store):
    run = create(store)
    problem = Problem(type="E", message="no", types=("flows.E", "builtins.Exception"))
    attempted(run, TASK_A, Status.FAILURE, problem=problem)
    assert [told.problem for told in store.attempts(run.record)] == [problem]


# -- what was returned ------------------------------------------------------------------------------

ASKED = (('"full"', '"partial"'), ('"none"',), ('"full"',))


@pytest.mark.parametrize(("result", "answers"), [('"full"', (0, 2)), ('"none"', (1,)), ("null", ()), (None, ())])
def test_a_kept_task_is_saved_with_what_its_result_answers(store, result, answers):
    run = create(store)
    attempted(run, TASK_A, result=result)
    assert saved_task(run, changed(A, asked=ASKED)).answers == answers


def test_a_task_that_failed_last_answers_nothing(store):
    run = create(store)
    attempted(run, TASK_A, result='"full"')
    attempted(run, TASK_A, Status.FAILURE, attempt=2)
    assert saved_task(run, changed(A, asked=ASKED)).answers == ()


def test_a_kept_container_is_saved_with_what_the_result_of_its_maker_answers(store):
    run = create(store)
    iterated(run, 1, BLOCK, 1, 2, Status.SUCCESS)
    attempted(run, TaskKey(2, B, 0), result='"none"')
    asked = changed(B, asked=ASKED)
    block = asked.nodes[BLOCK]
    assert isinstance(block, ContainerPlan)
    named = evolve(asked, nodes=tuple(evolve(n, result=0) if n.index == BLOCK else n for n in asked.nodes))
    saved = run.saved(named)
    assert saved is not None
    assert saved.blocks[BLOCK] == SavedBlock(Status.SUCCESS, 1, answers=(1,))
    unnamed = run.saved(asked)
    assert unnamed is not None
    assert unnamed.blocks[BLOCK].answers == ()


# -- holds ------------------------------------------------------------------------------------------


def test_what_the_run_keeps_is_there_again_and_what_its_tasks_held_is_not(store):
    run = create(store)
    run.commit(Batch(holds=[Hold(None, "db", 2), Hold(TASK_A, "db", 1), Hold(TaskKey(1, BLOCK, 0), "net", 3)]))
    run.close()
    taken = store.take("r00001")
    assert taken.kept() == {"db": 2}
    assert create(store).kept() == {}


def test_of_what_is_written_of_a_hold_the_last_stands_and_none_is_nothing(store):
    run = create(store)
    batch = Batch(holds=[Hold(None, "db", 2), Hold(None, "db", 1), Hold(None, "net", 5), Hold(None, "net", 0)])
    run.commit(batch)
    run.commit(batch)
    assert run.kept() == {"db": 1}


# -- containers that failed -------------------------------------------------------------------------

PROBLEM = Problem(type="TypeError", message="'grid': 5 is no list", file="/f.py", line=7)


def test_why_a_container_failed_is_told_with_its_path_and_the_sequence_around_it(store):
    run = create(store)
    iterated(run, 1, GRID, 1, 2)
    batch = Batch(
        container_problems=[ContainerProblem(1, MANY, PROBLEM), ContainerProblem(2, 4, PROBLEM)],
        closed_repeats=[(1, MANY, Status.FAILURE)],
    )
    run.commit(batch)
    told = [(failure.path, failure.sequence, failure.attempt, failure.problem) for failure in run.container_problems(9)]
    assert told == [("many", "1", 0, PROBLEM), ("grid.inner", "1.1", 0, PROBLEM)]
    assert run.container_problems(1)[0].path == "many"
    assert run.container_problems() == run.container_problems(9)
    assert store.container_problems(run.record) == run.container_problems(9)
    assert run.failures(9) == (0, [])


def test_a_container_that_is_opened_again_has_not_failed_so_far(store):
    run = create(store)
    run.commit(Batch(container_problems=[ContainerProblem(1, MANY, PROBLEM), ContainerProblem(1, GRID, PROBLEM)]))
    run.commit(Batch(repeats=[RepeatOpening(1, MANY, "[]")]))
    assert [told.path for told in run.container_problems(9)] == ["grid"]
    run.close()
    resumed = store.take("r00001", resumes=True)
    assert [told.path for told in resumed.container_problems(9)] == ["grid"]
    resumed.close()
    assert store.take("r00001").container_problems(9) == []


def test_why_a_repeat_failed_is_kept_by_a_recovery_until_it_is_opened_again(store):
    run = create(store)
    told = ContainerProblem(1, MANY, PROBLEM)
    run.commit(Batch(container_problems=[told], closed_repeats=[(1, MANY, Status.FAILURE)]))
    run.close()
    taken = store.take("r00001")
    assert [failure.path for failure in taken.container_problems(9)] == ["many"]
    taken.commit(Batch(repeats=[RepeatOpening(1, MANY, "[1]")]))
    assert taken.container_problems(9) == []


# -- ends -------------------------------------------------------------------------------------------


def test_the_reason_of_an_end_is_kept_until_the_run_is_taken_up_again(store):
    run = create(store)
    run.commit(Batch(end=RunEnd(RunStatus.STOPPED, {}, "the disk is full")))
    for record in (run.record, store.find("r00001")):
        assert (record.status, record.reason) == (RunStatus.STOPPED, "the disk is full")
    run.close()
    assert store.take("r00001").record.reason == ""


@pytest.mark.parametrize("ended", [RunStatus.SUSPENDED, None])
def test_a_run_that_is_continued_goes_on_in_the_same_recovery(store, ended):
    run = create(store)
    if ended is not None:
        run.commit(Batch(end=RunEnd(ended, {Status.SUCCESS: 1})))
    run.close()
    resumed = store.take("r00001", resumes=True)
    assert (resumed.record.recovery, resumed.record.status) == (0, RunStatus.RUNNING)
    assert resumed.record.ended is None
    resumed.close()
    assert store.take("r00001").record.recovery == 1


def test_iterations_are_saved_with_how_they_ended(store):
    run = create(store)
    repeated(run, 1, GRID)
    iterated(run, 1, GRID, 1, 2, Status.CANCELLED)
    iterated(run, 1, GRID, 2, 3, Status.FAILURE)
    repeated(run, 1, MANY)
    attempted(run, each(1), Status.FAILURE)
    attempted(run, each(2), Status.WAITING)
    saved = run.saved(plan())
    assert saved is not None
    assert {number: frame.status for number, frame in saved.blocks[GRID].frames.items()} == {
        1: Status.CANCELLED,
        2: Status.FAILURE,
    }
    assert saved.blocks[MANY].frames == {
        1: SavedFrame(0, {EACH: SavedTask(Status.FAILURE, 1)}, status=Status.FAILURE),
        2: SavedFrame(0, {EACH: SavedTask(Status.WAITING, 1)}),
    }


def test_an_iteration_of_a_repeated_step_that_is_to_be_tried_again_has_not_ended(store):
    run = create(store)
    repeated(run, 1, MANY)
    attempted(run, each(1), Status.FAILURE)
    run.commit(Batch(waits=[replace(WAIT, key=each(1), attempt=2)]))
    saved = run.saved(changed(EACH, retries=1))
    assert saved is not None
    assert saved.blocks[MANY].frames[1].status is Status.ACTIVE


def test_a_plans_steps_are_what_these_tests_change():
    assert isinstance(plan().nodes[A], StepPlan)
