"""What ``stop`` refuses, and what it says then."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from sequent.cli.arguments.typed_options import TypedOptions
from sequent.cli.commands import stop
from sequent.errors import UsageError
from sequent.model.status import RunStatus
from sequent.runtime.records import Owner
from tests.cli.plans import OneRun, a_record
from tests.cli.remembered import opening


@pytest.fixture
def refused(monkeypatch):
    """How a run of this owner is refused to be stopped."""

    def refused(owner):
        record = a_record(status=RunStatus.RUNNING, ended=None, owner=owner)
        monkeypatch.setattr(stop, "opened_store", opening(OneRun(record)))
        with pytest.raises(UsageError) as caught:
            stop.stop("r00412", options=TypedOptions(store="a.db"))
        return caught.value

    return refused


def owner(host: str) -> Owner:
    return Owner(pid=os.getpid(), started=0.0, host=host, boot="b", user="ann", since=0.0)


def test_what_is_driven_on_another_host_is_to_be_stopped_there(refused):
    error = refused(owner("elsewhere"))
    assert f"is driven by process {os.getpid()} on the host 'elsewhere'" in error.message
    assert error.hint == "stop it there: sequent stop r00412 --store a.db"


def test_what_somebody_else_drives_is_to_be_stopped_by_them(refused, monkeypatch):
    def deny(process: int, number: int) -> None:
        assert number == signal.SIGINT
        raise PermissionError

    monkeypatch.setattr(signal, "pidfd_send_signal", deny)
    error = refused(owner(socket.gethostname()))
    assert f"process {os.getpid()} of 'ann', and only that user may stop it" in error.message
    assert error.hint == "stop it as that user, or as root: sequent stop r00412 --store a.db"


def test_what_nobody_drives_is_not_stopped(refused):
    error = refused(None)
    assert error.message.startswith("run 'r00412' of 'nightly' is not running")
    assert error.hint == "see how it went: sequent show r00412 --store a.db"
