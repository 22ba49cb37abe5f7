"""Tells which runs have left something on this host, and removes it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterable, Iterator

from sequent.errors import BusyError, NotDataError
from sequent.model.record_text import read_record, text_of_record
from sequent.runtime.host_agent.driver_link import process_of
from sequent.runtime.host_agent.outcome_spool import keeps_outcomes
from sequent.runtime.host_agent.places import (
    LOCK_OF_AGENT,
    agents_root,
    is_at,
    notes_driver,
    open_place,
    reach,
    starting,
)
from sequent.runtime.hosts.protocol.remains import ANSWER, AgentThere, RunThere
from sequent.runtime.processes import left_processes

_RUN = "run"
_GONE = ".gone"
"""The suffix of a directory that is being removed."""
_ENDING = 5.0
"""The seconds that an agent has to end."""
_GLANCE = 0.02


def note_run(place: int, run: RunThere) -> None:
    """Write the run of an agent into its directory."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(_RUN, flags, 0o600, dir_fd=place), "w", encoding="utf-8") as file:
        file.write(text_of_record(run))


def list_agents() -> bytes:
    """Return the answer that lists the agents of this user."""
    return ANSWER + text_of_record(tuple(_agents())).encode() + b"\n"


def _agents() -> Iterator[AgentThere]:
    root = agents_root()
    for name in sorted(_names(root)):
        if name.endswith(_GONE):
            continue
        path = os.path.join(root, name)
        yield AgentThere(
            key=name,
            run=_run_in(path),
            serves=_is_served(path),
            attempts=_lines(os.path.join(path, "tokens")),
            outcomes=sum(map(keeps_outcomes, _files(os.path.join(path, "outcomes")))),
            size=sum(_size(os.path.join(around, file)) for around, _, files in os.walk(path) for file in files),
        )


def remove_agents(keys: Iterable[str]) -> bytes:
    """Remove the remains of these runs, which have ended; return the answer that lists the rest."""
    root = agents_root()
    for name in _names(root):
        if name.endswith(_GONE):
            # The rest of a removal that was interrupted.
            shutil.rmtree(os.path.join(root, name), ignore_errors=True)
    for name in {*keys} & {*_names(root)}:
        path = os.path.join(root, name)
        if os.path.isdir(path) and not os.path.islink(path):
            with contextlib.suppress(OSError, BusyError):
                _remove(path)
    return list_agents()


def _remove(path: str) -> None:
    """End the agent of a directory, then remove the directory, unless the agent has a driver.

    A recovery meanwhile gets an agent with a directory of its own.

    Raises:
        OSError, BusyError: an agent starts there, or a process does not end; the directory stays.
    """
    place = open_place(path)
    try:
        with starting(place, waits=False):
            if not is_at(place, path) or (notes_driver(place) and _is_served(path)):
                return
            _end_agent(path, place)
            # Renamed first: the next agent can then start in a new directory of that name.
            gone = f"{path}.{os.urandom(8).hex()}{_GONE}"
            os.rename(path, gone)
        shutil.rmtree(gone, ignore_errors=True)
    finally:
        os.close(place)


def _end_agent(path: str, place: int) -> None:
    """End the agent that still waits for a driver, and its processes."""
    end = reach(place)
    if end is not None:
        with end, contextlib.suppress(ProcessLookupError):
            os.kill(process_of(end), signal.SIGKILL)
    deadline = time.monotonic() + _ENDING
    while _is_served(path):
        if time.monotonic() >= deadline:
            raise TimeoutError(errno.ETIMEDOUT, "the agent does not end", path)
        time.sleep(_GLANCE)
    left_processes.end_leftovers(path)


def _run_in(path: str) -> RunThere:
    try:
        with open(os.path.join(path, _RUN), encoding="utf-8") as file:
            return read_record(RunThere, file.read(), "the run of an agent")
    except (OSError, NotDataError):
        return RunThere()


def _is_served(path: str) -> bool:
    """Whether an agent has the lock of a directory."""
    try:
        lock = os.open(os.path.join(path, LOCK_OF_AGENT), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared: several may look at once.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _lines(path: str) -> int:
    try:
        with open(path, "rb") as file:
            return file.read().count(b"\n")
    except OSError:
        return 0


def _files(directory: str) -> list[str]:
    return [os.path.join(directory, name) for name in _names(directory)]


def _names(directory: str) -> list[str]:
    return os.listdir(directory) if os.path.isdir(directory) else []


def _size(path: str) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size
    except OSError:
        return 0
