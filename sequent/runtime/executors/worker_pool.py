"""The workers of a run: their orders, their messages, and their ends."""

from __future__ import annotations

import functools
from collections.abc import Callable

from sequent.model.outcome import Problem
from sequent.runtime.agent.worker_endings import GRACE
from sequent.runtime.executors import worker_deaths
from sequent.runtime.executors.assignments import Assignments
from sequent.runtime.executors.flow_loading import FlowLoading
from sequent.runtime.executors.handing_ahead import LONG, StepPace, busy_for_long, seconds_left
from sequent.runtime.executors.item_workers import ItemWorkers
from sequent.runtime.executors.worker_links import WorkerLink
from sequent.runtime.executors.worker_messages import hear
from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages.message_types import EndWorkers, FlowLoaded, FlowUnloadable, SpawnWorker, WorkerReport
from sequent.runtime.orders import AttemptEnded, AttemptOrder, DrawBroke, DrawnReport, DrawOrder, Report


class WorkerPool:
    """All workers, from the order to start them until they have been reported dead.

    A worker is started when none is idle, and stays. A worker that dies takes only the attempt with it that it had
    begun.

    Args:
        directory: the run's own.
        ring: wakes the driver, which then calls ``hand_over``.
        most_workers: the number of workers that execute attempts at once.
        most_attempts: the number of attempts that each worker executes before another replaces it.
        ask: sends a message to the agent.
    """

    def __init__(
        self,
        directory: str,
        ring: Callable[[], None],
        *,
        most_workers: int,
        most_attempts: int,
        ask: Callable[[SpawnWorker | EndWorkers], None],
    ) -> None:
        self._directory = directory
        self._ring = ring
        self._ask = ask
        self._workers: dict[int, Worker] = {}
        self._orphaned: list[Worker] = []
        """Workers whose agent died; the fate of their attempts is sure only once nothing of the old tree is left."""
        self._pace = StepPace()
        self._assignments = Assignments(most_workers=most_workers, most_attempts=most_attempts, pace=self._pace)
        self.draws = ItemWorkers(lambda: self.spawn(is_for_draws=True))
        self._wanted_back: set[tuple[int, int, int]] = set()
        self._reports: list[Report] = []
        self._last_number = 0
        self._is_ending = False
        self._may_start = True
        """Whether the machine has room for further workers."""
        self.loading = FlowLoading()

    # -- orders

    def start(self, order: AttemptOrder) -> None:
        """Execute an attempt, once a worker is idle."""
        self._assignments.waiting.append(order)
        if self._assignments.has_idle:
            self.hand_over()
        else:
            # Hand over once for all attempts that follow.
            self._ring()

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Take an attempt back, if it has not begun."""
        self._wanted_back.add((frame, node, attempt))
        # Once for all that follow, so that each worker's end is emptied once.
        self._ring()

    def reports(self) -> list[Report]:
        """Return the reports since the last call."""
        for worker in busy_for_long(self._assignments.workers):
            self._slow_down(worker)
        reports, self._reports = self._reports, []
        return reports

    def seconds_left(self) -> float | None:
        """Return the seconds until reports must be taken again at the latest."""
        return seconds_left(self._assignments.workers)

    def end(self) -> list[int]:
        """Begin no more orders; return the numbers of the workers that are busy."""
        self._is_ending = True
        self._give_up()
        return [worker.number for worker in self._workers.values() if not worker.is_idle]

    def end_attempt(self, frame: int, node: int, attempt: int) -> None:
        """End one attempt: take it back, or end its worker."""
        self.take_back(frame, node, attempt)
        self.hand_over()
        if (worker := self._assignments.executing((frame, node, attempt))) is not None:
            self._ask(EndWorkers((worker.number,), GRACE))

    def renew(self) -> None:
        """Execute the next attempts in workers that load the flow anew."""
        self.loading.begin()
        self._assignments.recall_all()
        for worker in [*self._workers.values()]:
            if worker.held:
                self._assignments.spend(worker)
            else:
                self._let_go(worker)
        self.spawn()
        self.hand_over()

    def close(self) -> None:
        """Let all workers go: each ends once it has nothing to do."""
        self._is_ending = True
        for worker in [*self._workers.values(), *self._orphaned]:
            self._let_go(worker)

    # -- workers

    def spawn(self, *, is_for_draws: bool = False) -> Worker:
        """Start a worker, which first loads the flow."""
        self._last_number += 1
        worker = self._workers[self._last_number] = Worker(self._last_number, is_for_draws)
        if not is_for_draws:
            self._assignments.workers.append(worker)
        self._ask(SpawnWorker(worker.number))
        return worker

    def unmeet(self, number: int) -> None:
        """Note that there is no room for a worker (0: for any); start no more until ``try_again``."""
        self._may_start = False
        missing = [worker for worker in self._workers.values() if worker.link is None and number in (0, worker.number)]
        self.draws.leave([*map(self._let_go, missing)])

    def try_again(self) -> None:
        """Ask again for the workers that are missing."""
        self._may_start = True
        self.hand_over()

    @property
    def has_workers(self) -> bool:
        """Whether any worker has been started and has not ended."""
        return any(worker.is_loaded for worker in self._workers.values())

    def meet(self, number: int, segment: str, link: WorkerLink) -> None:
        """Note that a worker has been started, which writes to that segment."""
        worker = self._workers.get(number)
        if worker is None or worker.link is not None:
            # The worker ends, since its other end is closed.
            link.close()
            return
        worker.link, worker.segment = link, segment
        link.listen(functools.partial(self._on_worker, worker))

    def _on_worker(self, worker: Worker) -> None:
        for told in hear(worker):
            self._take_in(worker, told)
            if worker.is_idle:
                # It has sent all its reports.
                return
        if worker.harm and not worker.is_gone:
            # Its order is over only once it has ended.
            self._leave_alone(worker)
            self._ask(EndWorkers((worker.number,), 0))

    def _take_in(self, worker: Worker, told: WorkerReport | FlowLoaded | FlowUnloadable) -> None:
        match told:
            case AttemptEnded():
                self._reports.append(told)
                self._take_end(worker, told)
            case FlowLoaded(log_end):
                worker.is_loaded, worker.log_end = True, log_end
                self.loading.succeed()
                if not worker.is_gone:
                    self._rest(worker)
            case FlowUnloadable(problem):
                worker.is_loaded = True
                self._fail_waiting(problem)
            case _:
                self._take(worker, told)

    def _rest(self, worker: Worker) -> None:
        """Give orders to a worker that has loaded the flow."""
        if worker.is_for_draws:
            self.draws.hand_over(worker)
        else:
            self._assignments.rest(worker)
            self.hand_over()

    def _take(self, worker: Worker, report: Report) -> None:
        self._reports.append(report)
        if isinstance(report, DrawnReport):
            self.draws.answered(report)
            worker.held.clear()
            if not worker.is_gone:
                self.draws.hand_over(worker)

    def _take_end(self, worker: Worker, report: AttemptEnded) -> None:
        if report.log is not None:
            worker.log_end = report.log.offset + report.log.length
        is_to_go = self._assignments.has_ended(worker)
        if is_to_go:
            self._let_go(worker)
        changed = self._pace.took(report.node, report.seconds)
        if changed is not None:
            self._reports.append(changed)
        if is_to_go or (self._assignments.waiting and self._assignments.has_idle):
            self.hand_over()

    def _slow_down(self, worker: Worker) -> None:
        """Take the waiting orders of a worker that has been busy with one attempt for long, and give it no more."""
        since = worker.since
        self._on_worker(worker)
        if worker.since != since or not worker.held:
            # Its report had arrived, but was not read yet.
            return
        worker.is_slow = True
        changed = self._pace.took(worker.held[0].node, LONG)
        if changed is not None:
            self._reports.append(changed)
        self._assignments.recall_all()
        self.hand_over()

    def hand_over(self) -> None:
        """Give waiting orders to idle workers, and start as many workers as are missing."""
        assignments = self._assignments
        if self._wanted_back:
            self._reports += map(worker_deaths.taken_back, assignments.take_back(self._wanted_back))
            self._wanted_back.clear()
        if self._is_ending:
            # Also an order that was written meanwhile, and could go to an idle worker.
            self._give_up()
            return
        assignments.hand_over()
        if not self._may_start:
            return
        self.draws.place_homeless()
        if assignments.waiting:
            for _ in range(assignments.missing()):
                self.spawn(is_for_draws=False)
            self._reports += map(worker_deaths.taken_back, assignments.take_excess())

    def _give_up(self) -> None:
        """Report all orders that still wait: none begins any more."""
        self._reports += worker_deaths.never_begun([*self._assignments.take_all(), *self.draws.take_all()])

    # -- deaths

    def bury(self, number: int, code: int, cause: str) -> None:
        """Note that a worker has ended by itself, or that the agent has ended it for some cause.

        Its reports count, and orders that it had not read go to another worker.
        """
        worker = self._workers.get(number)
        if worker is None:
            return
        self._hear_out(worker)
        problem = worker_deaths.problem_of(worker, code, cause, was_ended=self._is_ending)
        if not worker.is_loaded and not self._is_ending and (failed := self.loading.die(problem)) is not None:
            self._fail_waiting(failed)
        for report in worker_deaths.of_begun(worker, problem, self._directory):
            if isinstance(report, DrawBroke):
                self.draws.answered(report)
            self._reports.append(report)
        worker.held.clear()
        self.draws.leave([self._let_go(worker)])
        self.hand_over()

    def _hear_out(self, worker: Worker) -> None:
        """Read the last reports of a worker that has ended, and take its unread orders; all others had begun."""
        worker.is_gone = True
        self._assignments.leave(worker)
        for told in hear(worker):
            self._take_in(worker, told)
        if worker.is_for_draws:
            self.draws.recall(worker)
        else:
            self._assignments.recall(worker)

    def _fail_waiting(self, problem: Problem) -> None:
        """Fail all orders that wait for a worker, since none can load the flow."""
        self.loading.fail(problem)
        orders: list[AttemptOrder | DrawOrder] = [*self._assignments.take_waiting(), *self.draws.take_all()]
        self._reports += [worker_deaths.failed(order, problem) for order in orders]

    def _let_go(self, worker: Worker) -> Worker:
        self._workers.pop(worker.number, None)
        self._leave_alone(worker)
        if worker.link is not None:
            worker.link.close()
        return worker

    def _leave_alone(self, worker: Worker) -> None:
        """Give a worker no more orders, and read no more of its messages until it has ended."""
        worker.is_gone = True
        self._assignments.leave(worker)
        if worker.link is not None:
            worker.link.stop_listening()

    def orphan(self) -> None:
        """Give no more orders to the workers of an agent that has died."""
        for worker in self._workers.values():
            self._leave_alone(worker)
        self._orphaned += self._workers.values()
        self._workers.clear()

    def bury_orphaned(self) -> None:
        """Report the fate of the workers whose agent died."""
        orphaned, self._orphaned = self._orphaned, []
        for worker in orphaned:
            self._hear_out(worker)
            held = (order for order in worker.held if isinstance(order, AttemptOrder))
            self._reports += [worker_deaths.lost(order, "the agent of its worker is gone") for order in held]
            if worker.link is not None:
                worker.link.close()
        self.draws.leave(orphaned)
        self.hand_over()
