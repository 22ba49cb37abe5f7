"""Starts agents: a fresh interpreter, or a copy of this process where the flow is only in its memory."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from weakref import WeakSet

from attrs import field, frozen

from sequent.model.spec import Definition
from sequent.runtime import packets
from sequent.runtime.packets import Link

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
_START = (
    "import sys; sys.path.insert(0, sys.argv[2]); from sequent.runtime.agent.loop import main; del sys.path[0]; main()"
)

_DISMISSAL = 5.0
"""Seconds to wait for a killed agent to be gone."""

our_ends: WeakSet[socket.socket] = WeakSet()
"""What a copy of this process must close, lest nobody notices when this one ends."""


@frozen(kw_only=True, eq=False)
class AgentProcess:
    """An agent, and the way to another one like it."""

    pid: int
    link: Link = field(repr=False)
    start_again: Callable[[], AgentProcess] = field(repr=False)

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, at most so long; say whether it has."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            if not poll.poll(max(0.0, seconds) * 1000):
                return False
        finally:
            os.close(handle)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        return True

    def kill(self) -> None:
        """End it at once, and with it, through the kernel, its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it where it was given nothing to do; a second time, do nothing."""
        if self.link.end.fileno() >= 0:
            self.kill()
            self.wait(_DISMISSAL)
            self.link.close()


def launch_agent() -> AgentProcess:
    """Start an agent in a fresh interpreter, whose workers load the flow by its name."""
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
    # The agent is waited for by its pid, here; Popen need not remember it.
    process.returncode = 0
    return AgentProcess(pid=process.pid, link=Link(ours), start_again=launch_agent)


def fork_agent(definition: Definition) -> AgentProcess:
    """Start an agent that is a copy of this process, whose workers have all that it has in memory.

    It must be called before there are threads or open stores, as far as that is possible.
    """
    ours, theirs = packets.pair()
    our_ends.add(ours)
    for stream in (sys.stdout, sys.stderr):
        # What is still in a buffer would be written twice. They may be closed, or None.
        with contextlib.suppress(Exception):
            stream.flush()
    pid = os.fork()
    if pid == 0:
        _become_agent(theirs, definition)
    theirs.close()
    return AgentProcess(pid=pid, link=Link(ours), start_again=lambda: fork_agent(definition))


def _become_agent(control: socket.socket, definition: Definition) -> None:
    try:
        for end in list(our_ends):
            end.close()
        os.setsid()
        from sequent.runtime.agent import loop
        from sequent.runtime.worker import process

        loop.run(control, lambda setup, end: process.run(setup, end, definition))
    finally:
        os._exit(70)
