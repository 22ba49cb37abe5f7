"""How any store makes, finds and hands out runs."""

from __future__ import annotations

import os

import pytest

from sequent.errors import BusyError, FencedError, UnknownRunError, UsageError
from sequent.model.run_target import Target
from sequent.model.saved_state import SavedFrame
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import RunOrigin
from sequent.runtime.rows import Batch, FrameKey, RunEnd, TaskKey, Wait
from tests.contracts.plans import (
    BLOCK,
    EACH,
    GRID,
    MANY,
    TASK_A,
    B,
    attempted,
    create,
    each,
    intent,
    iterated,
    plan,
    repeated,
)

# -- runs -------------------------------------------------------------------------------------------


def test_a_new_run_is_running_and_is_known_by_all_that_it_was_made_with(store):
    target = Target(flow="small", file="/flows/sm\udce9ll.py", argv=("x.py", "-p", "é\n"), cwd="/here", is_script=True)
    run = store.create(target, plan(), None, {"a": "f1", "block.b": "f2"})
    for record in (run.record, store.find("latest")):
        assert (record.id, record.number, record.recovery) == ("r00001", 1, 0)
        assert record.target == target
        assert record.status is RunStatus.RUNNING
        assert record.params == {"day": '"monday"'}
        assert record.description == plan().description
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
    run.commit(Batch(end=RunEnd(RunStatus.FAILURE, {Status.SUCCESS: 3, Status.FAILURE: 1})))
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
    assert "sequent stop" in text
    assert caught.value.exit_code == 3


def test_a_process_does_not_take_a_run_from_itself_by_force(store):
    run = create(store)
    with pytest.raises(BusyError):
        store.take(run.record.id, forces=True)
    attempted(run, TASK_A)
    assert store.find(run.record.id).status is RunStatus.RUNNING


def test_a_run_that_nobody_drives_is_taken_by_force_as_well(store):
    run = create(store)
    run.close()
    assert store.take(run.record.id, forces=True).record.recovery == 1


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
    run.commit(Batch(end=RunEnd(RunStatus.FAILURE, {Status.FAILURE: 1})))
    run.close()
    assert store.find("latest").status is RunStatus.FAILURE
    record = store.take("r00001").record
    assert (record.status, record.recovery, record.ended) == (RunStatus.RUNNING, 1, None)


def test_a_run_that_has_succeeded_stays_a_success_when_it_is_taken(store):
    run = create(store)
    run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {Status.SUCCESS: 1})))
    run.close()
    record = store.take("r00001").record
    assert (record.status, record.recovery) == (RunStatus.SUCCESS, 0)
    assert record.counts == {Status.SUCCESS: 1}


def test_each_who_takes_a_run_has_the_next_epoch(store):
    run = create(store)
    first = run.record.epoch
    run.close()
    assert store.find("latest").epoch == first
    taken = store.take("r00001")
    assert taken.record.epoch == first + 1
    taken.close()
    assert store.take("r00001", resumes=True).record.epoch == first + 2


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


# -- runs that steps of other runs started -----------------------------------------------------------


def test_the_latest_is_the_latest_that_no_step_of_another_run_started(store):
    origin = RunOrigin(run="r00001", path="b\udce9.c", sequence="1.2", store="/s.db")
    create(store, flow="outer")
    target = Target(flow="inner")
    inner = store.create(target, plan(), None, {}, origin)
    assert (inner.record.origin, store.find("r00002").origin) == (origin, origin)
    assert (store.find("latest").id, store.find("r00001").origin) == ("r00001", None)
    with pytest.raises(UnknownRunError, match=r"all runs of the flow 'inner' in .* were started by steps") as caught:
        store.find("latest", "inner")
    assert "r00002 (inner, running)" in str(caught.value.hint)
    own = store.create(target, plan(), None, {})
    assert store.find("latest", "inner").id == store.find("latest").id == own.record.id
    with pytest.raises(UnknownRunError, match="there are no runs of the flow 'other' in"):
        store.find("latest", "other")


# -- what is told of a run without its flow ----------------------------------------------------------


def test_what_was_skipped_or_cancelled_is_kept_with_the_end(store):
    run = create(store)
    unrun = {"a": {Status.SKIPPED: 2}, "block.b": {Status.CANCELLED: 1, Status.SKIPPED: 1}}
    assert store.find("latest").unrun == {}
    run.commit(Batch(end=RunEnd(RunStatus.FAILURE, {}, "", unrun)))
    assert (run.record.unrun, store.find("latest").unrun) == (unrun, unrun)
    run.close()
    again = store.take("r00001")
    again.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
    assert (again.record.unrun, store.find("latest").unrun) == ({}, {})


def test_so_it_is_while_the_run_goes_on_and_anew_once_it_is_taken_up(store):
    run = create(store)
    run.commit(Batch(unrun={"a": {Status.SKIPPED: 1}}))
    run.commit(Batch(unrun={"a": {Status.SKIPPED: 2}, "block.b": {Status.READY: 1}}))
    unrun = {"a": {Status.SKIPPED: 2}, "block.b": {Status.READY: 1}}
    assert (run.record.unrun, store.find("latest").unrun) == (unrun, unrun)
    run.close()
    assert store.find("latest").unrun == unrun
    again = store.take("r00001")
    assert (again.record.unrun, store.find("latest").unrun) == ({}, {})
    again.commit(
        Batch(unrun={"a": {Status.SKIPPED: 3}}, end=RunEnd(RunStatus.SUCCESS, {}, "", {"a": {Status.SKIPPED: 4}}))
    )
    assert store.find("latest").unrun == {"a": {Status.SKIPPED: 4}}


def test_what_is_waited_for_is_told_until_it_has_begun(store):
    def due(key, attempt, at):
        return Wait(key, attempt, "", 0.0, at, None)

    def pending():
        return [(told.path, told.sequence, told.attempt, told.due) for told in store.pending(run.record)]

    run = create(store)
    retry, iteration = due(TASK_A, 2, 3.0), due(TaskKey(1, EACH, 2), 0, 2.0)
    container, repeat = due(TaskKey(1, BLOCK, 0), 0, 1.0), due(TaskKey(1, GRID, 0), 0, 4.0)
    attempted(run, TASK_A, Status.FAILURE)
    run.commit(Batch(waits=[retry, iteration, container, repeat]))
    told = [("block", "1", 0, 1.0), ("many", "1.2", 0, 2.0), ("a", "1", 2, 3.0), ("grid", "1", 0, 4.0)]
    assert pending() == told
    iterated(run, 1, BLOCK, 1, 2)
    repeated(run, 1, GRID)
    assert pending() == told[1:3]
    run.commit(Batch(intents=[intent(TASK_A, 2), intent(TaskKey(1, EACH, 2))]))
    assert pending() == []


def test_what_is_waited_for_in_an_iteration_that_has_ended_is_told_again_once_that_is_opened_again(store):
    run = create(store)
    iterated(run, 1, BLOCK, 1, 2)
    run.commit(Batch(waits=[Wait(TaskKey(2, B, 0), 1, "", 0.0, 1.0, None)]))

    def pending():
        return [(told.path, told.sequence) for told in store.pending(run.record)]

    assert pending() == [("block.b", "1.1")]
    place = FrameKey(1, BLOCK, 1)
    for status, told in ((Status.FAILURE, []), (Status.ACTIVE, [("block.b", "1.1")]), (Status.CANCELLED, [])):
        run.commit(Batch(closed_frames=[(place, status)]))
        assert pending() == told


def test_what_is_waited_for_in_a_repeated_step_that_has_ended_is_told_again_once_that_is_opened_again(store):
    run = create(store)
    repeated(run, 1, MANY)
    run.commit(Batch(waits=[Wait(each(2), 1, "", 0.0, 1.0, None)]))

    def pending():
        return [(told.path, told.sequence) for told in store.pending(run.record)]

    assert pending() == [("many", "1.2")]
    run.commit(Batch(closed_repeats=[(1, MANY, Status.FAILURE)]))
    assert pending() == []
    repeated(run, 1, MANY)
    assert pending() == [("many", "1.2")]
