"""Executes attempts in worker processes, which an agent starts and ends."""

from __future__ import annotations

import errno
import os
import socket
import time
from selectors import BaseSelector

from msgspec.structs import replace

from sequent.errors import AgentError, BusyError, SequentError, ShortageError
from sequent.model.outcome import Problem
from sequent.model.record_text import text_of_record
from sequent.runtime.disk_room import is_scarce
from sequent.runtime.executors.adoption import adoption
from sequent.runtime.executors.agents import AgentProcess
from sequent.runtime.executors.shortage import Shortage
from sequent.runtime.executors.wakeups import Wakeups
from sequent.runtime.executors.worker_links import LocalLink
from sequent.runtime.executors.worker_pool import WorkerPool
from sequent.runtime.executors.workers import MOST_ATTEMPTS, MOST_WORKERS
from sequent.runtime.messages.message_types import (
    AgentCrashed,
    AgentRefused,
    AgentSetUp,
    CloseAgent,
    EndWorkers,
    FromAgent,
    NoRoom,
    SetUpAgent,
    WorkerEnded,
    WorkerStarted,
)
from sequent.runtime.messages.packets import BadMessageError
from sequent.runtime.orders import AttemptOrder, DrawOrder, Message, Notice, Report, WorkerSetup
from sequent.runtime.processes import left_processes

STOP_GRACE = 10.0
"""Seconds between TERM and KILL when running steps are ended."""
_CLOSE_WAIT = 8.0
_ANSWER = 0.7
"""Seconds that an agent has for an immediate task; then it counts as stopped, or as hanging."""
_MOMENT = 0.05
"""Seconds until a message that the kernel had no room for is sent to the agent again."""
_MOST_FAILED_AGENTS = 3


class ProcessExecutor:
    """Hands attempts to workers, each of which executes one at a time.

    The workers belong to an agent. When it dies, attempts that had begun are lost, and another agent takes over once
    nothing of the old tree is left.

    Args:
        agent: starts and ends the workers.
        setup: the setup that each worker gets once.
        most_workers: the number of workers that execute attempts at once.
        most_attempts: the number of attempts that each worker executes before another replaces it.
    """

    def __init__(
        self,
        agent: AgentProcess,
        setup: WorkerSetup,
        *,
        most_workers: int = MOST_WORKERS,
        most_attempts: int = MOST_ATTEMPTS,
    ) -> None:
        self.agent = agent
        """The agent now: where it dies, another takes its place."""
        self._setup = setup
        self._most_workers = most_workers
        self._most_attempts = most_attempts
        self._opened: tuple[Wakeups, WorkerPool] | None = None
        self._failed_agents = 0
        self._shortage = Shortage()
        self._is_set_up = False
        """Whether the agent itself has all that it needs; if so, a shortage concerns a worker."""
        self._said: list[Report] = []
        self._has_lost_agent = False
        self._is_ending = False
        self._grace = STOP_GRACE
        self._ends_by: float | None = None
        """The time, by the monotonic clock, by which a working agent has ended all running attempts."""
        self._failure: SequentError | None = None

    # -- the port

    def open(self, selector: BaseSelector) -> None:
        wakeups = Wakeups(selector)
        pool = WorkerPool(
            self._setup.directory,
            wakeups.ring,
            most_workers=self._most_workers,
            most_attempts=self._most_attempts,
            ask=self._ask,
        )
        wakeups.heed(pool.hand_over)
        self._opened = (wakeups, pool)
        adoption.begin()
        self._begin_with(self.agent)

    def start(self, order: AttemptOrder) -> None:
        self._pool.start(order)

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        self._pool.take_back(frame, node, attempt)

    def draw(self, order: DrawOrder) -> None:
        self._pool.draws.add(order)

    def forget(self, frame: int, node: int) -> None:
        """Drop the iterator of a repeat that has settled."""
        self._pool.draws.forget(frame, node)

    def reports(self) -> list[Report]:
        if self._ends_by is not None and time.monotonic() >= self._ends_by:
            self._ends_by = None
            if self._pool.end() and not self.agent.is_closed:
                # The kernel ends the agent's workers with it, and this process ends the processes that they have
                # started.
                self._replace_agent()
        if self._failure is not None:
            raise self._failure
        self.agent.link.flush()
        if not (self._said or self._shortage.lasts):
            return self._pool.reports()
        if self._shortage.take_due():
            self._try_again()
        if not self._pool.has_workers:
            self._shortage.check()
        said, self._said = self._said, []
        return [*said, *self._pool.reports()]

    def seconds_left(self) -> float | None:
        ends = None if self._ends_by is None else max(0.0, self._ends_by - time.monotonic())
        sends = _MOMENT if self.agent.link.is_clogged else None
        seconds = (left for left in (ends, sends, self._pool.seconds_left(), self._shortage.left()) if left is not None)
        return min(seconds, default=None)

    def end_tasks(self, *, at_once: bool) -> None:
        self._is_ending = True
        self._grace = 0.0 if at_once else STOP_GRACE
        self.agent.link.send(EndWorkers(tuple(self._pool.end()), self._grace))
        self._ends_by = time.monotonic() + self._grace + _ANSWER

    @property
    def is_ending(self) -> bool:
        """Whether nothing begins any more."""
        return self._is_ending

    @property
    def loaded(self) -> Problem | bool:
        """Whether a worker has loaded the flow; or why none can."""
        return self._pool.loading.state

    def end_attempt(self, frame: int, node: int, attempt: int) -> None:
        """End one attempt, with all processes that it started; its report has the signal."""
        self._pool.end_attempt(frame, node, attempt)

    def renew(self, setup: WorkerSetup) -> None:
        """Execute the following orders in workers with this setup, which load the flow anew."""
        self._setup = replace(setup, is_new=False)
        self._ask(SetUpAgent(text_of_record(self._setup)))
        self._pool.renew()

    def close(self) -> None:
        if self._opened is None:
            self.agent.close()
            return
        self._is_ending = True
        self._pool.close()
        self.agent.link.send(CloseAgent())
        self._wakeups.remove(self.agent.link.end)
        self._wakeups.close()
        if not self.agent.close(_CLOSE_WAIT if self._grace else _ANSWER):
            self._end_leftovers()
            left_processes.take_leave(self._setup.directory)
        adoption.end()

    # -- the agent

    def _begin_with(self, agent: AgentProcess) -> None:
        self.agent = agent
        self._is_set_up = False
        self._wakeups.add(agent.link.end, self._on_agent)
        self._ask(SetUpAgent(text_of_record(self._setup)))
        self._setup = replace(self._setup, is_new=False)
        # The worker loads the flow while the first order is still being written.
        self._pool.spawn()

    def _ask(self, message: Message) -> None:
        self.agent.link.send(message)

    def _refuse(self, reason: str, number: int) -> None:
        """Note that there is no room for the worker with that number, or (0) for the agent itself."""
        self._pool.unmeet(number)
        self._say(self._shortage.refuse(reason))

    def _try_again(self) -> None:
        """Repeat the request for which there was no room."""
        if self.agent.is_closed:
            self._start_agent()
        elif self._is_set_up:
            self._pool.try_again()
        else:
            self._ask(SetUpAgent(text_of_record(self._setup)))

    def _say(self, sentence: str) -> None:
        if sentence:
            self._said.append(Notice(sentence))

    def _on_agent(self) -> None:
        link = self.agent.link
        try:
            while (received := link.receive()) is not None:
                message, descriptors = received
                try:
                    self._hear(message, descriptors)
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
        except BadMessageError:
            # The agent is no longer reliable; another one ends its processes.
            self._replace_agent()
            return
        if link.has_ended:
            self._replace_agent()

    def _hear(self, message: FromAgent, descriptors: list[int]) -> None:
        match message:
            case WorkerStarted(number) if len(descriptors) < 2:
                # The kernel has dropped the descriptors for which this process has no room.
                self._refuse(os.strerror(errno.EMFILE), number)
            case WorkerStarted(number, segment, word):
                ours, theirs = (socket.socket(fileno=item) for item in descriptors)
                descriptors.clear()
                self._pool.meet(number, segment, LocalLink(ours, theirs, word.encode(), self._wakeups))
                self._say(self._shortage.end())
            case WorkerEnded(number, code, cause):
                self._pool.bury(number, code, cause)
            case AgentSetUp():
                self._failed_agents = 0
                self._is_set_up = True
                if self._has_lost_agent:
                    left_processes.take_leave(self._setup.directory)
                self._pool.bury_orphaned()
                self._pool.try_again()
            case AgentRefused(reason):
                self._failure = BusyError(reason, hint="wait a little, and try again")
            case NoRoom(reason, number, True):
                self._refuse(reason, number)
            case NoRoom(reason):
                self._failure = ShortageError(f"a worker cannot be started: {reason}")
            case AgentCrashed(story):
                self._failure = self._failure or AgentError(f"the agent failed:\n{story}")

    def _replace_agent(self) -> None:
        """Start another agent; its first act is to end what the old one had not yet ended."""
        self._wakeups.remove(self.agent.link.end)
        self.agent.close()
        self._pool.orphan()
        self._has_lost_agent = True
        if self._shortage.lasts and not self._is_set_up and not self._is_ending:
            # The agent itself lacked room; another one is started when the shortage is next tried.
            return
        self._failed_agents += 1
        if self._failed_agents > _MOST_FAILED_AGENTS:
            self._failure = self._failure or AgentError("agents end as soon as they are started")
        if self._is_ending or self._failure is not None:
            self._end_leftovers()
            self._pool.bury_orphaned()
        else:
            self._start_agent()

    def _start_agent(self) -> None:
        """Start an agent to replace one that has ended."""
        try:
            self._begin_with(self.agent.start_again())
        except OSError as error:
            if not is_scarce(error):
                raise
            self._refuse(error.strerror or str(error), 0)

    def _end_leftovers(self) -> None:
        """End the processes of an agent that no other replaces."""
        try:
            left_processes.end_leftovers(self._setup.directory)
        except BusyError as error:
            self._failure = self._failure or error

    @property
    def _wakeups(self) -> Wakeups:
        return self._parts()[0]

    @property
    def _pool(self) -> WorkerPool:
        return self._parts()[1]

    def _parts(self) -> tuple[Wakeups, WorkerPool]:
        if self._opened is None:
            raise AssertionError("the executor has not been opened")
        return self._opened
