"""The workers of a run: what they are given, what they say, and what becomes of them."""

from __future__ import annotations

import functools
from collections.abc import Callable

from sequent.model.outcome import Problem
from sequent.runtime.executors import worker_deaths
from sequent.runtime.executors.assignments import LONG, Assignments
from sequent.runtime.executors.item_workers import ItemWorkers
from sequent.runtime.executors.step_pace import StepPace
from sequent.runtime.executors.worker_links import WorkerLink
from sequent.runtime.executors.worker_messages import hear
from sequent.runtime.executors.workers import Worker
from sequent.runtime.messages import EndWorkers, FlowLoaded, FlowUnloadable, SpawnWorker, WorkerReport
from sequent.runtime.orders import AttemptEnded, AttemptOrder, DrawBroke, DrawnReport, DrawOrder, Report

_MOST_FAILED_LOADS = 3


class WorkerPool:
    """All workers, from their order to be started until they have been reported dead.

    A worker is started when there is nobody idle, and stays. One that dies takes the attempt that it had begun
    with it, and nothing else.

    Args:
        directory: the run's own.
        ring: wakes the driver, which then calls ``hand_over``.
        most_workers: how many execute attempts at once.
        most_attempts: how many attempts each executes before another takes its place.
        ask: tells the agent something.
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
        """Workers whose agent died: what became of them is sure only once nothing of the old tree is left."""
        self._pace = StepPace()
        self._assignments = Assignments(most_workers=most_workers, most_attempts=most_attempts, pace=self._pace)
        self.draws = ItemWorkers(lambda: self.spawn(is_for_draws=True))
        self._wanted_back: set[tuple[int, int, int]] = set()
        self._reports: list[Report] = []
        self._last_number = 0
        self._failed_loads = 0
        self._is_ending = False
        self._may_start = True
        """Whether there is room for further workers."""

    # -- what is ordered

    def start(self, order: AttemptOrder) -> None:
        """Have an attempt executed."""
        self._assignments.waiting.append(order)
        if self._assignments.has_idle:
            self.hand_over()
        else:
            # With all that follow, once for all.
            self._ring()

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Take an attempt back, if it has not begun."""
        self._wanted_back.add((frame, node, attempt))
        # With all that follow, so that each worker's end is emptied once.
        self._ring()

    def reports(self) -> list[Report]:
        """What has been said since the last call."""
        for worker in self._assignments.busy_for_long():
            self._slow_down(worker)
        reports, self._reports = self._reports, []
        return reports

    def seconds_left(self) -> float | None:
        """How long it takes at most until somebody must ask for reports again."""
        return self._assignments.seconds_left()

    def end(self) -> list[int]:
        """Nothing begins any more; give the numbers of the workers that are busy."""
        self._is_ending = True
        self._give_up()
        return [worker.number for worker in self._workers.values() if not worker.is_idle]

    def close(self) -> None:
        """Let all go: each ends once it has nothing to do."""
        self._is_ending = True
        for worker in [*self._workers.values(), *self._orphaned]:
            self._let_go(worker)

    # -- workers

    def spawn(self, *, is_for_draws: bool = False) -> Worker:
        """Have a worker started, which first loads the flow."""
        self._last_number += 1
        worker = self._workers[self._last_number] = Worker(self._last_number, is_for_draws)
        if not is_for_draws:
            self._assignments.workers.append(worker)
        self._ask(SpawnWorker(worker.number))
        return worker

    def unmeet(self, number: int) -> None:
        """There is no room for a worker that was asked for (0: for none of them): none is, until it is tried again."""
        self._may_start = False
        missing = [worker for worker in self._workers.values() if worker.link is None and number in (0, worker.number)]
        self.draws.leave([*map(self._let_go, missing)])

    def try_again(self) -> None:
        """Ask again for the workers that are missing."""
        self._may_start = True
        self.hand_over()

    @property
    def has_workers(self) -> bool:
        """Whether any has been started that has not ended."""
        return any(worker.is_loaded for worker in self._workers.values())

    def meet(self, number: int, segment: str, link: WorkerLink) -> None:
        """A worker has been started, which writes to that segment."""
        worker = self._workers.get(number)
        if worker is None or worker.link is not None:
            # It ends, since nobody has the other end any more.
            link.close()
            return
        worker.link, worker.segment = link, segment
        link.listen(functools.partial(self._on_worker, worker))

    def _on_worker(self, worker: Worker) -> None:
        for told in hear(worker):
            self._take_in(worker, told)
            if worker.is_idle:
                # It has told all that it had to.
                return
        if worker.harm and not worker.is_gone:
            # What it executes is over only once it has ended.
            self._leave_alone(worker)
            self._ask(EndWorkers((worker.number,), 0))

    def _take_in(self, worker: Worker, told: WorkerReport | FlowLoaded | FlowUnloadable) -> None:
        match told:
            case AttemptEnded():
                self._reports.append(told)
                self._take_end(worker, told)
            case FlowLoaded(log_end):
                worker.is_loaded, worker.log_end, self._failed_loads = True, log_end, 0
                if not worker.is_gone:
                    self._rest(worker)
            case FlowUnloadable(problem):
                worker.is_loaded = True
                self._fail_waiting(problem)
            case _:
                self._take(worker, told)

    def _rest(self, worker: Worker) -> None:
        """A worker has loaded the flow, and is idle."""
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
        """A worker has been busy for long with one attempt: what waits behind it goes elsewhere, and no more comes."""
        since = worker.since
        self._on_worker(worker)
        if worker.since != since or not worker.held:
            # It had said so: only nobody had listened.
            return
        worker.is_slow = True
        changed = self._pace.took(worker.held[0].node, LONG)
        if changed is not None:
            self._reports.append(changed)
        self._assignments.recall_all()
        self.hand_over()

    def hand_over(self) -> None:
        """Give what waits to who is idle, and have as many workers started as are missing."""
        assignments = self._assignments
        if self._wanted_back:
            self._reports += map(worker_deaths.taken_back, assignments.take_back(self._wanted_back))
            self._wanted_back.clear()
        assignments.hand_over()
        if self._is_ending:
            self._give_up()
            return
        if not self._may_start:
            return
        self.draws.place_homeless()
        if assignments.waiting:
            for _ in range(assignments.missing()):
                self.spawn(is_for_draws=False)
            self._reports += map(worker_deaths.taken_back, assignments.take_excess())

    def _give_up(self) -> None:
        """Nothing begins any more: tell of what still waits."""
        self._reports += worker_deaths.never_begun([*self._assignments.take_all(), *self.draws.take_all()])

    # -- deaths

    def bury(self, number: int, code: int, cause: str) -> None:
        """A worker has ended, or the agent has ended it for some cause.

        What it had said counts, and what it had not read goes to another.
        """
        worker = self._workers.get(number)
        if worker is None:
            return
        self._hear_out(worker)
        problem = worker_deaths.problem_of(worker, code, cause, was_ended=self._is_ending)
        if not worker.is_loaded:
            self._count_failed_load(problem)
        for report in worker_deaths.of_begun(worker, problem, self._directory):
            if isinstance(report, DrawBroke):
                self.draws.answered(report)
            self._reports.append(report)
        worker.held.clear()
        self.draws.leave([self._let_go(worker)])
        self.hand_over()

    def _hear_out(self, worker: Worker) -> None:
        """Take what a worker had still said before it ended, and what it had not read: the rest had begun."""
        worker.is_gone = True
        self._assignments.leave(worker)
        for told in hear(worker):
            self._take_in(worker, told)
        if worker.is_for_draws:
            self.draws.recall(worker)
        else:
            self._assignments.recall(worker)

    def _count_failed_load(self, problem: Problem) -> None:
        self._failed_loads += 1
        if self._failed_loads >= _MOST_FAILED_LOADS and not self._is_ending:
            self._fail_waiting(worker_deaths.problem_of_loading(problem))

    def _fail_waiting(self, problem: Problem) -> None:
        """No worker can load the flow: all that waits for one fails."""
        self._failed_loads = 0
        orders: list[AttemptOrder | DrawOrder] = [*self._assignments.take_waiting(), *self.draws.take_all()]
        self._reports += [worker_deaths.failed(order, problem) for order in orders]

    def _let_go(self, worker: Worker) -> Worker:
        self._workers.pop(worker.number, None)
        self._leave_alone(worker)
        if worker.link is not None:
            worker.link.close()
        return worker

    def _leave_alone(self, worker: Worker) -> None:
        """Give a worker nothing more, and hear of it no more until it has ended."""
        worker.is_gone = True
        self._assignments.leave(worker)
        if worker.link is not None:
            worker.link.stop_listening()

    def orphan(self) -> None:
        """The agent has died: nothing is given to its workers any more."""
        for worker in self._workers.values():
            self._leave_alone(worker)
        self._orphaned += self._workers.values()
        self._workers.clear()

    def bury_orphaned(self) -> None:
        """Say what became of the workers whose agent died."""
        orphaned, self._orphaned = self._orphaned, []
        for worker in orphaned:
            self._hear_out(worker)
            held = (order for order in worker.held if isinstance(order, AttemptOrder))
            self._reports += [worker_deaths.lost(order, "the agent of its worker is gone") for order in held]
            if worker.link is not None:
                worker.link.close()
        self.draws.leave(orphaned)
        self.hand_over()
