"""One driver for each run: locks that die with their holder, takeovers, and what dead drivers left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sequent.errors import BusyError, StoreError
from sequent.model.saved_state import SavedTask
from sequent.model.status import RunStatus, Status
from sequent.runtime.processes import run_locks, run_owners
from sequent.runtime.rows import Ask, Batch, RunEnd, TaskKey
from sequent.runtime.store import open_store
from tests.children import Child
from tests.contracts.plans import A, create, plan
from tests.runtime.driving import kill, room_for

_HERE = Path(__file__).parents[3]
_PRELUDE = """
import os, sys
from sequent.runtime.processes import left_processes
from sequent.runtime.processes import run_locks
from sequent.runtime.store import open_store
from sequent.errors import SequentError
from tests.contracts.plans import *
from sequent.runtime.rows import *
from sequent.model.status import Status
path = sys.argv[1]
def tell(text):
    print(text, flush=True)
"""


@contextmanager
def process(code: str, *arguments: object, **options: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs some code, ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(_HERE)}
    command = [sys.executable, "-c", _PRELUDE + code, *map(str, arguments)]
    pipe = subprocess.PIPE
    started = Child(command, stdin=pipe, stdout=pipe, text=True, env=environment, **options)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def line(started: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert started.stdout is not None
    return started.stdout.readline().strip()


_DRIVE = """
store = open_store(path)
run = create(store, "mine")
tell(os.getpid())
sys.stdin.readline()
"""


def test_a_run_that_another_process_drives_is_refused_naming_it_and_free_once_it_is_killed(tmp_path):
    path = tmp_path / "s.db"
    with process(_DRIVE, path) as driver:
        pid = line(driver)
        store = open_store(str(path))
        assert store.find("mine").status is RunStatus.RUNNING
        assert str(store.runs()[0].owner.pid) == pid
        with pytest.raises(BusyError, match=f"driven by process {pid} on host"):
            store.take("mine")
        driver.kill()
        driver.wait()
        assert store.find("mine").status is RunStatus.INTERRUPTED
        assert store.take("mine").record.recovery == 1
        store.close()


_RECOVER = """
store = open_store(path)
tell("ready")
sys.stdin.readline()
try:
    run = store.take("mine")
    tell(f"drives {os.getpid()}")
    sys.stdin.readline()
except SequentError as error:
    tell(f"{error.exit_code} {error.message}")
"""


def test_of_several_that_take_a_run_at_once_one_drives_and_the_others_are_told_who(tmp_path):
    path = tmp_path / "s.db"
    store = open_store(str(path))
    create(store, "mine").close()
    store.close()
    with (
        process(_RECOVER, path) as first,
        process(_RECOVER, path) as second,
        process(_RECOVER, path) as third,
    ):
        several = (first, second, third)
        assert [line(one) for one in several] == ["ready"] * 3
        for one in several:
            one.stdin.write("\n")
            one.stdin.flush()
        told = sorted(line(one) for one in several)
        winner = told[2].removeprefix("drives ")
        assert winner in {str(one.pid) for one in several}
        assert [text.startswith(f"3 run 'mine' is driven by process {winner} on") for text in told[:2]] == [True, True]


_CHAIN = """
store = open_store(path)
run = create(store, "mine")
tell("began")
key = TaskKey(1, A, 0)
for number in range(1, 1_000_000):
    run.commit(Batch(intents=[intent(key, number)]))
    run.commit(Batch(endings=[Ending(key, number, Status.FAILURE, 1.0)]))
    tell(number)
"""


@pytest.mark.parametrize("commits", [1, 13, 57])
def test_what_was_acknowledged_is_there_after_the_driver_was_killed(tmp_path, commits):
    path = tmp_path / "s.db"
    with process(_CHAIN, path) as driver:
        assert line(driver) == "began"
        acknowledged = [line(driver) for _ in range(commits)][-1]
        driver.kill()
        rest = driver.stdout.read().split()
    acknowledged = int(rest[-1] if rest else acknowledged)
    store = open_store(str(path))
    task = store.take("mine").saved(plan()).tasks[A]
    # One more may have been written, whose answer nobody has seen; or only begun.
    assert task in {
        SavedTask(Status.FAILURE, acknowledged),
        SavedTask(Status.ACTIVE, acknowledged + 1),
        SavedTask(Status.FAILURE, acknowledged + 1),
    }
    store.close()


_SHARE = """
from sequent.errors import StoreBusyError
store = open_store(path)
run = store.create(Target(flow="small"), plan(), None, {})
tell("ready")
sys.stdin.readline()
key = TaskKey(1, A, 0)
for number in range(31):
    batch = Batch(intents=[intent(key, number)]) if number else Batch(frames=[FrameOpening(FrameKey(0, ROOT, 1), 1)])
    while True:
        try:
            run.commit(batch)
            break
        except StoreBusyError:
            pass
tell("done")
"""


def test_two_runs_of_one_store_are_written_side_by_side(tmp_path):
    path = tmp_path / "s.db"
    open_store(str(path)).close()
    with process(_SHARE, path) as first, process(_SHARE, path) as second:
        assert [line(first), line(second)] == ["ready", "ready"]
        for one in (first, second):
            one.stdin.write("\n")
            one.stdin.flush()
        assert [line(first), line(second)] == ["done", "done"]
        first.wait()
        second.wait()
        store = open_store(str(path))
        assert [len(list(store.attempts(record))) for record in store.runs()] == [30, 30]
        store.close()


def test_a_driver_that_has_not_said_who_it_is_is_known_by_its_process(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store, "mine")
    lock = Path(run.directory, "driver.lock")
    lock_text = lock.read_text()
    run.close()
    with process(_SILENT, lock) as driver:
        assert line(driver) == "holds"
        lock.write_text(lock_text)
        with pytest.raises(BusyError, match=f"driven by process {driver.pid} on"):
            store.take("mine")
    store.close()


def test_a_lock_is_held_though_there_is_no_room_to_say_by_whom(tmp_path):
    lock = str(tmp_path / "lock")
    with room_for(0):
        held = run_locks.try_lock(lock, "me")
    assert held is not None
    assert run_locks.lock_holder(lock) == run_locks.Holder(os.getpid(), "")
    held.release()
    assert run_locks.lock_holder(lock) is None


def test_a_lock_that_cannot_be_made_is_an_error_of_the_store(tmp_path):
    (tmp_path / "lock").symlink_to("elsewhere")
    with pytest.raises(StoreError, match="lock' cannot be used: Too many levels of symbolic links"):
        run_locks.try_lock(str(tmp_path / "lock"), "me")


def test_looking_at_a_run_never_lets_go_of_its_lock(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store, "mine")
    second = open_store(str(tmp_path / "s.db"))
    for opened in (store, second):
        assert opened.find("mine").owner is not None
        with pytest.raises(BusyError):
            opened.take("mine")
    second.close()
    code = "\ntry:\n    open_store(path).take('mine')\nexcept SequentError as error:\n    tell(error.exit_code)\n"
    with process(code, tmp_path / "s.db") as other:
        assert line(other) == "3"
    run.close()
    store.close()


_SILENT = """
lock = run_locks.try_lock(path, "")
tell("holds")
sys.stdin.readline()
"""


_AGENT = """
lock = run_locks.try_lock(os.path.join(path, "agent.lock"), "")
tell("holds")
sys.stdin.readline()
"""


def test_a_recovery_waits_for_the_agent_of_a_dead_driver(tmp_path, monkeypatch):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store, "mine")
    directory = run.directory
    run.close()
    with process(_AGENT, directory) as agent:
        assert line(agent) == "holds"
        monkeypatch.setattr(run_owners, "AGENT_PATIENCE", 0.05)
        with pytest.raises(BusyError, match=f"the agent of run 'mine' \\(process {agent.pid}\\) is still ending"):
            store.take("mine")
        agent.kill()
        agent.wait()
        assert store.find("mine").status is RunStatus.INTERRUPTED
        assert store.take("mine").record.recovery == 1
    store.close()


_HOLD = """
import subprocess
from sequent.runtime.agent.run_directory import RunDirectory
store = open_store(path)
run = create(store, "mine")
run.use_pools({"db": 4, "net": 1})
run.ask([Ask(TaskKey(1, A, 0), (("db", 4),), 0)])
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
RunDirectory(run.directory).record(child.pid)
tell(child.pid)
sys.stdin.readline()
"""


def test_what_a_dead_driver_held_of_a_shared_pool_others_may_have_once_nothing_of_it_runs(tmp_path):
    path = tmp_path / "s.db"
    store = open_store(str(path))
    other = create(store)
    other.use_pools({"db": 4, "net": 1})
    wanted = Ask(TaskKey(1, A, 0), (("db", 1),), 0)
    with process(_HOLD, path) as driver:
        child = int(line(driver))
        assert other.ask([wanted]) == []
        kill(driver.pid)
        assert other.ask([wanted]) == []
        kill(child)
        assert other.ask([wanted]) == [wanted]
    store.close()


def test_a_shared_pool_may_have_another_size_once_its_users_have_ended_or_are_gone(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    for number in range(3):
        user = create(store)
        user.use_pools({"db": 4})
        user.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {})))
        if number:
            # The first has ended, and is not let go yet.
            user.close()
    last = create(store)
    last.use_pools({"db": 3})
    wanted = Ask(TaskKey(1, A, 0), (("db", 4),), 0)
    assert last.ask([wanted]) == []
    store.close()
