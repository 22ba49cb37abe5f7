"""The run's directory as its agent keeps it: the lock, the list of processes, the segments of logs."""

from __future__ import annotations

import contextlib
import errno
import os
import time

from sequent.errors import StoreError
from sequent.model.record_text import text_of_record
from sequent.runtime.disk_room import give_back
from sequent.runtime.logs.log_marks import make_mark, mark_of, remove_mark
from sequent.runtime.logs.segment_files import first_number
from sequent.runtime.processes import process_trees
from sequent.runtime.processes.left_processes import ListedProcess, end_leftovers, list_of
from sequent.runtime.processes.process_stamps import Stamp
from sequent.runtime.processes.run_locks import agent_lock, try_lock

_RETRY = 0.02


class RunDirectory:
    """A run's directory, held by one agent at a time.

    The kernel holds the lock for the process, so it is free as soon as the agent has ended, which it
    does once nothing of its tree is left.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.logs = os.path.join(directory, "logs")
        """The directory of the segments."""
        # Not the directory itself: if that has been removed meanwhile, nothing is put in its place.
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.logs, 0o700)
        taken = [int(name[1:-4]) for name in os.listdir(self.logs) if _is_segment(name)]
        self._next_segment = max(taken, default=first_number(self._directory) - 1) + 1
        self._is_taken = False

    def take(self, seconds: float) -> bool:
        """Wait for an earlier agent to end, at most that long; return whether it has.

        Raises:
            OSError: there is no room for the lock's file.
        """
        if self._is_taken:
            return True
        path = agent_lock(self._directory)
        deadline = time.monotonic() + seconds
        # Held until this process ends; code of this process that tests the lock must know, so as not to release it.
        try:
            while try_lock(path, "") is None:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_RETRY)
        except StoreError as error:
            raise error.__cause__ or error from None
        self._is_taken = True
        return True

    def begin(self, *, is_new: bool = False) -> None:
        """End the processes of an agent that was killed, unless nothing of the run has run before; begin the list anew.

        Raises:
            BusyError: one of them does not end.
        """
        if not is_new:
            end_leftovers(self._directory)
        for name in os.listdir(self.logs):
            if _is_segment(name):
                remove_if_empty(os.path.join(self.logs, name))
        # Before any process is forked.
        Stamp.of(self._directory).bear()
        self._write(os.getpid(), os.O_TRUNC)

    def record(self, pid: int) -> None:
        """Add a process to the list, by which it is found if this agent is killed.

        Raises:
            OSError: there is no room for it.
        """
        self._write(pid, 0)

    def open_segment(self) -> tuple[str, int]:
        """Make a new, empty segment; return its path, and a descriptor that appends.

        Raises:
            OSError: there is no room for it, its mark and its first output.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            path = os.path.join(self.logs, f"w{self._next_segment}.log")
            self._next_segment += 1
            with contextlib.suppress(FileExistsError):
                file = os.open(path, flags, 0o600)
                break
        try:
            os.close(make_mark(path))
        except OSError:
            os.close(file)
            remove_if_empty(path)
            raise
        return path, file

    def _write(self, pid: int, more: int) -> None:
        process = process_trees.process_at(pid)
        if process is None:
            return
        record = ListedProcess(pid, process.started, process_trees.boot_id())
        line = f"{text_of_record(record)}\n".encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | more
        file = os.open(list_of(self._directory), flags, 0o600)
        try:
            if os.write(file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(file)


def remove_if_empty(path: str) -> None:
    """Remove the mark of a segment whose worker has ended, and the segment too if it is empty."""
    remove_mark(mark_of(path))
    with contextlib.suppress(OSError):
        if os.stat(path, follow_symlinks=False).st_size == 0:
            os.unlink(path)
        else:
            give_back(path)


def _is_segment(name: str) -> bool:
    return name.startswith("w") and name.endswith(".log") and name[1:-4].isdigit()
