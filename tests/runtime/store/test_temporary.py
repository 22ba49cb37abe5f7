"""The store that goes with its process, several runs of which are driven by threads of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

import pytest

from sequent.errors import StoreBusyError, StoreError
from sequent.model.run_target import Target
from sequent.runtime.rows import Ask, Batch, Hold, TaskKey
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite import temporary
from tests.contracts.plans import A, create, plan


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """Where such stores are: a directory of the test's own."""
    monkeypatch.setattr(temporary, "_IN_MEMORY", str(tmp_path))
    return tmp_path


def in_threads(act: Callable[[], None], number: int) -> None:
    """Do something in several threads, which take turns as often as they can."""
    threads = [threading.Thread(target=act) for _ in range(number)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


def test_threads_that_begin_runs_at_once_are_not_given_the_errors_of_one_another():
    store = open_store(":memory:")
    errors: list[BaseException] = []

    def begin() -> None:
        try:
            for _ in range(10):
                run = store.create(Target(flow="small"), plan(), None, {})
                written(lambda run=run: run.commit(Batch()))
                run.close()
                store.runs()
        except StoreError as error:
            errors.append(error)

    in_threads(begin, 6)
    assert errors == []
    assert len([*store.runs()]) == 60


def test_runs_that_threads_drive_share_pools_without_disturbing_one_another():
    store = open_store(":memory:")
    errors: list[BaseException] = []

    def drive() -> None:
        try:
            run = store.create(Target(flow="small"), plan(), None, {})
            written(lambda: run.use_pools({"db": 4, "net": 10**6}))
            for number in range(150):
                held = Hold(TaskKey(1, A, number), "net", 1, is_shared=True)
                given_back = Hold(TaskKey(1, A, number - 30), "net", 0, is_shared=True)
                written(lambda held=held, given_back=given_back: run.commit(Batch(holds=[held, given_back])))
                if number % 10 == 0:
                    ask = Ask(TaskKey(1, A, number % 50), (("db", 1),), 0)
                    written(lambda ask=ask: run.ask([ask]))
                run.wake_waiting({"db"})
                store.runs()
        except BaseException as error:
            errors.append(error)
            raise

    in_threads(drive, 4)
    assert errors == []
    assert [run.number for run in store.runs()] == [4, 3, 2, 1]
    store.close()


def written(write):
    """Write, as the driver does: again where another run's driver is writing."""
    while True:
        try:
            return write()
        except StoreBusyError:
            continue


def test_it_leaves_nothing_on_the_disk(directory):
    store = open_store(":memory:")
    create(store).close()
    assert len([*directory.iterdir()]) == 1
    store.close()
    assert [*directory.iterdir()] == []


def test_a_store_that_nobody_closes_goes_with_its_process(directory):
    code = (
        "from sequent.runtime.store.sqlite import temporary; "
        f"temporary._IN_MEMORY = {str(directory)!r}; store = temporary.MemoryStore()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert [*directory.iterdir()] == []


def test_the_next_one_removes_what_a_killed_process_has_left_and_nothing_else(directory):
    code = (
        "import os, signal; from sequent.runtime.store.sqlite import temporary; "
        f"temporary._IN_MEMORY = {str(directory)!r}; store = temporary.MemoryStore(); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    (left,) = directory.iterdir()
    living = open_store(":memory:")
    assert not left.exists()
    other = open_store(":memory:")
    create(living).close()
    assert [run.id for run in living.runs()] == ["r00001"]
    other.close()
    living.close()


@pytest.mark.parametrize("is_open", [False, True])
def test_one_that_another_process_removes_before_it_is_locked_is_made_again(directory, monkeypatch, is_open):
    place, name = (os, "open") if is_open else (tempfile, "mkdtemp")
    act, found = getattr(place, name), []

    def act_and_remove(*arguments, **options):
        made = act(*arguments, **options)
        if not found and (left := [*directory.iterdir()]):
            found.extend(left)
            left[0].rmdir()
        return made

    monkeypatch.setattr(place, name, act_and_remove)
    before = len(os.listdir("/proc/self/fd"))
    store = open_store(":memory:")
    monkeypatch.undo()
    assert found
    assert not found[0].exists()
    assert create(store).record.id == "r00001"
    store.close()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_child_that_was_forked_removes_nothing(directory):
    store = open_store(":memory:")
    child = os.fork()
    if not child:
        store.close()
        store._remove()
        os._exit(0)
    os.waitpid(child, 0)
    create(store).close()
    store.close()


def test_where_memory_has_no_room_it_is_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(temporary, "_ROOM", 2**62)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = open_store(":memory:")
    create(store).close()
    assert len([*tmp_path.iterdir()]) == 1
    store.close()
