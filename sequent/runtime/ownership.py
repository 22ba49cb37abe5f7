"""Who drives a run: the lock that dies with its holder, and the end of what a dead driver left behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import socket
import stat
import struct
import threading
import time
from datetime import datetime
from typing import Any, NamedTuple

from sequent.errors import BusyError, StoreError
from sequent.runtime import trees
from sequent.runtime.rows import Owner

AGENT_PATIENCE = 20.0
"""Seconds that a recovery waits for the agent of a dead driver to end its workers."""
DIRECTORY_VARIABLE = "SEQUENT_RUN_DIRECTORY"
"""Bears the run's directory in the environment of everything that a run starts."""
_FLOCK = struct.Struct("hhqqi0q")
"""``struct flock`` of Linux: type, whence, start, length, pid."""

_held: dict[tuple[int, int], int] = {}
"""The locks of this process, by device and inode of their files.

A process that closes any descriptor of a locked file drops its lock, so a file is opened only once it is
known that this process does not hold it.
"""
_guard = threading.Lock()


def _forget() -> None:
    """A forked child holds none of its parent's locks."""
    global _guard  # noqa: PLW0603 - the parent's may have been held by another thread as it forked
    _held.clear()
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_forget)


class RunLock:
    """The lock of a run, held until it is released or this process ends."""

    def __init__(self, key: tuple[int, int], handle: int) -> None:
        self._key = key
        self._handle = handle
        self._pid = os.getpid()

    def release(self) -> None:
        """Let the run go; does nothing in a forked child, or a second time."""
        with _guard:
            if self._pid == os.getpid() and _held.get(self._key) == self._handle:
                del _held[self._key]
                os.close(self._handle)


def try_lock(path: str, owner: str) -> RunLock | None:
    """Take the lock of that file, which is made if need be; None where somebody holds it.

    ``owner`` is written into the file, for whoever asks who that is.

    Raises:
        StoreError: the file can neither be made nor opened.
    """
    with _guard:
        if _key_of(path) in _held:
            return None
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"the lock '{path}' cannot be used: {error.strerror}", code="store-directory") from error
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(handle)
            return None
        # The lock holds without it, where the disk is full.
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, owner.encode(), 0)
        info = os.fstat(handle)
        key = (info.st_dev, info.st_ino)
        _held[key] = handle
        return RunLock(key, handle)


class Holder(NamedTuple):
    """Who holds a lock."""

    pid: int
    owner: str
    """What the file says; it may still be what an earlier holder wrote."""


def lock_holder(path: str) -> Holder | None:
    """Who holds the lock of that file; None where it is free. Neither takes nor drops it."""
    with _guard:
        key = _key_of(path)
        if key is None:
            return None
        if key in _held:
            return Holder(os.getpid(), _content(_held[key]))
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, asked))
            return None if kind == fcntl.F_UNLCK else Holder(pid, _content(handle))
        finally:
            os.close(handle)


def _content(handle: int) -> str:
    return os.pread(handle, 4096, 0).decode(errors="replace")


def _key_of(path: str) -> tuple[int, int] | None:
    try:
        info = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return info.st_dev, info.st_ino


def owner_of(pid: int, since: float) -> Owner:
    """A process of this machine, as the owner of a run that it took at that time."""
    process = trees.process_at(pid)
    started = 0.0 if process is None else _boot_time() + process.started / os.sysconf("SC_CLK_TCK")
    return Owner(
        pid=pid,
        started=round(started, 2),
        host=socket.gethostname(),
        boot=trees.boot_id(),
        user=_user_of(pid),
        since=since,
    )


def _user_of(pid: int) -> str:
    try:
        number = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return "unknown"
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _boot_time() -> int:
    with open("/proc/stat", encoding="ascii") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("btime ")), 0)


def busy(run_id: str, owner: Owner) -> BusyError:
    """The error of a run that somebody drives."""
    since = datetime.fromtimestamp(owner.since).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return BusyError(
        f"run '{run_id}' is driven by process {owner.pid} on host '{owner.host}' (user {owner.user}) since {since}",
        hint=f"wait for it, or have it stop there: sequent stop {run_id}",
    )


def prepare_directory(path: str) -> None:
    """Make a run's own directory, or see that it is one that only this user can use.

    Raises:
        StoreError: it is a link, a file, or somebody else's.
    """
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        info = os.stat(path, follow_symlinks=False)
    except OSError as error:
        raise StoreError(f"the run's directory '{path}' cannot be used: {error.strerror}") from error
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid():
        raise StoreError(f"the run's directory '{path}' is not a directory of this user", code="foreign-store")
    if stat.S_IMODE(info.st_mode) & 0o077:
        os.chmod(path, 0o700)


def driver_lock(directory: str) -> str:
    """The file of the lock that a run's driver holds."""
    return os.path.join(directory, "driver.lock")


def agent_lock(directory: str) -> str:
    """The file of the lock that a run's agent holds for as long as anything of its tree is left."""
    return os.path.join(directory, "agent.lock")


def wait_for_agent(directory: str, run_id: str) -> None:
    """Wait until the agent of an earlier driver has ended its workers and is gone.

    Raises:
        BusyError: it takes too long.
    """
    path = agent_lock(directory)
    deadline = time.monotonic() + AGENT_PATIENCE
    while (holder := lock_holder(path)) is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise BusyError(
                f"the agent of run '{run_id}' (process {holder.pid}) is still ending what an earlier one started",
                hint=f"look at what it waits for (ps --ppid {holder.pid} -f), then recover again",
            )
        _wait_for_end(holder.pid, min(left, 0.25))


def _wait_for_end(pid: int, seconds: float) -> None:
    """Wait until a process ends, or that long."""
    import select

    try:
        handle = os.pidfd_open(pid)
    except OSError:
        # It is gone, or in another namespace of processes, where only waiting is left.
        time.sleep(min(seconds, 0.02))
        return
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        poll.poll(seconds * 1000)
    finally:
        os.close(handle)


def end_leftovers(directory: str) -> int:
    """End what a run's earlier workers left, where even their agent is gone; give how many there were.

    A process is known by the run's list of workers (pid, start and boot), by its session, which was such a
    worker's, or by the run's directory in its environment; and whatever it has started belongs to it.

    Raises:
        BusyError: one of them does not end.
    """
    recorded = _recorded(directory)
    ended = trees.end_all(lambda: _left(recorded, directory), 0)
    stuck = _left(recorded, directory) if ended else []
    if stuck:
        raise BusyError(
            f"process {stuck[0].pid}, which an earlier driver of this run had started, does not end",
            hint="it waits in the kernel, perhaps for a disk; recover again once it is gone",
        )
    forget_workers(directory)
    return ended


def has_leftovers(directory: str) -> bool:
    """Whether anything runs that a run's earlier workers left; a run whose list of workers is gone has none."""
    recorded = _recorded(directory)
    return bool(recorded and _left(recorded, directory))


def forget_workers(directory: str) -> None:
    """Drop the list of a run's workers, once none is left: in time their pids and sessions are others'."""
    if lock_holder(agent_lock(directory)) is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, "workers"))


def _recorded(directory: str) -> dict[int, int]:
    """When each listed worker of this boot started, by pid."""
    found: dict[int, int] = {}
    with contextlib.suppress(FileNotFoundError), open(os.path.join(directory, "workers"), "rb") as file:
        boot = trees.boot_id()
        for line in file:
            # The last line may have been cut by whatever ended its writer.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record: Any = json.loads(line)
                if record["boot"] == boot:
                    found[int(record["pid"])] = int(record["started"])
    return found


def _left(recorded: dict[int, int], directory: str) -> list[trees.Process]:
    """What runs of a run's workers, and of all that they have started."""
    mark = f"{DIRECTORY_VARIABLE}={directory}".encode(errors="surrogateescape")
    processes = trees.all_processes()
    spared = _self_and_above(processes)
    roots: dict[int, trees.Process] = {}
    for pid, process in processes.items():
        leader = processes.get(process.session)
        in_session = process.session in recorded and (leader is None or leader.started == recorded[leader.pid])
        if recorded.get(pid) == process.started or in_session or mark in _environment(pid):
            roots[pid] = process
    for process in trees.descendants(roots):
        roots[process.pid] = process
    return [process for pid, process in roots.items() if pid not in spared and not process.is_zombie]


def _self_and_above(processes: dict[int, trees.Process]) -> set[int]:
    """This process, and those that it came from."""
    above: set[int] = set()
    pid = os.getpid()
    while pid and pid not in above:
        above.add(pid)
        pid = processes[pid].parent if pid in processes else 0
    return above


def _environment(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []
