"""Processes and their descendants: identifying them, and ending them for certain."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37

_MOST_LOOKS = 3
"""The number of times the processes are read if some have no parent; if some are hidden, some never have."""

_MOST_LISTS = 100
"""The number of times they are listed if some are new each time."""


class Process(NamedTuple):
    """A process; a pid is used again, a pid together with its start (in ticks since boot) is not."""

    pid: int
    started: int
    parent: int
    session: int
    is_zombie: bool


def adopt_orphans(*, adopts: bool = True) -> None:
    """Become the parent of every descendant whose own parent ends; or stop doing so."""
    _prctl(_PR_SET_CHILD_SUBREAPER, adopts)


def adopts_orphans() -> bool:
    """Return whether this process adopts orphans."""
    answer = ctypes.c_int()
    _prctl(_PR_GET_CHILD_SUBREAPER, ctypes.addressof(answer))
    return bool(answer.value)


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent ends; end at once if that has happened."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")


def boot_id() -> str:
    """Return the id of the machine's present boot."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def _fields_of(pid: int) -> list[bytes] | None:
    """Return the kernel's fields of a process, from its state on."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name, in parentheses, may itself contain spaces and parentheses.
    return text[text.rindex(b")") + 2 :].split()


def is_stopped(pid: int) -> bool:
    """Return whether a process is stopped until another process continues it (SIGSTOP, a debugger)."""
    fields = _fields_of(pid)
    return fields is not None and fields[0] in (b"T", b"t")


def process_at(pid: int) -> Process | None:
    """Return the process that has that pid now."""
    fields = _fields_of(pid)
    if fields is None:
        return None
    return Process(pid, int(fields[19]), int(fields[1]), int(fields[3]), fields[0] in (b"Z", b"X"))


def all_processes() -> dict[int, Process]:
    """Return every process of this machine that can be seen, by pid.

    They are read one after the other. A process whose parent ended meanwhile seems to have none, and a search below its
    new parent would miss it: they are then read again. A process that has forked and ended before its turn has left
    another, which is read as well.
    """
    processes: dict[int, Process] = {}
    for _ in range(_MOST_LOOKS):
        processes = {}
        read = set[int]()
        for _ in range(_MOST_LISTS):
            fresh = sorted(pids().difference(read))
            if not fresh:
                break
            read.update(fresh)
            processes.update((pid, process) for pid in fresh if (process := process_at(pid)) is not None)
        if all(process.parent in processes or process.parent == 0 for process in processes.values()):
            break
    return processes


def pids() -> set[int]:
    """Return the pids of all processes of this machine that can be seen."""
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}


def descendants(roots: Iterable[int], among: Iterable[Process] | None = None) -> list[Process]:
    """Return every process below these, zombies included, parents before children.

    Args:
        roots: the processes, by pid.
        among: all processes; None: the present ones.
    """
    children: dict[int, list[Process]] = {}
    for process in all_processes().values() if among is None else among:
        children.setdefault(process.parent, []).append(process)
    below: list[Process] = []
    pending = list(roots)
    for pid in pending:
        inner = children.get(pid, [])
        below += inner
        pending += [process.pid for process in inner]
    return below


def send_signal(process: Process, number: int) -> None:
    """Send a signal to exactly that process, and to no later one with its pid."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return
    try:
        now = process_at(process.pid)
        if now is not None and now.started == process.started:
            signal.pidfd_send_signal(handle, number)
    except (ProcessLookupError, PermissionError):
        # It is gone already, or belongs to another user now (a set-user-id program).
        return
    finally:
        os.close(handle)


def end_all(find: Callable[[], list[Process]], grace: float) -> int:
    """End the processes that ``find`` returns, until it returns none: TERM, so many seconds of grace, KILL.

    Returns:
        the number of processes that were seen.
    """
    seen: set[tuple[int, int]] = set()
    deadline = time.monotonic() + grace
    while processes := [process for process in find() if not process.is_zombie]:
        left = deadline - time.monotonic()
        for process in processes:
            key = (process.pid, process.started)
            if left <= 0:
                send_signal(process, signal.SIGKILL)
            elif key not in seen:
                send_signal(process, signal.SIGTERM)
            seen.add(key)
        _wait_for_any(processes, left if left > 0 else 0.1)
        if left < -10:
            # Stuck in the kernel (a dead network disk): no signal ends it.
            break
    return len(seen)


def _wait_for_any(processes: list[Process], seconds: float) -> None:
    """Wait until one of them ends, or that long."""
    poll = select.poll()
    handles: list[int] = []
    for process in processes[:200]:
        try:
            handles.append(os.pidfd_open(process.pid))
        except ProcessLookupError:
            seconds = 0
            break
        except OSError:
            # No more descriptors are available: the ones so far will do.
            break
        poll.register(handles[-1], select.POLLIN)
    poll.poll(seconds * 1000)
    for handle in handles:
        os.close(handle)


def ends_within(process: Process, seconds: float) -> bool:
    """Wait, at most that long, for a process that is about to end by itself; return whether it has."""
    _wait_for_any([process], seconds)
    now = process_at(process.pid)
    return now is None or now.is_zombie or now.started != process.started


def children_of(parent: int) -> list[Process]:
    """Return the children of a process, zombies included."""
    return [process for process in all_processes().values() if process.parent == parent]


def has_children() -> bool:
    """Return whether this process has any child, even one that has ended and was not waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def signal_trees(roots: list[int], *numbers: int) -> None:
    """Send signals to these processes and to all below them."""
    if not roots:
        return
    for process in [*filter(None, map(process_at, roots)), *descendants(roots)]:
        if not process.is_zombie:
            for number in numbers:
                send_signal(process, number)
