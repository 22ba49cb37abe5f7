"""What becomes of a store while it is used: locked, full, taken away or taken over."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from sequent.errors import FencedError, StoreBusyError, StoreError, StoreFullError
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, Ending, RunEnd
from sequent.runtime.store import open_store
from tests.contracts.plans import create, intent
from tests.runtime.store.files import TASK_A, altered


def test_a_locked_store_is_told_at_once_and_the_same_batch_is_written_later(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    batch = Batch(intents=[intent(TASK_A)])
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="is locked"):
        run.commit(batch)
    other.execute("ROLLBACK")
    other.close()
    run.commit(batch)
    assert [told.path for told in store.attempts(run.record)] == ["a"]
    store.close()


def test_a_full_disk_is_told_as_such_and_nothing_is_half_written(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    run._own.connection.execute("PRAGMA max_page_count = 1")
    text = '"' + "x" * 900_000 + '"'
    batch = Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, text)], end=RunEnd(RunStatus.SUCCESS, {}))
    with pytest.raises(StoreFullError, match="No space left on device"):
        run.commit(batch)
    assert store.find("latest").status is RunStatus.RUNNING
    run._own.connection.execute("PRAGMA max_page_count = 100000")
    run.commit(batch)
    assert run.result(TASK_A) == text
    store.close()


def test_room_is_set_aside_while_a_run_is_driven_and_freed_for_its_end(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    ballast = Path(run.directory, "ballast")
    assert ballast.stat().st_blocks * 512 >= 1024 * 1024
    assert stat.S_IMODE(ballast.stat().st_mode) == 0o600
    run.free_space()
    run.free_space()
    assert not ballast.exists()
    run.close()
    taken = store.take("r00001")
    assert ballast.exists()
    taken.close()
    assert not ballast.exists()
    store.close()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_store_that_was_taken_away_is_noticed_before_anything_is_acknowledged(tmp_path, how):
    path = tmp_path / "s.db"
    store = open_store(str(path))
    run = create(store)
    path.rename(tmp_path / "away.db")
    if how == "replaced":
        path.write_bytes((tmp_path / "away.db").read_bytes())
    with pytest.raises(StoreError, match="is gone" if how == "removed" else "was replaced"):
        run.commit(Batch(intents=[intent(TASK_A)]))
    store.close()


@pytest.mark.parametrize("theft", ["UPDATE run SET epoch = epoch + 1", "UPDATE run SET owner = 'somebody'"])
def test_a_driver_that_was_taken_over_writes_nothing(tmp_path, theft):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    altered(tmp_path / "s.db", theft)
    with pytest.raises(FencedError, match="another one took it over") as caught:
        run.commit(Batch(intents=[intent(TASK_A)]))
    assert caught.value.exit_code == 5
    assert list(store.attempts(run.record)) == []
    store.close()


def test_a_forked_child_can_neither_write_nor_let_the_run_go(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            run.commit(Batch(intents=[intent(TASK_A)]))
        except FencedError:
            run.close()
            store.close()
            code = 42
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 42
    assert store.find("latest").status is RunStatus.RUNNING
    run.commit(Batch(intents=[intent(TASK_A)]))
    store.close()
