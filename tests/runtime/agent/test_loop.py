"""Deaths of workers, agents and drivers: what had begun is told of, the rest goes on, and nothing is left."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.errors import SequentError
from sequent.runtime.executors import process_executor
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.orders import AttemptEnded, AttemptTakenBack, Notice
from sequent.runtime.processes import process_trees, run_locks
from tests.children import Child
from tests.descriptors import few_descriptors
from tests.patience import LATE, PATIENCE, wait_until
from tests.runtime.driving import Driving, forked, kill

ROOT = str(Path(__file__).parents[3])


def busy():
    """Stay within one call of C code, in which no signal's Python handler can run."""
    sum(range(10**12))


def sleepy(directory):
    try:
        Path(directory, "asleep").touch()
        time.sleep(1000)
    finally:
        print("cleaned up")


def stubborn(directory):
    """Ignore TERM, as a grandchild that left the session does."""
    code = (
        "import os, signal, sys, time, pathlib;"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "pathlib.Path(sys.argv[1], f'up-{os.getpid()}').touch();"
        "time.sleep(1000)"
    )
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for leaves in (True, False):
        subprocess.Popen([sys.executable, "-c", code, directory], start_new_session=leaves)
    while len(list(Path(directory).glob("up-*"))) < 2:
        time.sleep(0.01)
    Path(directory, "all-up").touch()
    busy()


def leave_behind(count):
    for _ in range(count):
        subprocess.Popen(["sleep", "1000"], start_new_session=True)


def daemonise():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
        os._exit(0)
    os.wait()


def pid():
    return os.getpid()


def flow_in(directory: Path) -> Sequent:
    flow = Sequent("flow")
    flow.add_step("busy", func=busy)
    flow.add_step("sleepy", func=sleepy, args=(str(directory),))
    flow.add_step("stubborn", func=stubborn, args=(str(directory),))
    flow.add_step("leave", func=leave_behind, args=(3,))
    flow.add_step("daemonise", func=daemonise)
    flow.add_step("pid", func=pid)
    flow.add_step("sleep", command=("sleep", "1000"))
    return flow


@pytest.fixture
def driving(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as found:
        yield found
    assert_nothing_left(tmp_path)


def processes_of(directory: Path) -> list[process_trees.Process]:
    """What is left of a run: by its recorded processes' sessions, and by the run's directory in the environment."""
    mark = f"SEQUENT_RUN_DIRECTORY={directory}".encode()
    lines = (directory / "workers").read_text().splitlines() if (directory / "workers").exists() else []
    recorded = {json.loads(line)["pid"] for line in lines}
    found = []
    for process in process_trees.all_processes().values():
        environment = b""
        with contextlib.suppress(OSError):
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        if process.session in recorded or mark in environment.split(b"\0"):
            found.append(process)
    return [process for process in found if not process.is_zombie]


def assert_nothing_left(directory: Path) -> None:
    assert processes_of(directory) == []


def worker_of(driving: Driving, frame: int) -> int:
    """The pid of the worker that executes that attempt."""
    driving.begun(frame)
    recorded = [json.loads(line)["pid"] for line in (driving.directory / "workers").read_text().splitlines()]
    return recorded[-1]


@pytest.mark.parametrize("step", ["busy", "sleepy"])
def test_a_killed_worker_fails_its_step_only_and_the_next_starts_at_once(driving: Driving, step):
    other = driving.run("pid").result
    first, second = driving.start("sleepy", announces=True), driving.start(step, announces=True)
    driving.begun(first)
    os.kill(worker_of(driving, second), signal.SIGKILL)
    problem = driving.end_of(second).problem
    assert problem
    assert (problem.type, problem.signal) == ("Signal", signal.SIGKILL)
    assert driving.run("pid").result != other
    assert not any(report.frame == first for report in driving.seen)


def test_an_order_that_a_dead_worker_had_not_received_goes_to_another(driving: Driving):
    old = driving.run("pid").result
    assert old
    os.kill(int(old), signal.SIGSTOP)
    wait_until(lambda: ") T " in Path(f"/proc/{old}/stat").read_text(), "it never stopped")
    frame = driving.start("pid")
    os.kill(int(old), signal.SIGKILL)
    ended = driving.end_of(frame)
    assert ended.problem is None
    assert ended.result != old


def test_a_worker_killed_while_it_is_idle_is_replaced_without_a_word(driving: Driving):
    old = driving.run("pid").result
    assert old
    kill(int(old))
    assert driving.run("pid").result != old
    assert driving.seen == []


@pytest.mark.parametrize(("step", "count"), [("leave", 3), ("daemonise", 1)])
def test_what_a_step_leaves_behind_is_ended_and_counted_in_its_log(driving: Driving, step, count):
    driving.run("pid")
    before = {process.pid for process in processes_of(driving.directory)}
    ended = driving.run(step)
    assert ended.problem is None
    assert f"ended {count} process" in driving.log_of(ended)
    # The worker, too, makes way.
    assert {process.pid for process in processes_of(driving.directory)} <= before


def test_a_dead_workers_children_end_with_it(driving: Driving):
    frame = driving.start("sleep", announces=True)
    worker = worker_of(driving, frame)
    child = wait_until(lambda: process_trees.children_of(worker), "the program was never started")[0]
    os.kill(worker, signal.SIGKILL)
    driving.end_of(frame)
    wait_until(lambda: child.pid not in {it.pid for it in processes_of(driving.directory)}, "it lives on")


def test_a_dead_agent_loses_what_had_begun_and_another_takes_over(driving: Driving):
    executor = driving.executor
    assert isinstance(executor, ProcessExecutor)
    frame = driving.start("stubborn", announces=True)
    driving.begun(frame)
    wait_until(lambda: (driving.directory / "all-up").exists(), "the children never came up")
    old = processes_of(driving.directory)
    os.kill(executor.agent.pid, signal.SIGKILL)
    driving.loss_of(frame)
    alive = {process.pid for process in processes_of(driving.directory)}
    assert not alive & {process.pid for process in old}
    assert driving.run("pid").problem is None


def test_what_runs_is_ended_with_all_below_it_and_may_clean_up_first(driving: Driving):
    frames = [driving.start(step, announces=True) for step in ("sleepy", "sleep")]
    for frame in frames:
        driving.begun(frame)
    # Only what is in its block cleans up.
    wait_until((driving.directory / "asleep").exists)
    driving.executor.end_tasks(at_once=False)
    sleepy_end, sleep_end = (driving.end_of(frame) for frame in frames)
    assert sleepy_end.problem
    assert sleepy_end.problem.signal == signal.SIGTERM
    assert driving.log_of(sleepy_end) == "cleaned up\n"
    assert sleep_end.problem
    assert sleep_end.problem.signal == signal.SIGTERM


def test_at_once_means_kill_also_of_what_ignores_every_other_signal(driving: Driving, monkeypatch):
    # On a busy machine an agent may take long.
    monkeypatch.setattr(process_executor, "_ANSWER", PATIENCE)
    frame = driving.start("stubborn", announces=True)
    driving.begun(frame)
    wait_until(lambda: (driving.directory / "all-up").exists(), "the children never came up")
    driving.executor.end_tasks(at_once=True)
    problem = driving.end_of(frame).problem
    assert problem
    assert problem.signal == signal.SIGKILL
    assert "being stopped" in problem.message
    wait_until(lambda: not any("python" in name_of(it) for it in children_left(driving)), "children live on")


def name_of(process: process_trees.Process) -> str:
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_text()
    except OSError:
        return ""


def children_left(driving: Driving) -> list[process_trees.Process]:
    return [it for it in processes_of(driving.directory) if "up-" in name_of(it)]


def test_what_has_not_begun_when_all_ends_is_told_of_and_never_starts(driving: Driving):
    frame = driving.start("pid")
    driving.executor.end_tasks(at_once=False)
    assert isinstance(driving.outcome_of(frame), AttemptTakenBack)


def test_an_agent_that_dies_while_all_ends_is_not_replaced_and_its_attempts_are_told_of(driving: Driving):
    executor = driving.executor
    assert isinstance(executor, ProcessExecutor)
    frame = driving.start("stubborn", announces=True)
    driving.begun(frame)
    wait_until(lambda: (driving.directory / "all-up").exists(), "the children never came up")
    driving.executor.end_tasks(at_once=False)
    agent = executor.agent.pid
    os.kill(agent, signal.SIGKILL)
    driving.loss_of(frame)
    assert executor.agent.pid == agent
    assert_nothing_left(driving.directory)


def test_what_an_agent_has_left_that_died_unseen_is_ended_when_all_is_closed(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as driving:
        driving.begun(driving.start("stubborn", announces=True))
        wait_until(lambda: (tmp_path / "all-up").exists(), "the children never came up")
        executor = driving.executor
        assert isinstance(executor, ProcessExecutor)
        kill(executor.agent.pid)
    assert_nothing_left(tmp_path)


def test_a_worker_that_cannot_be_started_is_told_of_and_all_that_was_started_ends(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as driving:
        driving.begun(driving.start("sleepy", announces=True))
        (tmp_path / "logs").rename(tmp_path / "elsewhere")
        with pytest.raises(SequentError, match="a worker cannot be started: No such file or directory"):
            driving.run("pid")
    assert_nothing_left(tmp_path)


def test_a_worker_for_which_the_driver_has_no_descriptors_is_told_of_and_started_once_there_are(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as driving:
        driving.begun(driving.start("sleepy", announces=True))
        with few_descriptors(0):
            frame = driving.start("pid")
            told = driving.wait(lambda report: isinstance(report, Notice))
        assert "cannot be started: Too many open files" in told.text
        assert driving.end_of(frame).problem is None
    assert_nothing_left(tmp_path)


def test_a_worker_that_has_executed_enough_makes_way_for_another(tmp_path):
    with forked(flow_in(tmp_path), tmp_path, most_attempts=3) as driving:
        pids = [driving.run("pid").result for _ in range(9)]
        earlier = {int(str(pid)) for pid in pids[:6]}
        wait_until(lambda: not any(map(process_trees.process_at, earlier)), "those that have made way live on")
    assert pids == sorted(pids, key=pids.index)
    assert [pids.count(pid) for pid in dict.fromkeys(pids)] == [3, 3, 3]
    assert_nothing_left(tmp_path)


def test_an_agent_can_be_forked_from_a_thread(tmp_path):
    def drive():
        with forked(flow_in(tmp_path), tmp_path) as driving:
            found.append(driving.run("pid").problem)

    found: list[object] = []
    thread = threading.Thread(target=drive)
    thread.start()
    thread.join()
    assert found == [None]
    assert_nothing_left(tmp_path)


def test_signals_of_a_terminal_reach_neither_agent_nor_workers(driving: Driving):
    worker = driving.run("pid").result
    assert worker
    executor = driving.executor
    assert isinstance(executor, ProcessExecutor)
    assert os.getpgid(executor.agent.pid) != os.getpgrp()
    assert os.getpgid(int(worker)) != os.getpgrp()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(executor.agent.pid, number)
    assert driving.run("pid").result == worker


DRIVER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.runtime.driving import forked, launched
from tests.runtime.agent.test_loop import flow_in
directory = Path({directory!r})
with forked(flow_in(directory), directory) as driving:
    for step in {steps!r}:
        driving.start(step)
    driving.end_of(99)
"""


def test_when_the_driver_is_killed_its_whole_tree_ends_within_six_seconds(tmp_path):
    code = DRIVER.format(root=ROOT, directory=str(tmp_path), steps=["stubborn", "busy", "sleepy", "sleep"])
    driver = Child([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    wait_until(lambda: (tmp_path / "all-up").exists(), "the children never came up")
    # Until all four are there: agent, workers, two children, and the program.
    wait_until(lambda: len(processes_of(tmp_path)) >= 8, "not all was started")
    driver.kill()
    driver.wait()
    started = time.monotonic()
    lock = os.open(tmp_path / "agent.lock", os.O_RDWR)
    fcntl.lockf(lock, fcntl.LOCK_EX)
    assert time.monotonic() - started < 6 + LATE
    # The kernel gives the lock back a moment before the agent, the last of them, is gone.
    wait_until(lambda: not processes_of(tmp_path), "something is left")
    os.close(lock)


def test_an_agent_holds_its_lock_until_nothing_of_its_tree_is_left(tmp_path):
    code = DRIVER.format(root=ROOT, directory=str(tmp_path), steps=["stubborn"])
    driver = Child([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    wait_until(lambda: (tmp_path / "all-up").exists(), "the children never came up")
    agent = json.loads((tmp_path / "workers").read_text().splitlines()[0])["pid"]
    below = [process for process in processes_of(tmp_path) if process.pid != agent]
    lock = str(tmp_path / "agent.lock")
    assert run_locks.lock_holder(lock).pid == agent
    driver.kill()
    driver.wait()
    wait_until(lambda: run_locks.lock_holder(lock) is None, "the lock stays")
    living = [process_trees.process_at(process.pid) for process in below]
    assert [process for process in living if process is not None and not process.is_zombie] == []


def test_what_a_killed_agent_and_driver_have_left_is_ended_before_anything_runs(tmp_path):
    code = DRIVER.format(root=ROOT, directory=str(tmp_path), steps=["stubborn"])
    driver = Child([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    wait_until(lambda: (tmp_path / "all-up").exists(), "the children never came up")
    agent = json.loads((tmp_path / "workers").read_text().splitlines()[0])["pid"]
    old = {process.pid for process in processes_of(tmp_path)}
    driver.send_signal(signal.SIGSTOP)
    os.kill(agent, signal.SIGKILL)
    driver.kill()
    driver.wait()
    with forked(flow_in(tmp_path), tmp_path) as driving:
        ended = driving.run("pid")
        assert isinstance(ended, AttemptEnded)
        assert not old & {process.pid for process in processes_of(tmp_path)}
    assert_nothing_left(tmp_path)
