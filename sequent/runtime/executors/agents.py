"""Starts agents: as a fresh interpreter, or as a copy of this process."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from types import ModuleType
from weakref import WeakSet

from attrs import field, frozen
from msgspec.msgpack import Decoder

from sequent.model.spec import Definition
from sequent.runtime.messages import packets
from sequent.runtime.messages.message_types import FromAgent
from sequent.runtime.messages.packets import Link
from sequent.runtime.processes import process_trees

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
_START = (
    "import sys; sys.path.insert(0, sys.argv[2]); from sequent.runtime.agent.loop import main; "
    # Last: where this package was sent to a host, so were those that it needs later.
    "sys.path.append(sys.path.pop(0)); main()"
)

_GLANCE = 0.25
"""Seconds between looks whether an agent that is waited for was stopped."""
_DISMISSAL = 8.0
"""Seconds to wait for a killed agent to end."""

_TOLD: Decoder[FromAgent] = Decoder(FromAgent)

our_ends: WeakSet[socket.socket] = WeakSet()
"""The sockets that a copy of this process must close; otherwise the end of this process would go unnoticed."""


@frozen(kw_only=True, eq=False)
class AgentProcess:
    """An agent, and the way to start another one like it."""

    pid: int
    link: Link[FromAgent] = field(repr=False)
    start_again: Callable[[], AgentProcess] = field(repr=False)

    @property
    def is_closed(self) -> bool:
        """Whether it has ended and was waited for."""
        return self.link.end.fileno() < 0

    def close(self, patience: float = 0.0) -> bool:
        """Wait that many seconds for its end; then kill it, and the kernel kills its workers with it.

        Returns:
            whether it ended by itself, as it does once nothing of its tree is left. A second call does nothing, since
                its pid may be another's by then, and returns True.
        """
        if self.is_closed:
            return True
        status = self._wait(patience)
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._wait(_DISMISSAL)
        self.link.close()
        return status == 0

    def _wait(self, seconds: float) -> int | None:
        """Return its status once it has ended, -1 if other code has taken the status; None if it goes on.

        An agent that was stopped is not waited for: it will not end.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return -1
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            deadline = time.monotonic() + seconds
            while not poll.poll(1000 * min(_GLANCE, max(0.0, deadline - time.monotonic()))):
                if time.monotonic() >= deadline or process_trees.is_stopped(self.pid):
                    return None
        finally:
            os.close(handle)
        try:
            return os.waitpid(self.pid, 0)[1]
        except ChildProcessError:
            return -1


def launch_agent() -> AgentProcess:
    """Start an agent in a fresh interpreter, whose workers load the flow by its name.

    Raises:
        OSError: the machine has no room for it.
    """
    import subprocess

    ours, theirs = packets.pair()
    our_ends.add(ours)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(theirs.fileno()), _ROOT],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    # The agent is waited for by its pid in this module; Popen need not remember it.
    process.returncode = 0
    return AgentProcess(pid=process.pid, link=Link(ours, _TOLD), start_again=launch_agent)


def copy_agent() -> AgentProcess:
    """Start an agent like a fresh one as a copy of this process, which is a command that has only begun.

    The copy has the modules that the command has imported, and need not import them again. If the command has threads,
    which a copy would lack, a fresh interpreter is started.

    Raises:
        OSError: the machine has no room for it.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        return launch_agent()
    pid, link = _fork(None, {number: file for number, file in _open_files().items() if number <= 2})
    return AgentProcess(pid=pid, link=link, start_again=launch_agent)


def fork_agent(definition: Definition, kept: Mapping[int, tuple[int, int]] | None = None) -> AgentProcess:
    """Start an agent that is a copy of this process, so that its workers have all that it has in memory.

    As far as possible, call it before there are threads or open stores.

    Args:
        definition: the flow.
        kept: for an agent that replaces another: the descriptors that the first one had, and their files. Descriptors
            that this process has opened since are the run's, its store among them, and a step that tries each
            descriptor must not reach them.

    Raises:
        OSError: the machine has no room for it.
    """
    kept = _open_files() if kept is None else kept
    pid, link = _fork(definition, kept)
    return AgentProcess(pid=pid, link=link, start_again=lambda: fork_agent(definition, kept))


def _fork(definition: Definition | None, kept: Mapping[int, tuple[int, int]]) -> tuple[int, Link[FromAgent]]:
    """Fork an agent whose workers have the flow, or load it by its name; return its pid, and the link to it."""
    ours, theirs = packets.pair()
    our_ends.add(ours)
    for stream in (sys.stdout, sys.stderr):
        # Buffered output would be written twice. The streams may be closed, or None.
        with contextlib.suppress(Exception):
            stream.flush()
    with theirs:
        pid = os.fork()
        if pid == 0:
            _become_agent(theirs, definition, kept)
    return pid, Link(ours, _TOLD)


def _open_files() -> dict[int, tuple[int, int]]:
    """Return the descriptors of this process, and the files that are open there."""
    files: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc/self/fd"):
        # The descriptor that lists them is closed by now.
        with contextlib.suppress(OSError):
            info = os.fstat(int(name))
            files[int(name)] = (info.st_dev, info.st_ino)
    return files


def _cover(kept: Mapping[int, tuple[int, int]]) -> None:
    """Point all other descriptors to /dev/null instead of closing them: an object that owns one may still close it."""
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for descriptor, file in _open_files().items():
        if descriptor != nothing and kept.get(descriptor) != file:
            os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


def _become_agent(control: socket.socket, definition: Definition | None, kept: Mapping[int, tuple[int, int]]) -> None:
    try:
        for end in list(our_ends):
            end.close()
        info = os.fstat(control.fileno())
        _cover({**kept, control.fileno(): (info.st_dev, info.st_ino)})
        os.setsid()
        # This process is now the agent; the driver needs neither module.
        from sequent.runtime.agent import loop

        if definition is None:
            _be_fresh()
            loop.run(control, loop.run_loaded, loop.import_worker)
        # As above.
        from sequent.runtime.worker import worker_loop

        loop.run(control, functools.partial(worker_loop.run, definition=definition))
    finally:
        os._exit(70)


def _be_fresh() -> None:
    """Leave no trace of the command where a step looks for its own program."""
    sys.argv = ["-c"]
    sys.modules["__main__"] = ModuleType("__main__")
    sys.unraisablehook = sys.__unraisablehook__
    gc.unfreeze()
