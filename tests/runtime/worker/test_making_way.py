"""Workers that end in peace: what a step has left is ended, its exit functions are called, and the next works."""

from __future__ import annotations

import _thread
import atexit
import ctypes
import multiprocessing
import os
import tempfile
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import shared_memory
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.agent import loop
from sequent.runtime.worker import shutdown, tidying
from tests.patience import PATIENCE, wait_until
from tests.runtime.driving import Driving, forked

kept: list[object] = []
SHARED = f"sequent_tests_{os.getpid()}"
"""The name of memory that steps share, of this process of tests alone."""


def pid():
    return os.getpid()


def square(number):
    return number * number


def pool(method):
    with multiprocessing.get_context(method).Pool(1) as made:
        return made.map(square, [3])


def share():
    memory = shared_memory.SharedMemory(SHARED, create=True, size=10)
    kept.append(memory)
    return True


def leave_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def leave_slow_thread():
    threading.Thread(target=lambda: (time.sleep(0.3), print("the thread is done"))).start()


def leave_brief_thread():
    threading.Thread(target=lambda: None).start()
    return os.getpid()


def leave_brief_unknown_thread():
    """Leave one that is as any is at its very end: threading knows it no more."""
    begun, ends = threading.Event(), threading.Event()
    _thread.start_new_thread(lambda: (begun.set(), ends.wait(0.1)), ())
    begun.wait()
    return os.getpid()


def leave_executor():
    executor = ThreadPoolExecutor(2)
    kept.append(executor)
    return executor.submit(os.getpid).result()


def leave_exit_functions(*, and_a_thread):
    def fail():
        raise ValueError("from an exit function")

    atexit.register(print, "first registered, last called")
    atexit.register(fail)
    kept.append(tempfile.TemporaryDirectory())
    weakref.finalize(kept[-1], print, "finalised")
    if and_a_thread:
        leave_thread()
    return kept[-1].name


def leave_hanging_exit_function():
    atexit.register(time.sleep, 1000)
    leave_thread()


def write_at_exit(path):
    atexit.register(Path(path).touch)


def register_and_sleep(path):
    write_at_exit(path)
    Path(path).with_name("registered").touch()
    time.sleep(1000)


def print_in_c():
    ctypes.CDLL(None).puts(b"by C")
    print("by Python")


def print_in_c_without_end():
    ctypes.CDLL(None).printf(b"%s", b"by C")


def spoil_pid():
    os.nice(1)
    return os.getpid()


def flow_in(directory: Path) -> Sequent:
    flow = Sequent("flow")
    flow.add_step("pid", func=pid)
    for method in ("fork", "forkserver", "spawn"):
        flow.add_step(f"pool_{method}", func=pool, args=(method,))
    for step in (
        *(share, leave_thread, leave_slow_thread, leave_executor, leave_hanging_exit_function),
        *(leave_brief_thread, leave_brief_unknown_thread),
        *(print_in_c, print_in_c_without_end, spoil_pid),
    ):
        flow.add_step(step.__name__, func=step)
    flow.add_step("exits", func=leave_exit_functions, kwargs={"and_a_thread": True})
    flow.add_step("exits_late", func=leave_exit_functions, kwargs={"and_a_thread": False})
    for register in (write_at_exit, register_and_sleep):
        flow.add_step(register.__name__, func=register, args=(str(directory / "exited"),))
    return flow


@pytest.fixture
def driving(tmp_path):
    with forked(flow_in(tmp_path), tmp_path) as made:
        yield made


@pytest.fixture
def patient(monkeypatch):
    """Agents and workers that leave as much time as a busy machine may need for what is done at an end."""
    for module in (loop, shutdown):
        monkeypatch.setattr(module, "GRACE", PATIENCE)


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_a_pool_is_there_for_the_next_step_too(driving: Driving, method):
    for _ in range(3):
        ended = driving.run(f"pool_{method}")
        assert (ended.result, ended.problem) == ("[9]", None)


def test_what_is_shared_and_forgotten_is_removed_before_the_next_begins(driving: Driving):
    for _ in range(2):
        ended = driving.run("share")
        assert (ended.result, ended.problem) == ("true", None)
        assert "leaked shared_memory" in driving.log_of(ended)


def test_a_thread_that_goes_on_costs_its_worker_and_is_told_in_the_log(driving: Driving):
    before = driving.run("pid").result
    ended = driving.run("leave_thread")
    assert ended.problem is None
    assert driving.log_of(ended) == "[sequent: ended 1 thread that the step had left behind]\n"
    assert driving.run("pid").result != before


@pytest.mark.usefixtures("patient")
def test_a_thread_that_is_no_daemon_is_waited_for_a_moment_and_its_output_kept(driving: Driving):
    assert driving.log_of(driving.run("leave_slow_thread")) == "the thread is done\n"


@pytest.mark.parametrize("step", ["leave_brief_thread", "leave_brief_unknown_thread"])
def test_a_thread_that_ends_at_once_costs_nothing(tmp_path, monkeypatch, step):
    monkeypatch.setattr(tidying, "MOMENT", PATIENCE)
    with forked(flow_in(tmp_path), tmp_path) as driving:
        assert driving.run(step).result == driving.run("pid").result


def test_an_executor_that_is_left_open_ends_with_its_worker(driving: Driving):
    for _ in range(2):
        ended = driving.run("leave_executor")
        # Of threads that do not end by themselves, that would be said.
        assert (ended.problem, driving.log_of(ended)) == (None, "")


@pytest.mark.usefixtures("patient")
def test_exit_functions_are_called_and_write_to_the_log_of_the_attempt_that_ends_its_worker(driving: Driving):
    ended = driving.run("exits")
    log = driving.log_of(ended)
    assert ended.problem is None
    # One of them fails between these two, which is nobody's affair.
    assert log.index("finalised") < log.index("first registered, last called")
    assert not os.path.exists(ended.result.strip('"'))


def test_exit_functions_that_hang_are_given_up(driving: Driving):
    assert driving.run("leave_hanging_exit_function").problem is None


@pytest.mark.usefixtures("patient")
def test_exit_functions_of_others_are_called_at_the_end_of_the_run(tmp_path):
    mark = tmp_path / "driver"
    atexit.register(mark.touch)
    try:
        with forked(flow_in(tmp_path), tmp_path / "run") as driving:
            made = driving.run("exits_late").result
            assert driving.run("write_at_exit").problem is None
            assert not (tmp_path / "exited").exists()
            assert os.path.exists(made.strip('"'))
        assert (tmp_path / "exited").exists()
        assert not os.path.exists(made.strip('"'))
        # What this process has registered is its own affair.
        assert not mark.exists()
    finally:
        atexit.unregister(mark.touch)


@pytest.mark.usefixtures("patient")
def test_exit_functions_are_called_where_the_driver_ends_during_a_step(tmp_path):
    with forked(flow_in(tmp_path), tmp_path / "run") as driving:
        driving.begun(driving.start("register_and_sleep", announces=True))
        wait_until((tmp_path / "registered").exists)
    assert (tmp_path / "exited").exists()


def test_what_c_code_prints_is_in_its_own_attempts_log(driving: Driving):
    assert driving.log_of(driving.run("print_in_c")) == "by C\nby Python\n"
    assert driving.log_of(driving.run("print_in_c_without_end")) == "by C"


def test_a_worker_that_cannot_be_put_right_makes_way_without_a_word(driving: Driving):
    ended = driving.run("spoil_pid")
    assert (ended.problem, ended.log) == (None, None)
    assert driving.run("pid").result != ended.result


def test_steps_handed_over_ahead_are_none_the_worse(driving: Driving):
    frames = [driving.start("spoil_pid" if number % 5 == 0 else "pid") for number in range(40)]
    assert [driving.end_of(frame).problem for frame in frames] == [None] * 40
