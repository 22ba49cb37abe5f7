"""Everything that a step can leave in its process, by its kind."""

from __future__ import annotations

import builtins
import ctypes
import decimal
import faulthandler
import fcntl
import gc
import locale
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from pathlib import Path

import loguru

from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.context import context
from sequent.runtime.worker.process_state.table import ProcessState
from tests.runtime.worker.process_looks import LIBC, VARIABLE, look, warn

LIBC.setenv(b"MADE_IN_C", b"by an import", 1)


def nothing(*_):
    """Do nothing."""


def set_posix_timer():
    timer = ctypes.c_void_p()
    LIBC.timer_create(time.CLOCK_MONOTONIC, None, ctypes.byref(timer))
    LIBC.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, 0, 50_000_000), None)


def ignore_in_c():
    LIBC.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    LIBC.signal(signal.SIGUSR2, 1)


def start_handler_of_its_own():
    signal.signal(signal.SIGALRM, raise_anything)
    signal.setitimer(signal.ITIMER_REAL, 1e-6, 2e-3)


def raise_anything(*_):
    raise ValueError("from a signal")


def wake_up():
    ends = socket.socketpair()
    ends[0].setblocking(False)
    kept.append(ends)
    signal.set_wakeup_fd(ends[0].fileno())


kept: list[object] = []


def stdout_to(path, *descriptors):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in descriptors:
        os.dup2(file, descriptor)
    os.close(file)


def lock_a_file():
    file = tempfile.TemporaryFile()
    kept.append(file)
    fcntl.flock(file, fcntl.LOCK_EX)


def zone_by_environment():
    os.environ["TZ"] = "Asia/Tokyo"
    time.strftime("%H")
    time.mktime(time.localtime())


def zone_by_hand():
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    del os.environ["TZ"]


def set_in_c():
    LIBC.setenv(b"LEFT_BEHIND", b"in C", 1)


def replace_environment():
    os.environ = {}  # noqa: B003 - some do


def limit(name, value):
    number = getattr(resource, f"RLIMIT_{name}")
    resource.setrlimit(number, (value, resource.getrlimit(number)[1]))


def quieten_logging():
    logging.basicConfig(force=True, filename=os.devnull, level="ERROR")


def spoil_loggers():
    for name in ("sequent", "x", "known"):
        logger = logging.getLogger(name)
        logger.disabled, logger.propagate = True, False
        logger.setLevel(logging.CRITICAL)
        logger.addHandler(logging.NullHandler())
        logger.addFilter(lambda _: False)


def spoil_output():
    output = logging.getLogger().handlers[-1]
    output.setLevel(logging.CRITICAL)
    output.setFormatter(logging.Formatter("nothing"))
    output.addFilter(lambda _: False)


class OtherLogger(logging.Logger):
    """Made by a step."""


class OtherRecord(logging.LogRecord):
    """Made by a step."""


def change_ids():
    os.setresgid(54321, 54321, 54321)
    os.setgroups([])
    os.setresuid(54321, 54321, 54321)


def use_asyncio():
    import asyncio

    asyncio.set_event_loop(None)


def seem_to_run_a_loop():
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)


def set_start_method():
    import multiprocessing

    multiprocessing.set_start_method("spawn")


def seed():
    import random

    random.seed(1)


def start_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def change_decimal():
    decimal.DefaultContext.prec = 3
    decimal.getcontext().prec = 2


def trace_memory():
    tracemalloc.start()


CHANGES = {
    "limits": [lambda: limit("CORE", 4096), lambda: limit("FSIZE", 2**30), lambda: limit("NOFILE", 100)],
    "alarm": [lambda: signal.alarm(1), start_handler_of_its_own],
    "interval timers": [
        lambda: signal.setitimer(signal.ITIMER_PROF, 0.01),
        lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 0.01),
        lambda: signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01),
    ],
    "timer of faulthandler": [lambda: faulthandler.dump_traceback_later(0.05, exit=True)],
    "POSIX timers": [set_posix_timer],
    "signal handlers": [
        lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
        lambda: signal.signal(signal.SIGINT, nothing),
        lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
    ],
    "handlers of all signals": [
        lambda: signal.signal(signal.SIGUSR1, nothing),
        lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL),
        lambda: signal.signal(signal.SIGRTMIN, signal.SIG_IGN),
    ],
    "signals in the C library": [
        ignore_in_c,
        lambda: signal.siginterrupt(signal.SIGTERM, False),
        lambda: faulthandler.register(signal.SIGUSR1),
    ],
    "blocked signals": [
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals)),
        lambda: (signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1}), os.kill(os.getpid(), signal.SIGUSR1)),
    ],
    "wake-up descriptor": [wake_up],
    "environment": [
        lambda: os.environ.update(PATH="/nowhere", LEFT_BEHIND="yes"),
        lambda: os.environ.clear(),
        lambda: os.putenv("LEFT_BEHIND", "unseen"),
        set_in_c,
        lambda: LIBC.clearenv(),
        replace_environment,
    ],
    "time zone": [zone_by_environment, zone_by_hand],
    "standard streams": [
        lambda: sys.stdout.close(),
        lambda: sys.stderr.detach(),
        lambda: setattr(sys, "stdout", open(os.devnull, "w")),
        lambda: setattr(sys, "stdin", None),
        lambda: os.close(2),
        lambda: sys.stdin.close(),
        lambda: (delattr(sys, "stdout"), delattr(sys, "stderr"), delattr(sys, "stdin")),
    ],
    "descriptors 0, 1 and 2": [
        lambda: os.close(0),
        lambda: stdout_to("/dev/null", 1, 2),
        lambda: stdout_to(os.path.join(tempfile.gettempdir(), "left"), 0, 1),
        lambda: os.set_blocking(1, False),
        lambda: [os.set_inheritable(number, False) for number in range(3)],
    ],
    "settings of standard streams": [
        lambda: sys.stdout.reconfigure(encoding="latin-1", errors="strict"),
        lambda: sys.stderr.reconfigure(line_buffering=False),
        lambda: setattr(sys, "__stdout__", None),
    ],
    "loguru": [
        lambda: loguru.logger.remove(),
        lambda: loguru.logger.add(os.devnull),
        lambda: loguru.logger.configure(extra={"left": 1}, patcher=nothing),
        lambda: loguru.logger.level("INFO", color="<red>"),
        lambda: loguru.logger.level("LEFT", no=21),
        lambda: loguru.logger.disable(""),
    ],
    "umask": [lambda: os.umask(0o777)],
    "directory": [lambda: os.chdir("/")],
    "root directory": [lambda: os.chroot(tempfile.gettempdir())],
    "ids, capabilities, affinity and name": [
        change_ids,
        lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        lambda: LIBC.prctl(15, b"left", 0, 0, 0),
        lambda: LIBC.prctl(38, 1, 0, 0, 0),
        lambda: LIBC.prctl(41, 1, 0, 0, 0),
        lambda: LIBC.mlockall(3),
    ],
    "scheduling and terminal": [
        lambda: os.nice(3),
        lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
        lambda: os.setpriority(os.PRIO_PROCESS, 0, 5),
        lambda: LIBC.syscall({"x86_64": 251, "aarch64": 30}[os.uname().machine], 1, 0, 3 << 13),
    ],
    "settings of prctl": [
        lambda: LIBC.prctl(4, 0, 0, 0, 0),
        lambda: LIBC.prctl(1, 0, 0, 0, 0),
        lambda: LIBC.prctl(36, 0, 0, 0, 0),
        lambda: LIBC.prctl(29, 1_000_000, 0, 0, 0),
    ],
    "file locks": [lock_a_file],
    "arguments and module search path": [lambda: setattr(sys, "path", ["/left"]), lambda: setattr(sys, "argv", [])],
    "arguments": [lambda: sys.argv.append("left")],
    "module search path": [lambda: sys.path.insert(0, "/left"), lambda: sys.path.clear()],
    "hooks of sys": [
        lambda: setattr(sys, "excepthook", nothing),
        lambda: setattr(sys, "displayhook", nothing),
        lambda: setattr(sys, "unraisablehook", nothing),
        lambda: setattr(sys, "breakpointhook", nothing),
    ],
    "tracing": [lambda: sys.settrace(nothing)],
    "profiling": [lambda: sys.setprofile(nothing)],
    "recursion limit": [lambda: sys.setrecursionlimit(300), lambda: sys.setrecursionlimit(100_000)],
    "longest number as text": [lambda: sys.set_int_max_str_digits(0)],
    "switch interval": [lambda: sys.setswitchinterval(1)],
    "length of tracebacks": [lambda: setattr(sys, "tracebacklimit", 0)],
    "writing of bytecode": [lambda: setattr(sys, "dont_write_bytecode", not sys.dont_write_bytecode)],
    "garbage collection": [gc.disable],
    "thresholds of garbage collection": [lambda: gc.set_threshold(7, 8, 9)],
    "debugging of garbage collection": [lambda: gc.set_debug(gc.DEBUG_SAVEALL)],
    "callbacks of garbage collection": [lambda: gc.callbacks.append(nothing)],
    "frozen objects": [gc.freeze],
    "warnings": [
        lambda: setattr(warnings, "filters", []),
        lambda: setattr(warnings, "showwarning", nothing),
        lambda: setattr(warnings, "formatwarning", nothing),
    ],
    "filters of warnings": [lambda: warnings.simplefilter("ignore"), warnings.resetwarnings],
    "warnings that were shown": [lambda: warn()],
    "excepthook of threads": [lambda: setattr(threading, "excepthook", nothing)],
    "tracing of threads": [lambda: threading.settrace(nothing)],
    "profiling of threads": [lambda: threading.setprofile(nothing)],
    "stack size of threads": [lambda: threading.stack_size(2**20)],
    "namespaces, personality and scores": [
        lambda: Path("/proc/self/oom_score_adj").write_text("500"),
        lambda: Path("/proc/self/coredump_filter").write_text("0"),
        lambda: LIBC.personality(0x0040000),
        lambda: LIBC.unshare(0x04000000),
    ],
    "hooks of asynchronous generators": [lambda: sys.set_asyncgen_hooks(nothing, nothing)],
    "origins of coroutines": [lambda: sys.set_coroutine_origin_tracking_depth(3)],
    "flags for loading libraries": [lambda: sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)],
    "rounding of numbers": [lambda: LIBC.fesetround(0x800 if os.uname().machine == "x86_64" else 0x400000)],
    "finders of modules": [lambda: sys.meta_path.clear(), lambda: sys.meta_path.insert(0, object())],
    "readers of module search paths": [lambda: sys.path_hooks.clear()],
    "builtins": [lambda: setattr(builtins, "len", nothing), lambda: delattr(builtins, "len")],
    "faulthandler": [faulthandler.disable],
    "tracemalloc": [trace_memory],
    "root logger": [
        quieten_logging,
        lambda: logging.disable(logging.CRITICAL),
        lambda: logging.getLogger().setLevel(logging.CRITICAL),
        lambda: logging.getLogger().handlers.clear(),
    ],
    "handlers of the root logger": [spoil_output],
    "loggers": [spoil_loggers, lambda: logging.getLogger().addFilter(lambda _: False)],
    "names of levels": [lambda: logging.addLevelName(logging.ERROR, "LEFT")],
    "last resort of logging": [lambda: setattr(logging, "lastResort", None)],
    "class of loggers": [lambda: logging.setLoggerClass(OtherLogger)],
    "class of records": [lambda: logging.setLogRecordFactory(OtherRecord)],
    "warnings in logging": [lambda: logging.captureWarnings(True)],
    "socket timeout": [lambda: socket.setdefaulttimeout(0.001)],
    "locale": [lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C")],
    "directory for temporary files": [lambda: setattr(tempfile, "tempdir", "/left")],
    "start method of multiprocessing": [set_start_method],
    "default contexts of decimal": [change_decimal],
    "random numbers": [seed],
    "event loop": [use_asyncio, seem_to_run_a_loop],
    "threads": [start_thread],
    "context variables": [lambda: VARIABLE.set("left"), lambda: loguru.logger.contextualize(left=1).__enter__()],
}
"""What changes each kind, in every way in which it is told apart."""


def leave():
    """Leave behind what the item names."""
    for kind, number in context().item or ():
        CHANGES[kind][number]()


def told():
    """Every kind that workers look at, and whether that is quick."""
    state = next(it for it in gc.get_objects() if isinstance(it, ProcessState))
    return {kind.name: kind.is_quick for kind, _ in state._kinds}


logging.getLogger("known")
flow = Sequent("leavings")
flow.add_step("leave", func=leave)
flow.add_step("look", func=look)
flow.add_step("told", func=told)
