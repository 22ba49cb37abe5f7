"""What steps do that no step should: each ends in one clear state, and the next step finds nothing of it."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import threading
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from tests.runtime.driving import Driving, launched
from tests.runtime.worker_steps import add, pid


def exhaust_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    while True:
        os.open(os.devnull, os.O_RDONLY)


kept = []


def exhaust_descriptors_for_good():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    while True:
        kept.append(os.open(os.devnull, os.O_RDONLY))


def exhaust_memory_for_good():
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    while True:
        kept.append(bytearray(2**24))


def leak_descriptors():
    try:
        for _ in range(5_000):
            os.open(os.devnull, os.O_RDONLY)
    except OSError:
        # There are no more: all the better.
        return


def exhaust_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2**30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    pieces = []
    while True:
        pieces.append(bytearray(2**26))


def exhaust_processes():
    # The limit does not bind root.
    if os.geteuid() == 0:
        os.setresuid(54321, 54321, 0)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, resource.getrlimit(resource.RLIMIT_NPROC)[1]))
    try:
        os.fork()
    finally:
        if os.getresuid()[2] == 0:
            os.setresuid(0, 0, 0)


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    # A log that cannot be written fails nobody; a file of the step's own does.
    print("more than a hundred bytes of output" * 10)
    Path("large").write_text("more than a hundred bytes of a file" * 10)


def limit_time():
    resource.setrlimit(resource.RLIMIT_CPU, (1, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    while True:
        pass


def look():
    """What the limits are, and how many descriptors are open."""
    names = ("NOFILE", "AS", "NPROC", "FSIZE", "CPU", "CORE", "DATA", "STACK")
    return [resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] for name in names]


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def deep():
    result = []
    for _ in range(100_000):
        result = [result]
    return result


def cycle():
    result = []
    result.append(result)
    return result


class Odd:
    def __repr__(self):
        raise RuntimeError("no representation")

    __str__ = __repr__


class Bomb:
    def __reduce__(self):
        return (os._exit, (3,))


def give(kind):
    return {
        "nan": float("nan"),
        "odd": Odd(),
        "odd inside": {"a": [Odd()]},
        "bomb": Bomb(),
        "lambda": lambda: None,
        "lock": threading.Lock(),
        "surrogate": "\ud800",
        "bytes": b"\xff\0",
        "code": pickle,
    }[kind]


def large(mebibytes):
    return "x" * (mebibytes * 2**20)


class Deep(Exception):
    def __str__(self):
        return str(self)


def raise_odd(kind):
    if kind == "odd argument":
        raise ValueError(Odd())
    if kind == "deep text":
        raise Deep
    if kind == "exit with an object":
        sys.exit(Odd())
    if kind == "generator exit":
        raise GeneratorExit("gone")
    if kind == "million":
        raise ValueError("x" * 10_000_000)
    if kind == "group":
        raise BaseExceptionGroup("two", [ValueError("one"), KeyboardInterrupt()])
    error = ValueError("in a circle")
    error.__cause__ = error
    raise error


def segfault():
    import ctypes

    ctypes.string_at(0)


def abort():
    os.abort()


def ignore_all_and_stop():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    os.umask(0o777)
    os.chdir("/")
    os.nice(1)
    sys.setrecursionlimit(100)
    sys.stdin.close()
    return "done"


def thread_left():
    threading.Thread(target=threading.Event().wait, daemon=True).start()


flow = Sequent("flow")
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
flow.add_step("pid", func=pid)
flow.add_step("look", func=look)
flow.add_step("descriptors", func=descriptors)
for function in (
    *(
        exhaust_descriptors,
        exhaust_descriptors_for_good,
        exhaust_memory_for_good,
        leak_descriptors,
        exhaust_memory,
        exhaust_processes,
        limit_files,
        limit_time,
    ),
    *(deep, cycle, segfault, abort, ignore_all_and_stop, thread_left),
):
    flow.add_step(function.__name__, func=function)
gives = ("nan", "odd", "odd inside", "bomb", "lambda", "lock", "surrogate", "bytes", "code")
for kind in gives:
    flow.add_step(f"give_{kind.replace(' ', '_')}", func=give, args=(kind,))
flow.add_step("large", func=large, args=(300,))
raises = ("odd argument", "deep text", "exit with an object", "generator exit", "million", "group", "circle")
for kind in raises:
    flow.add_step(f"raise_{kind.replace(' ', '_')}", func=raise_odd, args=(kind,))


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        ("exhaust_descriptors", "OSError", "Too many open files"),
        ("exhaust_descriptors_for_good", "OSError", "Too many open files"),
        ("exhaust_memory", "MemoryError", ""),
        ("exhaust_memory_for_good", "MemoryError", ""),
        ("exhaust_processes", "BlockingIOError", "temporarily unavailable"),
        ("deep", "NotDataError", "deep"),
        ("cycle", "NotDataError", "holds itself"),
        ("give_odd", "NotDataError", "Odd"),
        ("give_odd_inside", "NotDataError", "result['a'][0]"),
        ("give_bomb", "NotDataError", "Bomb"),
        ("give_lambda", "NotDataError", "function"),
        ("give_lock", "NotDataError", "lock"),
        ("give_code", "NotDataError", "module"),
        ("large", "NotDataError", "at most 256 MiB"),
        ("segfault", "Signal", "SIGSEGV"),
        ("abort", "Signal", "SIGABRT"),
        ("limit_files", "OSError", "File too large"),
        ("limit_time", "Signal", "SIGXCPU"),
        ("raise_odd_argument", "ValueError", "cannot be read"),
        ("raise_deep_text", "Deep", "cannot be read"),
        ("raise_exit_with_an_object", "SystemExit", "cannot be read"),
        ("raise_generator_exit", "GeneratorExit", "gone"),
        ("raise_million", "ValueError", "characters left out"),
        ("raise_group", "BaseExceptionGroup", "two"),
        ("raise_circle", "ValueError", "in a circle"),
    ],
)
def test_a_fault_is_one_failure_and_the_next_step_runs_unharmed(driving: Driving, step, kind, words):
    before = driving.run("look").result
    ended = driving.run(step)
    assert (ended.result, ended.problem and ended.problem.type) == (None, kind)
    assert words in ended.problem.message
    assert driving.run("sum").result == "4"
    assert driving.run("look").result == before


@pytest.mark.parametrize(
    ("step", "result"),
    [
        ("give_nan", '{"$f":"nan"}'),
        ("give_bytes", '{"$b":"\u00ff\\u0000"}'),
        ("ignore_all_and_stop", '"done"'),
        ("thread_left", "null"),
        ("leak_descriptors", "null"),
    ],
)
def test_what_is_odd_and_no_fault_succeeds_and_leaves_nothing_behind(driving: Driving, step, result):
    before = driving.run("look").result
    few = int(driving.run("descriptors").result)
    ended = driving.run(step)
    assert (ended.result, ended.problem) == (result, None)
    assert driving.run("sum").result == "4"
    assert driving.run("look").result == before
    assert int(driving.run("descriptors").result) < few + 100


def test_a_limit_that_the_first_user_of_limits_has_set_is_lifted_as_well(tmp_path):
    file = tmp_path / "limits.py"
    file.write_text(
        "import os\n"
        "from sequent.dsl.builder.blocks import Sequent\n"
        "def lower():\n"
        "    import resource\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n"
        "flow = Sequent('limits')\n"
        "flow.add_step('lower', func=lower)\n"
        "flow.add_step('look', func=lambda: os.sysconf('SC_OPEN_MAX'))\n"
    )
    with launched(f"{file}:flow", tmp_path / "run") as driving:
        before = driving.run("look").result
        assert driving.run("lower").problem is None
        assert driving.run("look").result == before
        assert before != "64"
