"""How any store keeps what people ask of a run: added by any process, decided once by the run's driver."""

from __future__ import annotations

import threading

import pytest

from sequent.errors import UnknownRunError
from sequent.model.interventions import Decision, Intervention, InterventionKind
from sequent.runtime.pruning import PruneRule
from sequent.runtime.rows import Batch
from tests.contracts.plans import create

STOP = Intervention(kind=InterventionKind.STOP, user="ada", host="etl1", why="it is six o'clock \x1b[31m", epoch=1)


def test_its_driver_reads_what_another_process_has_asked_for_and_it_is_kept_with_its_decision(store):
    run, other = create(store), create(store, "other")
    record = store.find(run.record.id)
    assert run.new_interventions() == []
    assert store.intervene(record, STOP) == 1
    assert store.intervene(record, STOP) == 2
    asked = run.new_interventions()
    assert [(each.number, each.request, each.decision) for each in asked] == [(1, STOP, None), (2, STOP, None)]
    assert asked[0].at == pytest.approx(record.created, abs=60)
    assert other.new_interventions() == []
    decision = Decision(at=5.0, refusal="no")
    for _ in range(2):
        run.commit(Batch(decisions=[(1, decision)]))
    assert [each.decision for each in store.interventions(record)] == [decision, None]
    store.intervene(record, STOP)
    assert [each.number for each in run.new_interventions()] == [2, 3]
    assert store.interventions(store.find("other")) == []


def test_who_drives_it_next_reads_what_is_still_open(store):
    run = create(store)
    store.intervene(store.find(run.record.id), STOP)
    run.close()
    again = store.take(run.record.id)
    assert [each.request for each in again.new_interventions()] == [STOP]


def test_what_several_ask_for_at_once_all_arrives(store):
    run = create(store)
    record = store.find(run.record.id)

    def ask() -> None:
        for _ in range(4):
            store.intervene(record, STOP)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.number for each in run.new_interventions()] == [*range(1, 13)]


def test_it_goes_with_its_run(store):
    run = create(store)
    record = run.record
    store.intervene(record, STOP)
    run.close()
    create(store, "later")
    store.prune(PruneRule(keep=1))
    with pytest.raises(UnknownRunError):
        store.find(record.id)
    assert store.interventions(record) == []
