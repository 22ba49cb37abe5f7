"""Attempts that take too long: the whole tree of theirs ends, whatever it does, and nothing else does."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.agent import loop
from sequent.runtime.agent.timeouts import WorkerLimit, exceeded, soonest
from sequent.runtime.agent.worker_endings import GRACE
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.messages.packets import WORD
from sequent.runtime.processes import process_trees
from sequent.runtime.worker import timeout_report as timekeeping
from sequent.runtime.worker.timeout_report import Limit
from tests.patience import LATE, PATIENCE, wait_until
from tests.runtime.driving import Driving, forked

TIMEOUT = 0.3


def note(directory):
    """Leave a file that says who this process is, which the step has started."""
    process = process_trees.process_at(os.getpid())
    assert process
    Path(directory, f"{process.pid}-{process.started}").touch()


def fork(directory, act):
    """Have a child do something, and wait until it has begun."""
    heard, said = os.pipe()
    if os.fork() == 0:
        note(directory)
        os.write(said, b"!")
        with contextlib.suppress(BaseException):
            act()
        os._exit(0)
    os.read(heard, 1)


def for_long():
    time.sleep(1000)


def ignore():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for_long()


def leave_session():
    os.setsid()
    ignore()


def stop_itself():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(os.getpid(), signal.SIGSTOP)


def sleepy():
    try:
        print("asleep")
        for_long()
    finally:
        print("cleaned up")


def busy():
    """Stay within one call of C code, in which no signal's Python handler can run."""
    sum(range(10**12))


def caught():
    try:
        for_long()
    except BaseException:  # noqa: BLE001 - as steps do that mean well
        return "in spite of all"


def forks(directory):
    for act in (for_long, ignore, leave_session, stop_itself):
        fork(directory, act)
    ignore()


def daemonises(directory):
    fork(directory, lambda: (os.setsid(), fork(directory, ignore)))
    for_long()


def stopped():
    os.kill(os.getpid(), signal.SIGSTOP)
    for_long()


def execs():
    os.execvp("sleep", ["sleep", "1000"])  # noqa: S606 - a step may do this


def closes():
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for_long()


def blocks():
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    os.umask(0o777)
    os.chdir("/")
    for_long()


def dies_early(directory):
    """Leave a child that ignores TERM to nobody, once the step is told to end."""
    fork(directory, leave_session)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for_long()


def sleeps(seconds):
    time.sleep(seconds)
    return os.getpid()


def waits(path):
    while not os.path.exists(path):
        time.sleep(0.01)
    return "unharmed"


HELD = "sleep 1000 & setsid sleep 1000 & echo $$ $! > pids; exec sleep 1000"
ALONE = (sleepy, busy, caught, stopped, execs, closes, blocks)
WITH_CHILDREN = (forks, daemonises, dies_early)

flow = Sequent("flow")
DIRECTORY = Path(os.environ.get("TMPDIR", "/tmp")) / f"timeouts-{os.getpid()}"  # noqa: S108 - of this process alone
for step in ALONE:
    flow.add_step(step.__name__, func=step)
for step in WITH_CHILDREN:
    flow.add_step(step.__name__, func=step, args=(str(DIRECTORY),))
flow.add_step("holds", command=("sh", "-c", HELD), result=str)
flow.add_step("brief", func=sleeps, args=(0,))
flow.add_step("longer", func=sleeps, args=(3 * TIMEOUT,))
flow.add_step("close_call", func=sleeps, args=(0.02,))
flow.add_step("waits", func=waits, args=(str(DIRECTORY / "go on"),))


@pytest.fixture(autouse=True)
def _directory():
    DIRECTORY.mkdir()
    yield
    for path in DIRECTORY.iterdir():
        path.unlink()
    DIRECTORY.rmdir()


def still_running() -> list[process_trees.Process]:
    """Of the processes that left a file, those that run."""
    noted = (path.name.split("-") for path in DIRECTORY.iterdir() if "-" in path.name)
    found = [(process_trees.process_at(int(pid)), int(started)) for pid, started in noted]
    return [it for it, started in found if it is not None and it.started == started and not it.is_zombie]


def assert_timed_out(driving: Driving, frame: int) -> None:
    problem = driving.end_of(frame).problem
    assert problem
    assert (problem.type, problem.message) == ("TimeoutError", "took longer than 0.3 s")
    assert problem.types == (
        "builtins.TimeoutError",
        "builtins.OSError",
        "builtins.Exception",
        "builtins.BaseException",
    )


@pytest.mark.parametrize("step", [step.__name__ for step in (*ALONE, *WITH_CHILDREN)])
def test_the_whole_tree_of_an_attempt_ends_once_it_takes_too_long(driving: Driving, step):
    began = time.monotonic()
    assert_timed_out(driving, driving.start(step, timeout=TIMEOUT))
    assert time.monotonic() - began < TIMEOUT + GRACE + LATE
    assert still_running() == []
    assert driving.seen == []
    assert driving.run("brief").problem is None


@pytest.mark.parametrize("days", [20, 25, 50, 3650])
def test_an_attempt_may_have_longer_than_the_kernel_sleeps_at_once(driving: Driving, days):
    # That it sleeps meanwhile takes two attempts: the second one begins while the first one is limited.
    other = driving.start("waits", timeout=days * 86_400.0, announces=True)
    driving.begun(other)
    assert driving.run("brief", timeout=days * 86_400.0).problem is None
    (DIRECTORY / "go on").touch()
    assert driving.end_of(other).problem is None


def words_of(pid):
    """The command line of a process; empty if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_a_program_ends_with_all_that_holds_its_output(driving: Driving):
    assert_timed_out(driving, driving.start("holds", timeout=TIMEOUT))
    executor = driving.executor
    assert isinstance(executor, ProcessExecutor)
    below = process_trees.descendants([executor.agent.pid])
    assert not any("sleep" in words_of(it.pid) for it in below if not it.is_zombie)


def test_what_a_step_does_when_it_is_told_to_end_is_in_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "GRACE", PATIENCE)
    with forked(flow, tmp_path) as driving:
        # On a busy machine the time may be over before the step sleeps: then another attempt is made.
        log = wait_until(lambda: driving.log_of(driving.run("sleepy", timeout=TIMEOUT)))
    assert log == "asleep\ncleaned up\n"


def test_other_workers_are_unharmed_and_the_limit_of_one_attempt_is_not_the_next_ones(tmp_path: Path):
    # Beside the one that waits there is room for one worker, which therefore gets all the others.
    with forked(flow, tmp_path, most_workers=2) as driving:
        other = driving.start("waits")
        # On a busy machine even this one may be too late.
        worker = wait_until(lambda: driving.run("brief", timeout=TIMEOUT).result)
        assert driving.run("longer").result == worker
        assert_timed_out(driving, driving.start("sleepy", timeout=TIMEOUT))
        (DIRECTORY / "go on").touch()
        assert driving.end_of(other).result == '"unharmed"'


def test_an_attempt_is_in_time_or_too_late_but_never_harmed_by_the_limit_of_the_one_before(driving: Driving):
    chance = random.Random(3)
    for _ in range(40):
        close, next_one = driving.start("close_call", timeout=chance.uniform(0.0195, 0.0215)), driving.start("brief")
        problem = driving.end_of(close).problem
        assert problem is None or problem.type == "TimeoutError"
        assert driving.end_of(next_one).problem is None


@pytest.fixture
def heard():
    made = WorkerLimit.make(b"w" * WORD)
    yield made
    made.close()


def said(heard: WorkerLimit) -> Limit:
    """The worker's side."""
    return Limit(heard.said.fileno(), heard.word, heard.ordered)


class Time:
    """A clock that is set by hand."""

    def __init__(self, *moments: float) -> None:
        self._moments = list(moments)

    def monotonic(self) -> float:
        return self._moments.pop(0)


@pytest.mark.parametrize(
    ("ends", "says", "is_late", "may_be_ended"),
    [(100.9, 100.95, False, False), (100.9, 101.0, False, True), (101.0, 101.1, True, True)],
)
def test_a_worker_goes_on_only_where_the_agent_has_surely_heard_that_it_was_in_time(
    heard: WorkerLimit, monkeypatch, ends, says, is_late, may_be_ended
):
    limit = said(heard)
    monkeypatch.setattr(timekeeping, "time", Time(100.0, ends, says))
    limit.begin(1.0)
    heard.hear()
    assert soonest({1: heard}) == 101.0
    assert (limit.end() is not None, limit.may_be_ended) == (is_late, may_be_ended)
    heard.hear()
    assert soonest({1: heard}) is None


def test_what_a_worker_said_just_before_is_heard_before_the_agent_decides(heard: WorkerLimit, monkeypatch):
    limit = said(heard)
    monkeypatch.setattr(timekeeping, "time", Time(0.0, 0.5, 0.5))
    limit.begin(1.0)
    heard.hear()
    limit.end()
    assert exceeded({1: heard}) == []


def test_an_attempt_that_takes_too_long_is_told_of_once(heard: WorkerLimit):
    said(heard).begin(0)
    heard.hear()
    assert exceeded({1: heard}) == [1]
    assert exceeded({1: heard}) == []
