"""What every store promises, whatever it keeps its rows in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from attrs import evolve

from sequent.errors import BusyError, FencedError, StoreError, UnknownRunError, UsageError
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Reaction
from sequent.model.saved import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import RunStatus, Status, Verdict
from sequent.runtime.ports import Store
from sequent.runtime.rows import Batch, Ending, FrameKey, FrameOpening, Intent, RepeatOpening, Target, TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import (
    BLOCK,
    CELL,
    DEEP,
    EACH,
    GRID,
    INNER,
    MANY,
    ROOT,
    A,
    B,
    attempted,
    create,
    intent,
    iterated,
    plan,
    reordered,
    repeated,
)

TASK_A = TaskKey(1, A, 0)


@pytest.fixture(params=["sqlite", "memory"])
def store(request, tmp_path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store.db") if request.param == "sqlite" else ":memory:")
    yield opened
    opened.close()


def each(iteration: int) -> TaskKey:
    return TaskKey(1, EACH, iteration)


# -- runs -------------------------------------------------------------------------------------------


def test_a_new_run_is_running_and_is_known_by_all_that_it_was_made_with(store):
    target = Target(flow="small", file="/flows/sm\udce9ll.py", argv=("x.py", "-p", "é\n"), cwd="/here", is_script=True)
    run = store.create(target, plan(), None, {"a": "f1", "block.b": "f2"})
    for record in (run.record, store.find("latest")):
        assert (record.id, record.number, record.recovery) == ("r00001", 1, 0)
        assert record.target == target
        assert record.status is RunStatus.RUNNING
        assert record.params == {"day": '"monday"'}
        assert record.structure == plan().structure
        assert record.fingerprints == {"a": "f1", "block.b": "f2"}
        assert record.owner is not None
        assert record.owner.pid == os.getpid()
        assert record.ended is None
        assert record.counts == {}


def test_a_run_has_a_directory_of_its_own_that_only_the_user_can_enter(store):
    first, second = create(store), create(store)
    assert first.directory != second.directory
    for path in (first.directory, os.path.join(first.directory, "logs")):
        assert os.stat(path).st_mode & 0o777 == 0o700


def test_the_end_of_a_run_is_kept_with_its_counts(store):
    run = create(store)
    run.commit(Batch(end=(RunStatus.FAILURE, {Status.SUCCESS: 3, Status.FAILURE: 1})))
    for record in (run.record, store.find("r00001")):
        assert record.status is RunStatus.FAILURE
        assert record.counts == {Status.SUCCESS: 3, Status.FAILURE: 1}
        assert record.ended is not None
        assert record.ended >= record.created


def test_runs_are_listed_latest_first_and_by_flow(store):
    for flow in ("one", "two", "one"):
        create(store, flow=flow)
    assert [record.number for record in store.runs()] == [3, 2, 1]
    assert [record.number for record in store.runs(limit=2)] == [3, 2]
    assert [record.number for record in store.runs("one")] == [3, 1]
    assert store.find("latest").number == 3
    assert store.find("latest", "two").number == 2


def test_a_run_is_found_by_its_id_or_a_unique_beginning_of_it(store):
    for run_id in ("nightly-1", "nightly-10", "weekly_1"):
        create(store, run_id)
    assert store.find("nightly-1").id == "nightly-1"
    assert store.find("w").id == "weekly_1"
    assert store.find("nightly-10").number == 2


@pytest.mark.parametrize("run_id", ["%", "_eekly", "W", "", "r00001", "weekly_1 ", "'; DROP TABLE run;--"])
def test_no_sign_in_an_id_that_is_asked_for_has_a_meaning(store, run_id):
    create(store, "weekly_1")
    with pytest.raises(UnknownRunError, match="there is no run"):
        store.find(run_id)
    assert store.find("weekly_1").number == 1


def test_an_unknown_run_is_refused_with_the_five_latest(store):
    for number in range(7):
        create(store, f"n{number}", flow="small")
    with pytest.raises(UnknownRunError) as caught:
        store.find("zz")
    text = str(caught.value)
    assert "'zz'" in text
    assert [f"n{number}" in text for number in range(7)] == [False, False, True, True, True, True, True]


def test_an_ambiguous_beginning_is_refused_with_what_it_may_mean(store):
    create(store, "nightly-1")
    create(store, "nightly-2")
    with pytest.raises(UnknownRunError, match=r"several runs begin with 'night'[\s\S]*nightly-2[\s\S]*nightly-1"):
        store.find("night")


def test_where_there_are_no_runs_that_is_said(store):
    for run_id in ("latest", "r1"):
        with pytest.raises(UnknownRunError, match="there are no runs in"):
            store.find(run_id)


def test_an_id_is_given_once(store):
    create(store, "mine")
    with pytest.raises(UsageError, match="run 'mine' exists already"):
        create(store, "mine")
    assert len(store.runs()) == 1


@pytest.mark.parametrize("run_id", ["a/b", "../x", "", ".hidden", "-x", "a b", "é", "x\n", "a" * 65, "latest"])
def test_an_id_that_no_run_can_have_is_refused(store, run_id):
    with pytest.raises(UsageError, match="cannot be a run's id"):
        create(store, run_id)
    assert store.runs() == []


def test_an_id_of_its_own_never_meets_one_that_was_given(store):
    create(store, "r00002")
    assert create(store).record.id != "r00002"
    assert len({record.id for record in store.runs()}) == 2


# -- driving ----------------------------------------------------------------------------------------


def test_a_run_that_is_driven_is_refused_naming_who_drives_it(store):
    create(store, "mine")
    with pytest.raises(BusyError) as caught:
        store.take("mine")
    text = str(caught.value)
    assert "'mine'" in text
    assert f"process {os.getpid()} on host '{os.uname().nodename}'" in text
    assert "since 2" in text
    assert f"kill -INT {os.getpid()}" in text
    assert caught.value.exit_code == 3


def test_a_run_that_was_let_go_is_interrupted_and_can_be_taken(store):
    create(store).close()
    record = store.find("latest")
    assert record.status is RunStatus.INTERRUPTED
    assert record.owner is None
    taken = store.take("r00001")
    assert taken.record.recovery == 1
    assert taken.record.status is RunStatus.RUNNING
    assert store.find("latest").status is RunStatus.RUNNING


def test_a_failed_run_is_running_again_once_it_is_taken(store):
    run = create(store)
    run.commit(Batch(end=(RunStatus.FAILURE, {Status.FAILURE: 1})))
    run.close()
    assert store.find("latest").status is RunStatus.FAILURE
    record = store.take("r00001").record
    assert (record.status, record.recovery, record.ended) == (RunStatus.RUNNING, 1, None)


def test_a_run_that_has_succeeded_stays_a_success_when_it_is_taken(store):
    run = create(store)
    run.commit(Batch(end=(RunStatus.SUCCESS, {Status.SUCCESS: 1})))
    run.close()
    record = store.take("r00001").record
    assert (record.status, record.recovery) == (RunStatus.SUCCESS, 0)
    assert record.counts == {Status.SUCCESS: 1}


def test_who_has_let_a_run_go_writes_no_more(store):
    run = create(store)
    run.close()
    with pytest.raises(FencedError):
        run.commit(Batch(intents=[intent(TASK_A)]))
    taken = store.take("r00001")
    with pytest.raises(FencedError):
        run.commit(Batch(intents=[intent(TASK_A)]))
    run.close()
    assert taken.saved(plan()) == SavedFrame(1)
    taken.commit(Batch(intents=[intent(TASK_A)]))


def test_other_runs_of_the_store_go_on_beside_it(store):
    first, second = create(store), create(store)
    attempted(first, TASK_A, result="1")
    attempted(second, TASK_A, result="2")
    assert (first.result(TASK_A), second.result(TASK_A)) == ("1", "2")


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
        end=(RunStatus.STOPPED, {Status.SUCCESS: 1}),
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
        Batch(endings=[ending, evolve(ending, attempt=2)]),
        Batch(endings=[ending], frames=[FrameOpening(FrameKey(0, ROOT, 1), 9)]),
        Batch(endings=[ending], closed_frames=[(FrameKey(1, GRID, 1), Status.SUCCESS)]),
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
    run.commit(Batch(endings=[lost, evolve(lost, status=Status.FAILURE, problem=problem)]))
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
    assert list(run.drawn_items(1, GRID, None)) == [f'"{number}"' for number in range(1, 101)]
    assert list(run.drawn_items(1, MANY, EACH)) == [str(number * 10) for number in range(1, 101)]
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


@pytest.mark.parametrize("segment", ["../../etc/passwd", "/etc/passwd", "", ".", "..", "a/b", "a\x00b", "a\n"])
def test_a_log_that_cannot_be_one_of_the_run_is_not_looked_for(store, segment):
    run = create(store)
    with pytest.raises(StoreError, match="names a log that cannot be"):
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
    inside = SavedFrame(2, {B: SavedTask(Status.SUCCESS, 3)})
    assert again.blocks == {BLOCK: SavedBlock(Status.SUCCESS, 1, {1: inside})}


def test_a_repeat_is_saved_with_the_iterations_that_are_open(store):
    run = create(store)
    repeated(run, 1, GRID)
    iterated(run, 1, GRID, 1, 2, Status.SUCCESS)
    iterated(run, 1, GRID, 2, 3, Status.FAILURE)
    iterated(run, 1, GRID, 3, 4)
    attempted(run, TaskKey(3, CELL, 0), Status.FAILURE)
    saved = run.saved(plan())
    assert saved is not None
    frames = {2: SavedFrame(3, {CELL: SavedTask(Status.FAILURE, 1)}), 3: SavedFrame(4)}
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
        1: SavedFrame(2, {CELL: SavedTask(Status.SUCCESS, 1)}),
        2: SavedFrame(3, {CELL: SavedTask(Status.SUCCESS, 1)}),
    }
    assert again.blocks[MANY].frames[2] == SavedFrame(0, {EACH: SavedTask(Status.SUCCESS, 2)})


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
        3: SavedFrame(0, {EACH: SavedTask(Status.FAILURE, 2)}),
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
