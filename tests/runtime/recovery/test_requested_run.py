"""Which run is resumed where none is named."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sequent.dsl.run_port import RunMode, RunRequest
from sequent.errors import UsageError
from sequent.model.run_target import Target
from sequent.runtime.recovery.requested_run import find_requested_run
from tests.cli.plans import a_record

HERE = Target(flow="nightly", file="/here.py")
ELSEWHERE = Target(flow="nightly", file="/elsewhere.py")


class Runs:
    """A store whose runs are of these targets, the latest first; how many it gave each time is kept."""

    def __init__(self, *targets):
        numbers = range(len(targets), 0, -1)
        self.records = [
            a_record(number=number, id=f"r{number}", target=target)
            for number, target in zip(numbers, targets, strict=True)
        ]
        self.given = []

    def runs(self, flow=None, limit=None):
        found = [record for record in self.records if record.target.flow == flow][:limit]
        self.given.append(len(found))
        return found


def wanted(store):
    request = RunRequest(definition=None, params={}, store=None, run_id=None, run_mode=RunMode.RECOVER)
    record, _ = find_requested_run(request, store, HERE)
    return record.id


def test_it_is_the_latest_of_the_same_name_in_the_same_file():
    assert wanted(Runs(replace(HERE, flow="other"), ELSEWHERE, HERE, HERE)) == "r2"


def test_many_earlier_runs_cost_nothing():
    store = Runs(*[HERE] * 1_000)
    assert wanted(store) == "r1000"
    assert sum(store.given) < 100


def test_it_is_found_behind_many_runs_of_others_of_that_name():
    assert wanted(Runs(*[ELSEWHERE] * 100, HERE)) == "r1"


def test_where_there_is_none_that_is_told():
    with pytest.raises(UsageError, match="the flow 'nightly' has no run to recover"):
        wanted(Runs(*[ELSEWHERE] * 100))
