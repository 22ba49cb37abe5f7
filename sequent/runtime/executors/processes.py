"""Executes attempts in worker processes, which an agent starts and ends."""

from __future__ import annotations

import functools
import socket
from collections import deque
from selectors import BaseSelector

from sequent.errors import BusyError, SequentError
from sequent.model.outcome import Problem
from sequent.runtime.executors.agents import AgentProcess, fork_agent, launch_agent, our_ends
from sequent.runtime.executors.crew import MOST_ATTEMPTS, Wakes, Worker
from sequent.runtime.executors.deaths import (
    ended_by_death,
    lost,
    never_begun,
    output_of,
    problem_of_death,
    problem_of_loading,
)
from sequent.runtime.executors.draws import Draws
from sequent.runtime.messages import Word, read_problem, read_report, write_order, write_setup
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptOrder,
    DrawBroke,
    DrawOrder,
    ItemFound,
    RepeatFound,
    Report,
    WorkerSetup,
)
from sequent.runtime.packets import Link, Message
from sequent.runtime.worker.limit import problem_of_timeout

__all__ = ["AgentProcess", "ProcessExecutor", "fork_agent", "launch_agent"]

MOST_WORKERS = 64
STOP_GRACE = 10.0
"""Seconds between TERM and KILL when running steps are ended."""
_CLOSE_WAIT = 8.0
_MOST_FAILED_LOADS = 3
_MOST_FAILED_AGENTS = 3


class ProcessExecutor:
    """Hands attempts to workers, one at a time to each.

    A worker is started when there is nobody idle, and stays. One that dies takes the attempt that it had
    begun with it, and nothing else. When the agent dies, what had begun is lost, and another agent takes over
    once nothing of the old tree is left.
    """

    def __init__(self, agent: AgentProcess, setup: WorkerSetup, *, most_attempts: int = MOST_ATTEMPTS) -> None:
        self._agent = agent
        self._most_attempts = most_attempts
        self._setup = setup
        self._opened: Wakes | None = None
        self._workers: dict[int, Worker] = {}
        self._idle: list[Worker] = []
        self._waiting: deque[AttemptOrder] = deque()
        self._draws = Draws(lambda: self._spawn(is_for_draws=True), self._send)
        self._reports: list[Report] = []
        self._lost: list[Report] = []
        """Told only once a new agent has made sure that nothing of the old tree is left."""
        self._last_number = 0
        self._failed_loads = 0
        self._failed_agents = 0
        self._is_ending = False
        self._failure: SequentError | None = None

    # -- the port

    def open(self, selector: BaseSelector) -> None:
        self._opened = Wakes(selector)
        self._begin_with(self._agent)

    def start(self, order: AttemptOrder) -> None:
        self._waiting.append(order)
        self._hand_over()

    def draw(self, order: DrawOrder) -> None:
        self._draws.add(order)

    def forget(self, frame: int, node: int) -> None:
        """The repeat has settled: its iterator is needed no more."""
        self._draws.forget(frame, node)

    def reports(self) -> list[Report]:
        if self._failure is not None:
            raise self._failure
        reports, self._reports = self._reports, []
        return reports

    def end_tasks(self, *, at_once: bool) -> None:
        self._is_ending = True
        busy: list[object] = [worker.number for worker in self._workers.values() if not worker.is_idle]
        self._agent.link.send(["end", busy, 0 if at_once else STOP_GRACE])
        self._give_up()

    def close(self) -> None:
        if self._opened is None:
            self._agent.close()
            return
        self._is_ending = True
        for worker in list(self._workers.values()):
            self._let_go(worker)
        link = self._agent.link
        link.send(["close"])
        self._wakes.remove(link.end)
        if not self._agent.wait(_CLOSE_WAIT):
            self._agent.kill()
            self._agent.wait(_CLOSE_WAIT)
        link.close()

    # -- the agent

    def _begin_with(self, agent: AgentProcess) -> None:
        self._agent = agent
        self._wakes.add(agent.link.end, self._on_agent)
        agent.link.send(["setup", write_setup(self._setup)])
        # The first loads the flow while the first order is still being written down.
        self._spawn(is_for_draws=False)

    def _on_agent(self) -> None:
        link = self._agent.link
        while (received := link.receive()) is not None:
            message, descriptors = received
            self._hear_agent(message, descriptors)
        if link.has_ended:
            self._replace_agent()

    def _hear_agent(self, message: Message, descriptors: list[int]) -> None:
        match message:
            case ["worker", int() as number, str() as segment]:
                self._meet(self._workers[number], segment, [socket.socket(fileno=item) for item in descriptors])
            case ["ended", int() as number, int() as code, bool() as has_timed_out]:
                if number in self._workers:
                    self._bury(self._workers[number], code, has_timed_out=has_timed_out)
            case ["set up"]:
                self._failed_agents = 0
                self._reports += self._lost
                self._lost.clear()
            case ["refused", str() as reason]:
                self._failure = BusyError(reason, hint="wait a little, and try again")
            case ["crashed", str() as text]:
                self._failure = self._failure or SequentError(f"the agent failed:\n{text}", code="agent")
            case _:
                pass

    def _replace_agent(self) -> None:
        """Start another agent; its first act is to end what the old one had not yet ended."""
        self._wakes.remove(self._agent.link.end)
        self._agent.kill()
        self._agent.wait(_CLOSE_WAIT)
        self._agent.link.close()
        orphaned = list(self._workers.values())
        for worker in orphaned:
            self._hear_out(worker)
            if isinstance(worker.order, AttemptOrder):
                if worker.has_begun():
                    self._lost.append(lost(worker.order, "the agent of its worker is gone", had_begun=True))
                else:
                    self._waiting.appendleft(worker.order)
            self._let_go(worker)
        self._failed_agents += 1
        if self._failed_agents > _MOST_FAILED_AGENTS:
            self._failure = self._failure or SequentError("agents end as soon as they are started", code="agent")
        if self._is_ending or self._failure is not None:
            self._reports += self._lost
        else:
            self._begin_with(self._agent.start_again())
        self._draws.leave(orphaned)
        self._hand_over()

    # -- workers

    def _spawn(self, *, is_for_draws: bool) -> Worker:
        self._last_number += 1
        worker = self._workers[self._last_number] = Worker(self._last_number, is_for_draws)
        self._agent.link.send(["spawn", worker.number])
        return worker

    def _meet(self, worker: Worker, segment: str, ends: list[socket.socket]) -> None:
        ours, theirs = ends
        our_ends.update(ends)
        worker.link, worker.end, worker.segment = Link(ours), theirs, segment
        self._wakes.add(ours, functools.partial(self._on_worker, worker))

    def _on_worker(self, worker: Worker) -> None:
        link = worker.link
        if link is None:
            return
        if link.is_clogged:
            link.flush()
            self._wakes.watch_room(worker)
        message = link.read()
        if message is not None:
            self._hear_worker(worker, message)

    def _hear_worker(self, worker: Worker, message: Message) -> None:
        match message[0]:
            case Word.LOADED:
                worker.is_loaded = True
                worker.log_end = int(str(message[1]))
                self._failed_loads = 0
                self._is_free(worker)
            case Word.UNLOADABLE:
                worker.is_loaded = True
                self._fail_waiting(read_problem(message[1]))
            case _:
                self._take(worker, read_report(message))

    def _take(self, worker: Worker, report: Report) -> None:
        self._reports.append(report)
        match report:
            case AttemptEnded():
                if report.log is not None:
                    worker.log_end = report.log.offset + report.log.length
                self._is_free(worker)
            case RepeatFound() | ItemFound() | DrawBroke():
                self._draws.answered(report)
                self._is_free(worker)
            case _:
                pass

    def _is_free(self, worker: Worker) -> None:
        worker.order = None
        if worker.is_gone:
            return
        if worker.is_for_draws:
            self._draws.hand_over(worker)
            return
        worker.ended += 1
        if worker.ended > self._most_attempts:
            self._let_go(worker)
            self._hand_over()
        else:
            self._idle.append(worker)
            self._hand_over()

    def _hand_over(self) -> None:
        """Give what waits to who is idle, and have as many workers started as are missing."""
        while self._waiting and self._idle:
            worker, order = self._idle.pop(), self._waiting.popleft()
            worker.order = order
            self._send(worker, write_order(order))
        if self._is_ending:
            self._give_up()
            return
        self._draws.place_homeless()
        ours = [worker for worker in self._workers.values() if not worker.is_for_draws] if self._waiting else []
        starting = sum(not worker.is_loaded for worker in ours)
        for _ in range(min(len(self._waiting) - starting, MOST_WORKERS - len(ours))):
            self._spawn(is_for_draws=False)

    def _give_up(self) -> None:
        """Nothing begins any more: tell of what still waits."""
        self._reports += never_begun(self._waiting, self._draws.take_all())
        self._waiting.clear()

    # -- deaths

    def _bury(self, worker: Worker, code: int, *, has_timed_out: bool) -> None:
        """A worker has ended: what it had said counts, what it had not received goes to another."""
        self._hear_out(worker)
        order = worker.order
        if not worker.is_loaded:
            self._count_failed_load(code)
        elif order is not None and worker.has_begun():
            problem = problem_of_death(code, was_ended=self._is_ending)
            if isinstance(order, AttemptOrder):
                if has_timed_out and order.timeout is not None:
                    problem = problem_of_timeout(order.timeout)
                log = output_of(self._setup.directory, worker.segment, worker.log_end)
                self._reports.append(ended_by_death(order, problem, log))
            else:
                self._take(worker, DrawBroke(order.frame, order.node, problem))
        elif isinstance(order, AttemptOrder):
            self._waiting.appendleft(order)
        self._let_go(worker)
        self._draws.leave([worker])
        self._hand_over()

    def _hear_out(self, worker: Worker) -> None:
        """Take what a worker had still said before it ended."""
        worker.is_gone = True
        while worker.link is not None and (message := worker.link.read()) is not None:
            self._hear_worker(worker, message)

    def _count_failed_load(self, code: int) -> None:
        self._failed_loads += 1
        if self._failed_loads >= _MOST_FAILED_LOADS and not self._is_ending:
            self._fail_waiting(problem_of_loading(code))

    def _fail_waiting(self, problem: Problem) -> None:
        """No worker can load the flow: all that waits for one fails."""
        self._failed_loads = 0
        while self._waiting:
            self._reports.append(ended_by_death(self._waiting.popleft(), problem, None))
        for draw in self._draws.take_all():
            self._reports.append(DrawBroke(draw.frame, draw.node, problem))

    def _let_go(self, worker: Worker) -> None:
        self._workers.pop(worker.number, None)
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.link is not None:
            self._wakes.remove(worker.link.end)
        worker.close()

    @property
    def _wakes(self) -> Wakes:
        if self._opened is None:
            raise AssertionError("the executor has not been opened")
        return self._opened

    def _send(self, worker: Worker, message: Message) -> None:
        worker.send(message)
        self._wakes.watch_room(worker)
