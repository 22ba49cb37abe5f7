"""What ``stop`` refuses, and what it says then."""

from __future__ import annotations

import pytest

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.commands.stop import stop
from sequent.cli.runs import interventions
from sequent.errors import UsageError
from sequent.model.status import RunStatus
from tests.cli.plans import OneRun, a_record
from tests.cli.remembered import opening


def test_what_nobody_drives_is_not_stopped(monkeypatch):
    record = a_record(status=RunStatus.RUNNING, ended=None, owner=None)
    monkeypatch.setattr(interventions, "opened_store", opening(OneRun(record)))
    with pytest.raises(UsageError) as caught:
        stop("r00412", options=GlobalOptions(store="a.db"))
    assert caught.value.message.startswith("run 'r00412' of 'nightly' is not running")
    assert caught.value.hint == "resume it: sequent recover r00412 --store a.db"
