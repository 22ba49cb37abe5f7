"""A store that remembers one run, which `ls` and `show` tell."""

from __future__ import annotations

import pytest

from sequent.cli.commands import ls, show
from sequent.model.outcome import LogSpan
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import Owner, Pending
from tests.cli.plans import FLOW, NOW, STEP, STEPS, a_record
from tests.cli.remembered import RememberedStore, attempt, opening


@pytest.fixture
def remember(monkeypatch):
    def put(store):
        for command in (ls, show):
            monkeypatch.setattr(command, "opened_store", opening(store))

    return put


@pytest.fixture
def a_run(remember, tmp_path):
    log = tmp_path / "segment"
    log.write_bytes(b"before|loaded 12\x1b[2J\n|after")
    span = LogSpan(segment="segment", offset=7, length=14, dropped=5)
    attempts = [
        attempt("load", "1", 1, Status.FAILURE),
        attempt("send", "1.1", 1, Status.SUCCESS),
        attempt("load", "1", 2, Status.SUCCESS, log=span),
        attempt("send", "1.2", 1, Status.FAILURE, log=span),
    ]
    counts = {Status.SUCCESS: 2, Status.FAILURE: 1}
    record = a_record(
        params={"day": '{"$da":"2026-11-24"}'}, counts=counts, description={"": FLOW, "load": STEP, "send": STEP}
    )
    remember(RememberedStore(record, attempts, str(log)))
    return record


@pytest.fixture
def under_way(remember, monkeypatch):
    """A run in which something is active, waits, was lost, and has not begun."""
    monkeypatch.setattr(show.time, "time", lambda: NOW)
    attempts = [
        attempt("load", "1", 1, Status.SUCCESS),
        attempt("block.send", "1.1", 1, Status.FAILURE),
        attempt("block.send", "1.2", 1, Status.WAITING),
        attempt("block.send", "1.2", 2, Status.ACTIVE, started=NOW - 90, ended=None),
        attempt("block.send", "1.3", 1, Status.FAILURE),
    ]
    waits = [
        Pending(path="block.send", sequence="1.1", attempt=2, due=NOW + 60),
        Pending(path="last", sequence="1", attempt=0, due=NOW + 120),
    ]
    owner = Owner(pid=7, started=1.0, host="h", boot="b", user="ada", since=NOW)
    record = a_record(status=RunStatus.RUNNING, ended=None, owner=owner, description=STEPS, counts={})
    remember(RememberedStore(record, attempts, waits=waits))
    return record
