"""Drivers that do not answer and lose their runs to `recover --force` on the same machine, in both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sequent.model.status import RunStatus
from sequent.runtime.store import open_store
from sequent.runtime.store.sql import takeover
from tests.faults import drivers, evidence, ledger
from tests.faults.matrix import POSTGRESQL, SQLITE
from tests.faults.test_kills import FLOW, check_ledger
from tests.patience import PATIENCE

COUNT = int(os.environ.get("FORCED_TAKEOVERS", "1"))


@pytest.fixture(params=["sqlite", "postgresql"])
def name(request: pytest.FixtureRequest, store: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a store."""
    if request.param == "sqlite":
        return str(store)
    monkeypatch.setenv("XDG_STATE_HOME", str(store.parent))
    cluster = request.getfixturevalue("cluster")
    url: str = cluster.url(cluster.new_database())
    return url


@pytest.fixture
def start(name: str, store: Path) -> Callable[..., subprocess.Popen[str]]:
    return lambda *words: drivers.start(store, *words, SEQUENT_STORE=name, XDG_STATE_HOME=str(store.parent))


def recover(start: Callable[..., subprocess.Popen[str]], *words: str) -> subprocess.Popen[str]:
    return start("recover", "latest", "--flow", FLOW, *words)


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_driver_that_does_not_answer_loses_its_run_and_its_steps(
    is_stopped: bool, start: Callable[..., subprocess.Popen[str]], store: Path, name: str
) -> None:
    for _ in range(COUNT):
        store.with_name("ledger").unlink(missing_ok=True)
        hold = drivers.hold_from(store, 10)
        old = start("run", FLOW)
        drivers.wait_for_lines(store, 10)
        if is_stopped:
            old.send_signal(signal.SIGSTOP)
        refused = recover(start)
        output, _ = refused.communicate(timeout=PATIENCE)
        assert refused.returncode == 3, output
        assert f"process {old.pid}" in output
        assert "--force" in output
        process = recover(start, "--force")
        told, _ = old.communicate(timeout=PATIENCE)
        assert old.returncode == 5, told
        hold.unlink()
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        check_ledger(ledger.read(store.with_name("ledger")), 1)
        evidence.note(8, database_of(name), takeovers=1)


def test_a_driver_that_does_not_end_by_itself_is_killed_with_its_steps(
    start: Callable[..., subprocess.Popen[str]], store: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "GRACE", 0.5)
    store.with_name("HOLD").touch()
    old = start("run", FLOW)
    drivers.wait_for_lines(store, 1)
    is_over = threading.Event()

    def keep_stopped() -> None:
        while not is_over.wait(0.001):
            old.send_signal(signal.SIGSTOP)

    stopping = threading.Thread(target=keep_stopped)
    stopping.start()
    try:
        with closing(open_store(name)) as opened, closing(opened.take("latest", forces=True)) as run:
            assert old.wait(PATIENCE) == -signal.SIGKILL
            assert run.record.status is RunStatus.RUNNING
            (entry,) = ledger.read(store.with_name("ledger"))
            assert ledger.born(entry.pid) != entry.born
    finally:
        is_over.set()
        stopping.join()
        old.communicate()
    evidence.note(8, database_of(name), takeovers=1)


def database_of(name: str) -> str:
    return POSTGRESQL if "://" in name else SQLITE
