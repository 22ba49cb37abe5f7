"""The state of its process that a step may change, as the kernel knows it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
from functools import partial

from sequent.runtime.worker.process_state.libc import library
from sequent.runtime.worker.process_state.state_kind import StateKind

_IDENTITY = (
    *(b"Name:", b"Uid:", b"Gid:", b"Groups:", b"NoNewPrivs:", b"Seccomp:", b"Cpus_allowed:", b"Mems_allowed:"),
    *(b"CapInh:", b"CapPrm:", b"CapEff:", b"CapBnd:", b"CapAmb:", b"THP_enabled:", b"VmLck:"),
)
_FURTHER = ("oom_score_adj", "coredump_filter", "personality")
_NAMESPACES = tuple(f"/proc/self/ns/{name}" for name in sorted(os.listdir("/proc/self/ns")))
_STAT = {"process group": 2, "session": 3, "terminal": 4, "nice": 16, "real-time priority": 37, "policy": 38}
"""Positions in /proc/self/stat, counted from the state on."""
_LIMITS: tuple[int, ...] = tuple(getattr(resource, name) for name in sorted(dir(resource)) if name[:7] == "RLIMIT_")
_GET_DUMPABLE, _GET_PDEATHSIG, _GET_KEEPCAPS, _GET_TIMERSLACK, _GET_SUBREAPER = 3, 2, 7, 30, 37
_DESCRIPTORS = "/proc/self/fdinfo"
_IOPRIO_GET = {"x86_64": 252, "aarch64": 31}.get(os.uname().machine)

library.prctl.argtypes = [ctypes.c_int, *(ctypes.c_void_p,) * 4]


def limit_kind() -> StateKind:
    """Return the limits, on which every other look may depend: descriptors, memory, files."""
    return StateKind("limits", lambda: [*map(resource.getrlimit, _LIMITS)], _restore_limits)


def kinds() -> list[StateKind]:
    """Return all others, as they are now."""
    umask = os.umask(0)
    os.umask(umask)
    return [
        StateKind("umask", partial(os.umask, umask), is_quick=True),
        StateKind("directory", os.getcwd, _return_to, is_quick=True),
        StateKind("root directory", lambda: _identity_of("/")),
        StateKind("ids, capabilities, affinity and name", lambda: lines_of("/proc/self/status", _IDENTITY)),
        StateKind("namespaces, personality and scores", lambda: [_further(), [*map(_link_of, _NAMESPACES)]]),
        StateKind("scheduling and terminal", _scheduling),
        StateKind("settings of prctl", _prctl_says),
        StateKind("file locks", _locks),
    ]


def lines_of(path: str, names: tuple[bytes, ...]) -> list[bytes]:
    """Return the lines of a kernel file that begin with one of these names."""
    with open(path, "rb", buffering=0) as file:
        text = file.read()
    return [line for line in text.splitlines() if line.startswith(names)]


def _restore_limits(before: list[tuple[int, int]]) -> None:
    for number, limits in zip(_LIMITS, before, strict=True):
        if resource.getrlimit(number) != limits:
            # Only root can raise an upper bound again.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, limits)


def _return_to(before: str) -> None:
    # The directory may be gone; then the next step has none, as a program would.
    with contextlib.suppress(FileNotFoundError):
        os.chdir(before)


def _identity_of(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _further() -> list[bytes]:
    texts: list[bytes] = []
    for name in _FURTHER:
        # The kernel may have been built without this file, or hide it.
        with contextlib.suppress(OSError), open(f"/proc/self/{name}", "rb", buffering=0) as file:
            texts.append(file.read())
    return texts


def _link_of(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _scheduling() -> tuple[object, ...]:
    with open("/proc/self/stat", "rb", buffering=0) as file:
        text = file.read()
    # The command's name, in parentheses, may itself hold spaces and parentheses.
    fields = text[text.rindex(b")") + 2 :].split()
    input_output = library.syscall(_IOPRIO_GET, 1, 0) if _IOPRIO_GET is not None else None
    return (*(fields[at] for at in _STAT.values()), input_output)


def _prctl_says() -> tuple[int, ...]:
    into = ctypes.c_int()
    answers = [library.prctl(option, 0, 0, 0, 0) for option in (_GET_DUMPABLE, _GET_KEEPCAPS, _GET_TIMERSLACK)]
    for option in (_GET_PDEATHSIG, _GET_SUBREAPER):
        library.prctl(option, ctypes.addressof(into), 0, 0, 0)
        answers.append(into.value)
    return tuple(answers)


def _locks() -> list[bytes]:
    """Return the exclusive file locks that this process holds.

    Each is told with the descriptor of its file. The kernel's list of all locks, /proc/locks, would have to wait until
    all processors have seen that it is being read, which takes many milliseconds.
    """
    locks: list[bytes] = []
    for number in os.listdir(_DESCRIPTORS):
        # The descriptor that lists them is closed by now.
        with contextlib.suppress(OSError):
            lines = lines_of(f"{_DESCRIPTORS}/{number}", (b"lock:",))
            # Without their numbers, which change.
            locks += [b" ".join(fields[2:]) for fields in map(bytes.split, lines) if b"WRITE" in fields]
    return sorted(locks)
