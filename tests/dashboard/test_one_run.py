"""The content of a run's page and screen, from its rows."""

from __future__ import annotations

from contextlib import closing

import pytest

from sequent.dashboard.attempt_logs import AttemptName, attempts_named
from sequent.dashboard.one_run import read_run
from sequent.dashboard.run_action import RunAction
from sequent.dashboard.run_digest import RunDigests
from sequent.errors import UsageError
from sequent.model.interventions import InterventionKind
from sequent.model.status import Status
from sequent.runtime.store import open_store
from tests.contracts.plans import TASK_A, attempted, create, each
from tests.dashboard.test_run_digest import PROBLEM


@pytest.fixture
def store(tmp_path):
    with closing(open_store(str(tmp_path / "store.db"))) as opened:
        yield opened


def look(store, run_id):
    return read_run(store, store.find(run_id), RunDigests())


def test_nothing_is_active_in_a_run_that_no_process_drives(store):
    run = create(store, "run")
    attempted(run, TASK_A, Status.ACTIVE)
    assert look(store, "run").active == 1
    run.close()
    assert look(store, "run").active == 0


def test_the_log_of_a_run_is_that_of_its_first_failure_though_others_go_on(store):
    run = create(store, "run")
    attempted(run, each(1), Status.ACTIVE)
    name = AttemptName()
    assert [attempt.path for attempt in attempts_named(store, look(store, "run"), name)] == ["many"]
    attempted(run, TASK_A, Status.FAILURE, problem=PROBLEM)
    assert [attempt.path for attempt in attempts_named(store, look(store, "run"), name)] == ["a"]


def test_a_failure_with_a_result_is_refused():
    action = RunAction(kind=InterventionKind.MARK, place="a", outcome="failure", result="1")
    with pytest.raises(UsageError, match="a failure has no result"):
        action.further()
