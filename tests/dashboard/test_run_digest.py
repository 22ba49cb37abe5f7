from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest
from msgspec import structs

from sequent.dashboard import run_digest
from sequent.dashboard.run_digest import RunDigests
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, RunEnd
from sequent.runtime.store import open_store
from tests.contracts.plans import TASK_A, attempted, create
from tests.patience import PATIENCE

PROBLEM = Problem(type="ValueError", message="bad", traceback="", file="", line=0, exit_code=None, signal=None)


@pytest.fixture
def store(tmp_path):
    with closing(open_store(str(tmp_path / "store.db"))) as opened:
        yield opened


def test_a_run_that_goes_on_is_counted_again_as_it_changes_but_not_at_each_look(store):
    run = create(store, "going")
    digests = RunDigests()
    assert digests.of(store, run.record).failed == 0
    attempted(run, TASK_A, Status.FAILURE, problem=PROBLEM)
    record = store.find("going")
    assert record.owner is not None
    kept = digests._kept[record.number]
    kept.digest = structs.replace(kept.digest, cost=1e6)
    assert digests.of(store, record).failed == 0
    kept.digest = structs.replace(kept.digest, cost=0.0)
    assert digests.of(store, record).failed == 1


def test_of_a_large_run_that_goes_on_no_attempts_of_earlier_runs_are_read(store, monkeypatch):
    past = create(store, "past")
    attempted(past, TASK_A)
    past.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {}, "", {})))
    past.close()
    run = create(store, "going")
    attempted(run, TASK_A)
    read, attempts = [], type(store).attempts
    monkeypatch.setattr(type(store), "attempts", lambda *given: read.append(given[1].id) or attempts(*given))
    assert RunDigests().of(store, store.find("going")).expected_end.runs == 1
    assert read == ["going", "past"]
    read.clear()
    monkeypatch.setattr(run_digest, "ATTEMPTS", 0)
    assert RunDigests().of(store, store.find("going")).expected_end.runs == 1
    assert read == []


def test_while_the_tasks_of_a_run_are_counted_other_runs_can_be_looked_at(tmp_path, store, monkeypatch):
    create(store, "large")
    create(store, "small")
    digests, counting, may_end = RunDigests(), Event(), Event()
    standings = type(store).standings

    def slow_standings(store, record):
        if record.id == "large":
            counting.set()
            assert may_end.wait(PATIENCE)
        return standings(store, record)

    monkeypatch.setattr(type(store), "standings", slow_standings)

    def look(name):
        with closing(open_store(str(tmp_path / "store.db"), makes=False)) as own:
            return digests.of(own, own.find(name))

    with ThreadPoolExecutor(2) as threads:
        large = threads.submit(look, "large")
        try:
            assert counting.wait(PATIENCE)
            assert threads.submit(look, "small").result(PATIENCE).failed == 0
            assert not large.done()
        finally:
            may_end.set()
        assert large.result(PATIENCE).failed == 0


def test_a_run_is_counted_once_for_all_that_look_at_it_at_the_same_time(tmp_path, store, monkeypatch):
    create(store, "seen")
    digests, counted, counting, may_end = RunDigests(), [], Event(), Event()
    standings = type(store).standings

    def slow_standings(store, record):
        counted.append(record.id)
        counting.set()
        assert may_end.wait(PATIENCE)
        return standings(store, record)

    monkeypatch.setattr(type(store), "standings", slow_standings)

    def look():
        with closing(open_store(str(tmp_path / "store.db"), makes=False)) as own:
            return digests.of(own, own.find("seen"))

    with ThreadPoolExecutor(4) as threads:
        looks = [threads.submit(look) for _ in range(4)]
        assert counting.wait(PATIENCE)
        may_end.set()
        assert len({id(each.result(PATIENCE)) for each in looks}) == 1
    assert counted == ["seen"]


def test_digests_of_the_runs_that_were_looked_at_last_are_kept(store, monkeypatch):
    monkeypatch.setattr("sequent.dashboard.run_digest._KEPT", 2)
    first, second, third = (create(store, name).record for name in ("first", "second", "third"))
    digests = RunDigests()
    kept = digests.of(store, first)
    digests.of(store, second)
    assert digests.of(store, first) is kept
    digests.of(store, third)
    assert digests.of(store, first) is kept
    assert set(digests._kept) == {first.number, third.number}
