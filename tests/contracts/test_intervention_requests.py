"""What a person asks is handed to a driver over any store, however slow the machine of both is."""

from __future__ import annotations

import time

import pytest

from sequent.model.interventions import Decision, InterventionKind
from sequent.runtime import intervention_requests
from sequent.runtime.rows import Batch
from tests.contracts.plans import create


class SlowMachine:
    """A store whose driver decides at the last look; on a machine on which each look takes a minute.

    Args:
        store: the store.
        run: its driver.
    """

    def __init__(self, store, run) -> None:
        self._store = store
        self._run = run
        self.now = 0.0
        self._looks = 0

    def __getattr__(self, name):
        return getattr(self._store, name)

    def find(self, run_id):
        self.now += 60.0
        self._looks += 1
        if self._looks == intervention_requests.LOOKS:
            self._run.commit(Batch(decisions=[(1, Decision(at=5.0))]))
        return self._store.find(run_id)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def driven(store, monkeypatch):
    machine = SlowMachine(store, create(store))
    monkeypatch.setattr(intervention_requests, "LOOKS", 20)
    monkeypatch.setattr(time, "sleep", machine.sleep)
    monkeypatch.setattr(time, "monotonic", machine.monotonic)
    return machine


def test_a_driver_on_a_slow_machine_has_more_seconds_to_answer(driven, store):
    record = next(iter(store.runs()))
    requested = intervention_requests.request_intervention(driven, record, InterventionKind.STOP)
    assert requested.intervention.is_applied
    assert requested.consequence("it stops") == "it stops"


def test_a_driver_that_stays_silent_is_named(driven, store):
    driven._looks = intervention_requests.LOOKS
    record = next(iter(store.runs()))
    told = intervention_requests.request_intervention(driven, record, InterventionKind.STOP).consequence("it stops")
    assert told.endswith(", which has not answered yet")
