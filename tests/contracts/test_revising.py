"""What any store does with what a recovery makes of what it finds."""

from __future__ import annotations

import pytest
from attrs import evolve
from msgspec.structs import replace

from sequent.errors import StoreError
from sequent.model.description import Part, PartKind
from sequent.model.directives import Directives, Selection
from sequent.model.plan import Reaction
from sequent.model.saved_state import SavedTask
from sequent.model.status import Action, RunStatus, Status, Verdict
from sequent.runtime.driver.desks.revisions import revise
from sequent.runtime.rows import (
    Batch,
    Ending,
    FrameKey,
    FrameOpening,
    Passing,
    RepeatOpening,
    RunEnd,
    TaskKey,
    Wait,
)
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
    intent,
    iterated,
    plan,
    repeated,
)


def ran(run, key, recovery, status=Status.SUCCESS, attempt=1, **outcome):
    """An attempt of a recovery, with its outcome."""
    started = replace(intent(key, attempt), recovery=recovery)
    run.commit(Batch(intents=[started]))
    run.commit(Batch(endings=[Ending(key, attempt, status, 11.0, **outcome)]))


def told(store, run):
    return [
        (one.path, one.attempt, one.status, one.is_outdated, one.is_passed)
        for one in sorted(store.attempts(run.record), key=lambda one: (one.path, one.sequence, one.attempt))
    ]


# -- what counts no more, and what is passed over --------------------------------------------------


def test_a_success_that_counts_no_more_is_none_but_is_told_as_what_it_was(store):
    run = create(store)
    attempted(run, TASK_A, result="1")
    batch = Batch(outdated=[(TASK_A, 1)])
    run.commit(batch)
    run.commit(batch)
    assert run.result(TASK_A) is None
    assert run.successes() == 0
    assert run.saved(plan()).tasks[A] == SavedTask(Status.WAITING, 1)
    assert told(store, run) == [("a", 1, Status.WAITING, True, False)]


def test_only_a_success_can_count_no_more(store):
    run = create(store)
    attempted(run, TASK_A, Status.FAILURE)
    with pytest.raises(StoreError):
        run.commit(Batch(outdated=[(TASK_A, 1)]))


def test_what_is_passed_over_is_a_success_without_a_result_in_which_nothing_ran(store):
    run = create(store)
    ran(run, TASK_A, 0, Status.FAILURE)
    batch = Batch(passed=[Passing(TASK_A, 2, 12.0, 3)])
    run.commit(batch)
    run.commit(batch)
    assert run.result(TASK_A) is None
    assert run.failures(10) == (0, [])
    assert run.saved(plan()).tasks[A] == SavedTask(Status.SUCCESS, 2, recovery=3, ran_in=0)
    assert told(store, run)[1] == ("a", 2, Status.SUCCESS, False, True)


def test_an_iteration_that_is_passed_over_before_it_has_begun_keeps_its_item(store):
    run = create(store)
    repeated(run, 1, MANY, None)
    run.commit(Batch(passed=[Passing(each(1), 1, 12.0, 1, "7")]))
    assert list(run.drawn_items(1, MANY, EACH)) == [(1, "7")]
    assert list(run.results(1, EACH)) == []


# -- in which recovery something ran ---------------------------------------------------------------


def test_a_container_that_somebody_watches_tells_in_which_recovery_anything_in_it_ran(store):
    run = create(store)
    iterated(run, 1, GRID, 1, 2, Status.SUCCESS)
    iterated(run, 2, INNER, 1, 3, Status.SUCCESS)
    repeated(run, 1, GRID)
    run.commit(Batch(closed_repeats=[(1, GRID, Status.SUCCESS), (1, MANY, Status.SUCCESS)]))
    ran(run, TaskKey(2, CELL, 0), 1)
    ran(run, TaskKey(3, DEEP, 0), 4)
    ran(run, each(1), 2)
    run.commit(Batch(passed=[Passing(each(2), 1, 12.0, 5)]))
    saved = run.saved(plan(reactions={A: Reaction(to_run_of=(GRID, MANY))}))
    spans = {index: (saved.blocks[index].recovery, saved.blocks[index].ran_in) for index in (GRID, MANY)}
    assert spans == {GRID: (4, 4), MANY: (5, 2)}


# -- what is kept and may run again ----------------------------------------------------------------


def kept_grid(store):
    run = create(store)
    for number in (1, 2, 3):
        iterated(run, 1, GRID, number, number + 1, Status.SUCCESS)
        attempted(run, TaskKey(number + 1, CELL, 0), result=str(number))
    repeated(run, 1, GRID)
    run.commit(Batch(closed_repeats=[(1, GRID, Status.SUCCESS)]))
    return run


def test_of_what_is_kept_only_that_is_loaded_which_may_run_again(store):
    run = kept_grid(store)
    again = Directives(rerun=(Selection(("grid", "cell"), (1, 2)),))
    assert run.saved(plan()).blocks[GRID].frames == {}
    assert list(run.saved(plan(), again).blocks[GRID].frames) == [2]
    assert list(run.saved(plan(until=True), again).blocks[GRID].frames) == [1, 2, 3]


def test_a_step_that_always_runs_again_has_all_loaded(store):
    run = kept_grid(store)
    small = plan()
    nodes = [
        evolve(node, recovery={Status.SUCCESS: Action.RERUN}) if node.index == CELL else node for node in small.nodes
    ]
    assert list(run.saved(evolve(small, nodes=tuple(nodes))).blocks[GRID].frames) == [1, 2, 3]


# -- an earlier recovery ---------------------------------------------------------------------------


def test_going_back_restores_what_had_succeeded_and_forgets_what_had_not(store):
    run = create(store)
    iterated(run, 1, BLOCK, 1, 2, Status.SUCCESS)
    ran(run, TASK_A, 0, result="1", verdict=Verdict.TRUTHY)
    ran(run, TASK_A, 2, Status.FAILURE, attempt=2)
    ran(run, TaskKey(2, B, 0), 2, result="2")
    saved, revision = run.rewound(plan(), 1)
    assert saved.tasks[A].status is Status.SUCCESS
    assert saved.blocks[BLOCK].status is Status.ACTIVE
    assert saved.blocks[BLOCK].frames[1].tasks[B].status is Status.WAITING
    batch = Batch()
    revise(plan(), revision, batch, 20.0, 3)
    run.commit(batch)
    run.commit(batch)
    again = run.saved(plan())
    assert again.tasks[A] == SavedTask(Status.SUCCESS, 3, Verdict.TRUTHY, recovery=3, ran_in=0)
    assert again.blocks[BLOCK].frames[1].tasks[B].status is Status.WAITING
    assert run.result(TASK_A) == "1"
    assert told(store, run)[:3] == [
        ("a", 1, Status.SUCCESS, False, False),
        ("a", 2, Status.WAITING, True, False),
        ("a", 3, Status.SUCCESS, False, False),
    ]
    assert run.frame(FrameKey(1, BLOCK, 1)) == (2, Status.ACTIVE)


def test_what_has_not_run_since_stays_as_it_is(store):
    run = kept_grid(store)
    ran(run, TASK_A, 2)
    saved, revision = run.rewound(plan(), 1)
    assert saved.blocks[GRID].status is Status.SUCCESS
    assert [mark.node for mark in revision.superseded] == [A]
    assert revision.frames == ()


# -- repeats that begin anew -----------------------------------------------------------------------


def everything(store, run):
    """All that can be read of a run."""
    saved = run.saved(plan())
    waits = [run.wait(key, 0) for key in (TASK_A, each(2), TaskKey(2, CELL, 0))]
    return saved, waits, run.items(1, GRID), run.items(1, MANY), told(store, run), run.successes(), run.failures(9)[0]


def waited(run, key):
    run.commit(Batch(waits=[Wait(key, 0, "", 1.0, 2.0, None)]))


def test_a_repeat_that_begins_anew_is_as_if_it_had_never_begun(store):
    run = create(store)
    attempted(run, TASK_A, result="1")
    waited(run, TASK_A)
    before = everything(store, run)
    repeated(run, 1, GRID, "[1,2]")
    iterated(run, 1, GRID, 1, 2, Status.SUCCESS)
    iterated(run, 1, GRID, 2, 3)
    ran(run, TaskKey(2, CELL, 0), 0)
    waited(run, TaskKey(2, CELL, 0))
    ran(run, TaskKey(3, CELL, 0), 0, Status.FAILURE)
    repeated(run, 3, INNER, "[1]")
    iterated(run, 3, INNER, 1, 4)
    ran(run, TaskKey(4, DEEP, 0), 0)
    repeated(run, 1, MANY, "[7,8]")
    ran(run, each(1), 0)
    ran(run, each(2), 0, Status.FAILURE)
    waited(run, each(2))
    assert everything(store, run) != before
    batch = Batch(renewed=[(1, GRID, None), (1, MANY, EACH)])
    run.commit(batch)
    run.commit(batch)
    assert everything(store, run) == before
    assert (run.frame(FrameKey(1, GRID, 1)), run.last_iteration(1, EACH)) == (None, 0)
    batch = Batch(renewed=[(1, GRID, None)], repeats=[RepeatOpening(1, GRID, "[5]")])
    batch.frames.append(FrameOpening(FrameKey(1, GRID, 1), 9))
    run.commit(batch)
    run.commit(batch)
    assert (run.items(1, GRID), run.frame(FrameKey(1, GRID, 1))) == ("[5]", (9, Status.ACTIVE))


# -- another definition ----------------------------------------------------------------------------


def test_a_run_that_goes_on_with_another_definition_knows_new_nodes_and_old_ones(store):
    run = create(store)
    attempted(run, TASK_A, result="1")
    larger = plan()
    new = evolve(larger.nodes[A], index=10, path=("new",), parent=ROOT, position=4)
    root = evolve(larger.nodes[ROOT], children=(*larger.nodes[ROOT].children, 10))
    larger = evolve(
        larger,
        nodes=(root, *larger.nodes[1:], new),
        description={**larger.description, "new": Part(kind=PartKind.STEP)},
    )
    run.adopt(larger, {"a": "f2", "new": "f1"})
    attempted(run, TaskKey(1, 10, 0), result="2")
    run.close()
    record = store.find(run.record.id)
    assert (record.description["new"], record.fingerprints["a"]) == (Part(kind=PartKind.STEP), "f2")
    assert [one.path for one in store.attempts(record)] == ["a", "new"]
    again = store.take(record.id)
    assert again.saved(larger).tasks.keys() == {A, 10}
    assert again.begun_places() == {("", "container"), ("a", "step"), ("new", "step")}
    assert again.succeeded_paths() == {"a", "new"}


def test_other_runs_of_the_old_definition_stay_with_it(store):
    run, other = create(store), create(store)
    run.adopt(plan(), {"a": "f2"})
    assert store.find(other.record.id).fingerprints == {"a": "f1"}


# -- looking ---------------------------------------------------------------------------------------


def test_a_run_is_looked_at_while_somebody_drives_it(store):
    run = create(store)
    attempted(run, TASK_A, result="1")
    seen = store.look(store.find(run.record.id))
    assert seen.saved(plan()).tasks[A].status is Status.SUCCESS
    assert seen.result(TASK_A) == "1"
    run.commit(Batch(intents=[intent(TaskKey(1, A, 0), 2)]))
    assert seen.saved(plan()).tasks[A].status is Status.ACTIVE


def test_a_run_that_has_succeeded_is_reopened_as_a_recovery_if_that_is_asked(store):
    run = create(store)
    run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
    run.close()
    left = store.take(run.record.id)
    assert (left.record.status, left.record.recovery) == (RunStatus.SUCCESS, 0)
    left.close()
    again = store.take(run.record.id, reopens=True)
    assert (again.record.status, again.record.recovery) == (RunStatus.RUNNING, 1)


def test_an_attempt_without_an_outcome_is_lost_once_its_task_is_begun_again(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A, 1)]))
    again = Batch(intents=[replace(intent(TASK_A, 2), recovery=1)])
    run.commit(again)
    run.commit(again)
    run.commit(Batch(endings=[Ending(TASK_A, 2, Status.FAILURE, 11.0)]))
    run.commit(Batch(intents=[replace(intent(TASK_A, 3), recovery=1)]))
    assert told(store, run) == [
        ("a", 1, Status.WAITING, False, False),
        ("a", 2, Status.FAILURE, False, False),
        ("a", 3, Status.ACTIVE, False, False),
    ]
