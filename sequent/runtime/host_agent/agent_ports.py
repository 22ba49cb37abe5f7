"""The world as an agent on a host sees it: its clock, its selector, its door and its workers."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from selectors import BaseSelector, DefaultSelector
from typing import Protocol

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.model.outcome import Problem
from sequent.runtime.executors.agents import launch_agent
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.host_agent.log_streams import LOG_PAUSE
from sequent.runtime.host_agent.places import listen
from sequent.runtime.host_agent.session_pipes import SessionPipes, receive_pipes
from sequent.runtime.orders import AttemptOrder, Report, WorkerSetup
from sequent.runtime.processes import left_processes


class HostWorkers(Protocol):
    """Executes the attempts of a run on this host. No method but ``close`` blocks."""

    @property
    def is_ending(self) -> bool:
        """Whether it ends all attempts, and starts no more."""
        ...

    @property
    def loaded(self) -> Problem | bool:
        """Whether a worker has loaded the flow, or why none can."""
        ...

    def open(self, selector: BaseSelector) -> None: ...
    def renew(self, setup: WorkerSetup) -> None: ...
    def start(self, order: AttemptOrder) -> None: ...
    def take_back(self, frame: int, node: int, attempt: int) -> None: ...
    def end_attempt(self, frame: int, node: int, attempt: int) -> None: ...
    def end_tasks(self, *, at_once: bool) -> None: ...
    def reports(self) -> list[Report]: ...
    def seconds_left(self) -> float | None: ...
    def close(self) -> None: ...


def _launch_workers(setup: WorkerSetup, most_workers: int) -> ProcessExecutor:
    """Return worker processes, once nothing is left of those of an earlier agent.

    Raises:
        OSError: there is no room for an agent of the workers.
        BusyError: processes that an earlier agent started do not end.
    """
    left_processes.end_leftovers(setup.directory)
    return ProcessExecutor(launch_agent(), setup, most_workers=most_workers)


@frozen(kw_only=True, eq=False, repr=False)
class AgentPorts(ByFields):
    """The world as an agent on a host sees it."""

    monotonic: Callable[[], float] = time.monotonic
    """The clock, in seconds."""
    selector: BaseSelector = field(factory=DefaultSelector)
    """The selector that the agent waits with."""
    listen: Callable[[int], socket.socket] = listen
    """Returns the socket at which sessions arrive, in the directory of this descriptor."""
    receive: Callable[[socket.socket], tuple[SessionPipes, bytes] | None] = receive_pipes
    """Returns the pipes of a session that has arrived, and the bytes that were read before; None: it is none."""
    log_pause: float = LOG_PAUSE
    """The seconds between two checks of the logs of active attempts."""
    make_workers: Callable[[WorkerSetup, int], HostWorkers] = _launch_workers
    """Returns the workers: with this setup, and so many that execute attempts at once."""
