"""Executes attempts in worker processes, which an agent starts and ends."""

from __future__ import annotations

import functools
import socket
from selectors import BaseSelector

from sequent.errors import BusyError, SequentError
from sequent.model.outcome import Problem
from sequent.runtime.executors.agents import AgentProcess, fork_agent, launch_agent, our_ends
from sequent.runtime.executors.crew import MOST_ATTEMPTS, Worker
from sequent.runtime.executors.deaths import (
    ended_by_death,
    lost,
    never_begun,
    output_of,
    problem_of_death,
    problem_of_loading,
    taken_back,
)
from sequent.runtime.executors.draws import Draws
from sequent.runtime.executors.paces import Paces
from sequent.runtime.executors.roster import LONG, Roster
from sequent.runtime.executors.wakes import Wakes
from sequent.runtime.messages import Word, read_problem, read_report, write_setup
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
    """Hands attempts to workers, each of which executes one at a time.

    A worker is started when there is nobody idle, and stays. One that dies takes the attempt that it had
    begun with it, and nothing else. When the agent dies, what had begun is lost, and another agent takes over
    once nothing of the old tree is left.

    Args:
        agent: who starts and ends the workers.
        setup: what they are told once.
        most_workers: how many of them execute attempts at once.
        most_attempts: how many attempts each executes before another takes its place.
    """

    def __init__(
        self,
        agent: AgentProcess,
        setup: WorkerSetup,
        *,
        most_workers: int = MOST_WORKERS,
        most_attempts: int = MOST_ATTEMPTS,
    ) -> None:
        self._agent = agent
        self._setup = setup
        self._opened: Wakes | None = None
        self._workers: dict[int, Worker] = {}
        self._orphaned: list[Worker] = []
        """Workers whose agent died: what became of them is sure only once nothing of the old tree is left."""
        self._paces = Paces()
        self._roster = Roster(
            most_workers=most_workers, most_attempts=most_attempts, paces=self._paces, give=self._give
        )
        self._draws = Draws(lambda: self._spawn(is_for_draws=True), self._give, self._send)
        self._wanted_back: set[tuple[int, int, int]] = set()
        self._reports: list[Report] = []
        self._last_number = 0
        self._failed_loads = 0
        self._failed_agents = 0
        self._is_ending = False
        self._failure: SequentError | None = None

    # -- the port

    def open(self, selector: BaseSelector) -> None:
        self._opened = Wakes(selector, self._hand_over)
        self._begin_with(self._agent)

    def start(self, order: AttemptOrder) -> None:
        self._roster.waiting.append(order)
        if self._roster.has_idle:
            self._hand_over()
        else:
            # With all that follow, once for all.
            self._wakes.ring()

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        self._wanted_back.add((frame, node, attempt))
        # With all that follow, so that each worker's end is emptied once.
        self._wakes.ring()

    def draw(self, order: DrawOrder) -> None:
        self._draws.add(order)

    def forget(self, frame: int, node: int) -> None:
        """The repeat has settled: its iterator is needed no more."""
        self._draws.forget(frame, node)

    def reports(self) -> list[Report]:
        if self._failure is not None:
            raise self._failure
        for worker in self._roster.busy_for_long():
            self._slow_down(worker)
        reports, self._reports = self._reports, []
        return reports

    def seconds_left(self) -> float | None:
        return self._roster.seconds_left()

    def end_tasks(self, *, at_once: bool) -> None:
        self._is_ending = True
        self._give_up()
        busy: list[object] = [worker.number for worker in self._workers.values() if not worker.is_idle]
        self._agent.link.send(["end", busy, 0 if at_once else STOP_GRACE])

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
        self._wakes.close()
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
                self._bury_orphaned()
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
        for worker in self._workers.values():
            worker.is_gone = True
            self._roster.leave(worker)
            self._remove_wake(worker)
        self._orphaned += self._workers.values()
        self._workers.clear()
        self._failed_agents += 1
        if self._failed_agents > _MOST_FAILED_AGENTS:
            self._failure = self._failure or SequentError("agents end as soon as they are started", code="agent")
        if self._is_ending or self._failure is not None:
            self._bury_orphaned()
        else:
            self._begin_with(self._agent.start_again())

    def _bury_orphaned(self) -> None:
        """Say what became of the workers whose agent died."""
        orphaned, self._orphaned = self._orphaned, []
        for worker in orphaned:
            self._hear_out(worker)
            for order in worker.held:
                if isinstance(order, AttemptOrder):
                    self._reports.append(lost(order, "the agent of its worker is gone"))
            worker.close()
        self._draws.leave(orphaned)
        self._hand_over()

    # -- workers

    def _spawn(self, *, is_for_draws: bool) -> Worker:
        self._last_number += 1
        worker = self._workers[self._last_number] = Worker(self._last_number, is_for_draws)
        if not is_for_draws:
            self._roster.workers.append(worker)
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
        while (message := link.read()) is not None:
            self._hear_worker(worker, message)

    def _hear_worker(self, worker: Worker, message: Message) -> None:
        match message[0]:
            case Word.LOADED:
                worker.is_loaded = True
                worker.log_end = int(str(message[1]))
                self._failed_loads = 0
                self._rest(worker)
            case Word.UNLOADABLE:
                worker.is_loaded = True
                self._fail_waiting(read_problem(message[1]))
            case _:
                self._take(worker, read_report(message))

    def _rest(self, worker: Worker) -> None:
        """A worker has loaded the flow, and is idle."""
        if worker.is_gone:
            return
        if worker.is_for_draws:
            self._draws.hand_over(worker)
        else:
            self._roster.rest(worker)
            self._hand_over()

    def _take(self, worker: Worker, report: Report) -> None:
        self._reports.append(report)
        match report:
            case AttemptEnded():
                self._take_end(worker, report)
            case RepeatFound() | ItemFound() | DrawBroke():
                self._draws.answered(report)
                worker.held.clear()
                if not worker.is_gone:
                    self._draws.hand_over(worker)
            case _:
                pass

    def _take_end(self, worker: Worker, report: AttemptEnded) -> None:
        if report.log is not None:
            worker.log_end = report.log.offset + report.log.length
        is_to_go = self._roster.has_ended(worker)
        if is_to_go:
            self._let_go(worker)
        changed = self._paces.took(report.node, report.seconds)
        if changed is not None:
            self._reports.append(changed)
        if is_to_go or (self._roster.waiting and self._roster.has_idle):
            self._hand_over()

    def _slow_down(self, worker: Worker) -> None:
        """A worker has been busy for long with one attempt: what waits behind it goes elsewhere, and no more comes."""
        since = worker.since
        self._on_worker(worker)
        if worker.since != since or not worker.held:
            # It had said so: only nobody had listened.
            return
        worker.is_slow = True
        changed = self._paces.took(worker.held[0].node, LONG)
        if changed is not None:
            self._reports.append(changed)
        self._roster.recall_all()
        self._hand_over()

    def _hand_over(self) -> None:
        """Give what waits to who is idle, and have as many workers started as are missing."""
        roster = self._roster
        if self._wanted_back:
            self._reports += map(taken_back, roster.take_back(self._wanted_back))
            self._wanted_back.clear()
        roster.hand_over()
        if self._is_ending:
            self._give_up()
            return
        self._draws.place_homeless()
        if roster.waiting:
            for _ in range(roster.missing()):
                self._spawn(is_for_draws=False)
            self._reports += map(taken_back, roster.take_excess())

    def _give_up(self) -> None:
        """Nothing begins any more: tell of what still waits."""
        self._reports += never_begun(self._roster.take_all(), self._draws.take_all())

    # -- deaths

    def _bury(self, worker: Worker, code: int, *, has_timed_out: bool) -> None:
        """A worker has ended: what it had said counts, what it had not received goes to another."""
        self._hear_out(worker)
        if not worker.is_loaded:
            self._count_failed_load(code)
        for order in [*worker.held]:
            problem = problem_of_death(code, was_ended=self._is_ending)
            if isinstance(order, AttemptOrder):
                if has_timed_out and order.timeout is not None:
                    problem = problem_of_timeout(order.timeout)
                log = output_of(self._setup.directory, worker.segment, worker.log_end)
                self._reports.append(ended_by_death(order, problem, log))
            else:
                self._take(worker, DrawBroke(order.frame, order.node, problem))
        self._let_go(worker)
        self._draws.leave([worker])
        self._hand_over()

    def _hear_out(self, worker: Worker) -> None:
        """Take what a worker had still said before it ended, and what it had not read: the rest had begun."""
        worker.is_gone = True
        self._roster.leave(worker)
        while worker.link is not None and (message := worker.link.read()) is not None:
            self._hear_worker(worker, message)
        if worker.is_for_draws:
            self._draws.recall(worker)
        else:
            self._roster.recall(worker)

    def _count_failed_load(self, code: int) -> None:
        self._failed_loads += 1
        if self._failed_loads >= _MOST_FAILED_LOADS and not self._is_ending:
            self._fail_waiting(problem_of_loading(code))

    def _fail_waiting(self, problem: Problem) -> None:
        """No worker can load the flow: all that waits for one fails."""
        self._failed_loads = 0
        for order in self._roster.take_waiting():
            self._reports.append(ended_by_death(order, problem, None))
        for draw in self._draws.take_all():
            self._reports.append(DrawBroke(draw.frame, draw.node, problem))

    def _let_go(self, worker: Worker) -> None:
        self._workers.pop(worker.number, None)
        self._roster.leave(worker)
        self._remove_wake(worker)
        worker.close()

    def _remove_wake(self, worker: Worker) -> None:
        if worker.link is not None:
            self._wakes.remove(worker.link.end)

    @property
    def _wakes(self) -> Wakes:
        if self._opened is None:
            raise AssertionError("the executor has not been opened")
        return self._opened

    def _give(self, worker: Worker, order: AttemptOrder | DrawOrder, packets: list[bytes]) -> None:
        worker.give(order, packets)
        self._wakes.watch_room(worker)

    def _send(self, worker: Worker, message: Message) -> None:
        if worker.link is not None:
            worker.link.send(message)
            self._wakes.watch_room(worker)
