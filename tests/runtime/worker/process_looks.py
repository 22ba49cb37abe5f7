"""Everything that a step can find in its process."""

from __future__ import annotations

import builtins
import contextvars
import ctypes
import decimal
import faulthandler
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

LIBC = ctypes.CDLL(None, use_errno=True)
VARIABLE = contextvars.ContextVar("VARIABLE", default="not set")


def warn():
    warnings.warn("by warnings", stacklevel=1)


def text_of(thing):
    """What says which thing it is, in any process."""
    return getattr(thing, "__qualname__", None) or str(getattr(thing, "name", "") or type(thing))


def c_level(number):
    action = ctypes.create_string_buffer(256)
    LIBC.sigaction(number, None, action)
    return action.raw[8:16].hex() + action.raw[136:140].hex()


def lines(path, *names):
    with open(path) as file:
        return [line.strip() for line in file if line.startswith(names)] if names else file.read()


def prctl(option):
    into = ctypes.c_int()
    LIBC.prctl(option, ctypes.byref(into), 0, 0, 0)
    return into.value


def signals_found():
    handled = (signal.SIGTERM, signal.SIGINT)
    return {
        "handlers": [text_of(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "c": [c_level(number) for number in handled],
        # But for the two that the C library takes for itself once there are threads.
        "status": [int(it.split()[1], 16) & ~0x180000000 for it in lines("/proc/self/status", "SigIgn", "SigCgt")],
        "blocked": [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
        "timers": [signal.getitimer(number) for number in range(3)],
        "posix": lines("/proc/self/timers"),
        "wakeup": signal.set_wakeup_fd(-1),
    }


def process_found():
    umask = os.umask(0o22)
    os.umask(umask)
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    with open("/proc/self/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return {
        "limits": [resource.getrlimit(getattr(resource, name)) for name in names],
        "umask": umask,
        "directory": [os.getcwd(), os.stat("/").st_ino],
        "ids": lines("/proc/self/status", "Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Name"),
        "affinity": sorted(os.sched_getaffinity(0)),
        "scheduling": [fields[16], fields[38], LIBC.syscall({"x86_64": 252, "aarch64": 31}[os.uname().machine], 1, 0)],
        "prctl": [LIBC.prctl(3, 0, 0, 0, 0), LIBC.prctl(30, 0, 0, 0, 0), prctl(2), prctl(37)],
        "scores": [Path(f"/proc/self/{it}").read_text() for it in ("oom_score_adj", "coredump_filter", "personality")],
        "namespace": os.readlink("/proc/self/ns/uts"),
        "locked": lines("/proc/self/status", "VmLck", "THP_enabled"),
        # Those of its descriptors: /proc/locks may name a number that another process had before.
        "locks": sum(len(lines(it, "lock:")) for it in Path("/proc/self/fdinfo").iterdir() if it.exists()),
        "threads": threading.active_count(),
        "streams": [os.fstat(number).st_rdev for number in range(3)],
        "same": os.path.sameopenfile(1, 2),
        "blocking": os.get_blocking(1),
        "inherited": [os.get_inheritable(number) for number in range(3)],
    }


def environment_found():
    LIBC.getenv.restype = ctypes.c_char_p
    return {
        "environment": {name: value for name, value in os.environ.items() if not name.startswith("SEQUENT_")},
        "kind": type(os.environ).__name__,
        "in c": [str(LIBC.getenv(name)) for name in (b"PATH", b"HOME", b"LEFT_BEHIND", b"MADE_IN_C")],
        "zone": [time.tzname, time.timezone, time.strftime("%z", time.localtime(0)), time.localtime(0).tm_hour],
        "locale": locale.setlocale(locale.LC_ALL),
    }


def interpreter_found():
    return {
        "sys": [sys.path, sys.argv, sys.getrecursionlimit(), sys.get_int_max_str_digits(), sys.getswitchinterval()],
        "hooks": [text_of(getattr(sys, name)) for name in ("excepthook", "displayhook", "unraisablehook")],
        "breakpoint": text_of(sys.breakpointhook),
        "traced": [text_of(sys.gettrace()), text_of(sys.getprofile()), text_of(threading.gettrace())],
        "threads": [text_of(threading.getprofile()), text_of(threading.excepthook), threading.stack_size()],
        "limit": getattr(sys, "tracebacklimit", None),
        "bytecode": sys.dont_write_bytecode,
        "gc": [gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.callbacks), gc.get_freeze_count()],
        "builtins": text_of(builtins.len),
        "async": [text_of(it) for it in sys.get_asyncgen_hooks()],
        "origins": [sys.get_coroutine_origin_tracking_depth(), sys.getdlopenflags(), LIBC.fegetround()],
        "imports": [len(sys.meta_path), len(sys.path_hooks)],
        "tracing": [faulthandler.is_enabled(), tracemalloc.is_tracing()],
        "streams": [(it.encoding, it.errors, it.line_buffering) for it in (sys.stdout, sys.stderr, sys.__stdout__)],
        "input": sys.stdin.read(),
    }


def libraries_found():
    import asyncio
    import multiprocessing
    import random

    loop = asyncio.get_event_loop_policy().get_event_loop()
    loop.close()
    numbers = random.random()
    random.seed(1)
    return {
        "timeout": socket.getdefaulttimeout(),
        "tempfile": tempfile.tempdir == "/left",
        "start": multiprocessing.get_start_method(allow_none=True),
        "decimal": [str(decimal.DefaultContext), decimal.getcontext().prec],
        "seeded": numbers == random.Random(1).random(),
        "warnings": [
            [str(it) for it in warnings.filters],
            text_of(warnings.showwarning),
            text_of(warnings.formatwarning),
        ],
        "logging": [
            *(logging.getLogger(name).getEffectiveLevel() for name in ("x", "known", "sequent")),
            text_of(logging.getLoggerClass()),
            text_of(logging.getLogRecordFactory()),
            logging.getLevelName(logging.ERROR),
            logging.lastResort is None,
        ],
        "variables": [VARIABLE.get(), [str(it.name) for it in contextvars.copy_context()]],
        "loguru": sorted(loguru.logger._core.levels),
    }


def look():
    """Tell all, in the log what is written, in the result the rest."""
    logging.getLogger("x").error("by logging")
    logging.getLogger("known").error("by a known logger")
    logging.getLogger("sequent").info("by the logger of the step")
    loguru.logger.error("by loguru")
    warn()
    print("by print")
    print("by print to another", file=sys.__stdout__, flush=True)
    print("by print to standard error", file=sys.stderr)
    return {
        "signals": signals_found(),
        "process": process_found(),
        "environment": environment_found(),
        "interpreter": interpreter_found(),
        "libraries": libraries_found(),
    }
