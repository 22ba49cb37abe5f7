"""Finds and ends the processes that a run has started and left, if even its agent is gone."""

from __future__ import annotations

import contextlib
import os
import re
import signal

from msgspec import Struct

from sequent.errors import BusyError, NotDataError
from sequent.model.record_text import Count, read_record
from sequent.model.variables import RUN_DIRECTORY
from sequent.runtime.processes import process_trees
from sequent.runtime.processes.process_stamps import Stamp
from sequent.runtime.processes.process_trees import Process
from sequent.runtime.processes.run_locks import agent_lock, lock_holder

_SEGMENT, _MARK = re.compile(r"w[0-9]+\.log"), re.compile(r"w[0-9]+\.live")
_MOST_SWEEPS = 200
"""The number of sweeps for processes, as long as each sweep finds some."""


class ListedProcess(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the list of a run's workers."""

    pid: Count
    started: Count
    """When, by the kernel's clock."""
    boot: str


def list_of(directory: str) -> str:
    """Return the file of the list of a run's workers."""
    return os.path.join(directory, "workers")


def has_list(directory: str) -> bool:
    """Return whether there is one: a run that ends removes it."""
    return os.path.lexists(list_of(directory))


def end_leftovers(directory: str) -> int:
    """End the processes that a run's earlier workers left, if even their agent is gone; return their number.

    A process is known by the run's stamp, by the run's list of workers (pid, start and boot), by its session, if that
    was such a worker's, by the run's directory in its environment, or by a log of the run that it can write to. All
    processes that it has started belong to it.

    Raises:
        BusyError: one of them does not end.
    """
    recorded = _recorded(directory)
    ended = _end_stamped(directory) + process_trees.end_all(lambda: _left(recorded, directory), 0)
    stuck = _left(recorded, directory) if ended else []
    if stuck:
        raise BusyError(
            f"process {stuck[0].pid}, which an earlier driver of this run had started, does not end",
            hint="recover again once it is gone: it waits in the kernel, perhaps for a disk, or is another user's",
        )
    forget_workers(directory)
    return ended


def _end_stamped(directory: str) -> int:
    """End each process with the run's stamp as soon as it is found: some fork and end all the time."""
    stamp = Stamp.of(directory)
    spared = _self_and_above(process_trees.all_processes())
    ended = set[tuple[int, int]]()
    for _ in range(_MOST_SWEEPS):
        found_any = False
        for pid in sorted(process_trees.pids() - spared):
            if (
                stamp.is_borne_by(pid)
                and (process := process_trees.process_at(pid)) is not None
                and not process.is_zombie
            ):
                process_trees.send_signal(process, signal.SIGKILL)
                ended.add((process.pid, process.started))
                found_any = True
        if not found_any:
            break
    return len(ended)


def has_leftovers(directory: str) -> bool:
    """Return whether processes of a run's earlier workers still run; a run without a list of workers has none."""
    recorded = _recorded(directory)
    return bool(recorded and _left(recorded, directory))


def forget_workers(directory: str) -> None:
    """Remove the list of a run's workers, once none is left: their pids and sessions will be reused.

    Also remove the marks of attempts under way, if the agent that would have removed them was killed.
    """
    if not has_list(directory) or lock_holder(agent_lock(directory)) is not None:
        return
    logs = os.path.join(directory, "logs")
    with contextlib.suppress(OSError):
        for name in os.listdir(logs):
            if _MARK.fullmatch(name):
                os.unlink(os.path.join(logs, name))
    with contextlib.suppress(OSError):
        os.unlink(list_of(directory))


def take_leave(directory: str) -> None:
    """Reap those children of this process that have ended and that a run had started: they had been adopted."""
    stamp = Stamp.of(directory)
    for child in process_trees.children_of(os.getpid()):
        if child.is_zombie and stamp.is_borne_by(child.pid):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, os.WNOHANG)


def _recorded(directory: str) -> dict[int, int]:
    """Return when each listed worker of this boot started, by pid."""
    starts: dict[int, int] = {}
    with contextlib.suppress(OSError), open(list_of(directory), "rb") as file:
        boot = process_trees.boot_id()
        for line in file:
            # The last line may have been cut when its writer was killed, and a step may have written any line.
            with contextlib.suppress(NotDataError):
                record = read_record(ListedProcess, line.decode(errors="replace"), "a line of the list")
                if record.boot == boot:
                    starts[record.pid] = record.started
    return starts


def _left(recorded: dict[int, int], directory: str) -> list[Process]:
    """Return the running processes of a run's workers, and all that they have started."""
    processes = process_trees.all_processes()
    spared = _self_and_above(processes)
    mark = f"{RUN_DIRECTORY}={directory}".encode(errors="surrogateescape")
    logs = _logs_of(directory)
    stamp = Stamp.of(directory)

    def is_known(process: Process) -> bool:
        return (
            _is_recorded(process, processes, recorded)
            or stamp.is_borne_by(process.pid)
            or mark in _environment(process.pid)
            or bool(logs and _writes_to(process.pid, logs))
        )

    roots = {pid: process for pid, process in processes.items() if pid not in spared and is_known(process)}
    for process in process_trees.descendants(roots, processes.values()):
        roots[process.pid] = process
    return [process for pid, process in roots.items() if pid not in spared and not process.is_zombie]


def _is_recorded(process: Process, processes: dict[int, Process], workers: dict[int, int]) -> bool:
    leader = processes.get(process.session)
    in_session = process.session in workers and (leader is None or leader.started == workers[leader.pid])
    return in_session or workers.get(process.pid) == process.started


def _self_and_above(processes: dict[int, Process]) -> set[int]:
    """Return this process, and its ancestors."""
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


def _logs_of(directory: str) -> set[str]:
    """Return the logs to which only the run's workers have written."""
    # They are behind a link if the flow names a directory for logs.
    logs = os.path.realpath(os.path.join(directory, "logs"))
    with contextlib.suppress(OSError):
        return {os.path.join(logs, name) for name in os.listdir(logs) if _SEGMENT.fullmatch(name)}
    return set()


def _writes_to(pid: int, files: set[str]) -> bool:
    """Return whether a process has one of these files open for writing, as far as that can be seen."""
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}") in files and _is_written(pid, name):
                    return True
    return False


def _is_written(pid: int, descriptor: str) -> bool:
    with open(f"/proc/{pid}/fdinfo/{descriptor}", encoding="ascii") as file:
        flags = next((line.split()[1] for line in file if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
