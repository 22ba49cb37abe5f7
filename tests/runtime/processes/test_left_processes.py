"""What a run has started is known by whatever it has not dropped, once driver and agent are gone; nothing else is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.model.variables import RUN_DIRECTORY
from sequent.runtime.processes import left_processes, process_trees
from sequent.runtime.processes.process_stamps import Stamp
from sequent.runtime.store import open_store
from tests.contracts.plans import create
from tests.patience import PATIENCE
from tests.runtime.driving import forked
from tests.runtime.processes.test_run_locks import line, process

OTHER_USER = 54321


_SLEEPER = "\nimport time\ntell('sleeps')\ntime.sleep(600)\n"


def recorded(directory: Path, pid: int, **changes: object) -> None:
    """List a process as a worker of a run."""
    entry = {"pid": pid, "started": process_trees.process_at(pid).started, "boot": process_trees.boot_id(), **changes}
    with (directory / "workers").open("a") as file:
        file.write(json.dumps(entry) + "\n")


def test_a_listed_worker_that_outlived_its_driver_is_ended(tmp_path):
    with process(_SLEEPER, "") as worker:
        assert line(worker) == "sleeps"
        recorded(tmp_path, worker.pid)
        with (tmp_path / "workers").open("a") as file:
            file.write('{"pid": 12, "sta')
        assert left_processes.end_leftovers(str(tmp_path)) == 1
        assert worker.wait() == -signal.SIGKILL
    assert not (tmp_path / "workers").exists()


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another"}])
def test_a_process_that_only_has_a_workers_pid_is_left_alone(tmp_path, change):
    with process(_SLEEPER, "") as stranger:
        assert line(stranger) == "sleeps"
        recorded(tmp_path, stranger.pid, **change)
        assert left_processes.end_leftovers(str(tmp_path)) == 0
        assert stranger.poll() is None


def test_a_process_with_the_runs_directory_in_its_environment_is_ended_with_its_children(tmp_path, monkeypatch):
    child = (
        "import subprocess, sys\nc = subprocess.Popen(['sleep', '600'], env={}, start_new_session=True)\ntell(c.pid)\n"
    )
    monkeypatch.setenv(RUN_DIRECTORY, str(tmp_path))
    with process("\n" + child + _SLEEPER, "", start_new_session=True) as worker:
        grandchild = process_trees.process_at(int(line(worker)))
        assert line(worker) == "sleeps"
        monkeypatch.setenv(RUN_DIRECTORY, f"{tmp_path}2")
        with process(_SLEEPER, "") as other:
            assert line(other) == "sleeps"
            assert left_processes.end_leftovers(str(tmp_path)) == 2
            assert other.poll() is None
        assert worker.wait() == -signal.SIGKILL
    now = process_trees.process_at(grandchild.pid)
    assert now is None or now.is_zombie or now.started != grandchild.started


_FORKING = f"""
import time
if os.fork() == 0:
    os.setsid()
    Stamp.of(path).bear()
    os.environ.clear()
    tell(os.getpid())
    until = time.monotonic() + {PATIENCE}
    while time.monotonic() < until:
        time.sleep(0.03)
        if os.fork():
            os._exit(0)
os.wait()
"""


@pytest.fixture
def session(tmp_path):
    """That of a process of the run in ``tmp_path`` which forks and ends all the time."""
    with process("\nfrom sequent.runtime.processes.process_stamps import Stamp\n" + _FORKING, tmp_path) as worker:
        yield int(line(worker))
        # Else whoever reads what it prints waits for its end.
        left_processes.end_leftovers(str(tmp_path))


def members(session: int) -> list[int]:
    return [it.pid for it in process_trees.all_processes().values() if it.session == session and not it.is_zombie]


def test_what_forks_and_ends_all_the_time_is_seen_at_each_look_and_ended(tmp_path, session):
    looks = [members(session) for _ in range(40)]
    while len({pid for pids in looks for pid in pids}) == 1:
        looks.append(members(session))
    assert [] not in looks
    left_processes.end_leftovers(str(tmp_path))
    assert [members(session) for _ in range(10)] == [[]] * 10


def test_whoever_recovers_is_not_ended_itself(tmp_path, monkeypatch):
    code = "\ntell(left_processes.end_leftovers(path))\n"
    monkeypatch.setenv(RUN_DIRECTORY, str(tmp_path))
    with process(code, tmp_path) as recovery:
        assert line(recovery) == "0"
        assert recovery.wait() == 0


# -- stamps ----------------------------------------------------------------------------------------


def in_child(act) -> int:
    """Do something in a child, and give the status with which it ends."""
    if (child := os.fork()) == 0:
        status = 99
        try:
            status = act()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def borne(*directories: str) -> int:
    """Of which of these runs this process is, as the bits of a number."""
    return sum(Stamp.of(place).is_borne_by(os.getpid()) << bit for bit, place in enumerate(directories))


def become_other_user() -> None:
    if os.geteuid() == 0:
        os.setgid(OTHER_USER)
        os.setuid(OTHER_USER)


def test_a_stamp_is_borne_by_all_that_is_started_and_by_nobody_else(tmp_path):
    def run() -> int:
        Stamp.of("/one").bear()
        return in_child(lambda: borne("/one", "/two"))

    assert borne("/one", "/two") == 0
    assert in_child(run) == 0b01
    assert borne("/one", "/two") == 0
    same = tmp_path / "link"
    same.symlink_to(tmp_path)
    assert Stamp.of(str(same)) == Stamp.of(str(tmp_path))


@pytest.mark.parametrize("changes", [lambda: None, become_other_user], ids=["same user", "other user"])
def test_what_a_run_within_a_run_starts_is_of_both(changes):
    def inner() -> int:
        changes()
        Stamp.of("/inner").bear()
        return borne("/outer", "/inner", "/other")

    def outer() -> int:
        Stamp.of("/outer").bear()
        assert borne("/outer", "/inner", "/other") == 0b001
        found = in_child(inner)
        assert borne("/outer", "/inner", "/other") == 0b001
        return found

    assert in_child(outer) == 0b011


def test_a_process_that_bears_the_runs_stamp_is_ended_whatever_it_is_now(tmp_path):
    def bear() -> None:
        Stamp.of(str(tmp_path)).bear()
        become_other_user()

    with (
        subprocess.Popen(["sleep", "600"], preexec_fn=bear, env={}, start_new_session=True) as daemon,  # noqa: PLW1509
        subprocess.Popen(["sleep", "600"]) as stranger,
    ):
        assert left_processes.end_leftovers(str(tmp_path)) == 1
        assert daemon.wait() == -signal.SIGKILL
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("logdir", ["", "elsewhere"])
def test_who_can_write_to_a_log_of_the_run_is_ended_and_who_reads_it_is_not(tmp_path, logdir):
    if logdir:
        (tmp_path / logdir).mkdir()
        (tmp_path / "logs").symlink_to(tmp_path / logdir)
    else:
        (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "w1.log"
    with (
        log.open("a") as written,
        subprocess.Popen(["sleep", "600"], env={}, stdout=written, start_new_session=True) as writer,
    ):
        written.close()
        with log.open() as read, subprocess.Popen(["sleep", "600"], stdin=read) as reader:
            try:
                assert left_processes.end_leftovers(str(tmp_path)) == 1
                assert writer.wait() == -signal.SIGKILL
                assert reader.poll() is None
            finally:
                writer.kill()
                reader.kill()


def test_a_list_into_which_a_step_has_written_ends_nobody_and_nothing(tmp_path):
    nonsense = (
        "[" * 50_000,
        "[]",
        "7",
        '{"boot": 1}',
        json.dumps({"boot": process_trees.boot_id(), "pid": 1e999, "started": 1}),
        json.dumps({"boot": process_trees.boot_id(), "pid": "1", "started": 1}),
        json.dumps({"boot": process_trees.boot_id(), "pid": 2**70, "started": 1}),
        "\udcff",
    )
    (tmp_path / "workers").write_text("\n".join(nonsense), errors="surrogateescape")
    assert left_processes.end_leftovers(str(tmp_path)) == 0
    assert not (tmp_path / "workers").exists()


_BEGIN = """
from sequent.runtime.agent.run_directory import RunDirectory
from sequent.runtime.logs.log_marks import make_mark
store = open_store(path)
run = create(store, "mine")
home = RunDirectory(run.directory)
home.take(1)
home.begin()
segment, _ = home.open_segment()
make_mark(segment)
tell(run.directory)
sys.stdin.readline()
"""


def test_what_a_run_leaves_that_is_killed_goes_with_the_next_one_and_not_while_it_lives(tmp_path):
    path = tmp_path / "s.db"
    store = open_store(str(path))
    with process(_BEGIN, path) as driver:
        directory = Path(line(driver))
        left = (directory / "workers", directory / "logs" / "w1.live")
        create(store).close()
        assert all(file.exists() for file in left)
        driver.kill()
        driver.wait()
        assert all(file.exists() for file in left)
        create(store).close()
    assert not any(file.exists() for file in left)
    store.close()


def test_a_driver_adopts_orphans_only_while_it_has_workers(tmp_path):
    flow = Sequent("flow")
    flow.add_step("nothing", func=os.getpid)
    assert not process_trees.adopts_orphans()
    with forked(flow, tmp_path / "one"), forked(flow, tmp_path / "two") as driving:
        assert process_trees.adopts_orphans()
        assert driving.run("nothing").problem is None
    assert not process_trees.adopts_orphans()
    process_trees.adopt_orphans()
    with forked(flow, tmp_path / "three"):
        assert process_trees.adopts_orphans()
    assert process_trees.adopts_orphans()
    process_trees.adopt_orphans(adopts=False)
