"""The people who look at a run now and then, and answer its open questions: some of them twice, or too late."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.interventions import Intervention, InterventionKind
from sequent.model.status import RunStatus
from sequent.runtime.records import Pending, RunRecord
from tests.simulation.steering import Steering
from tests.simulation.store import SimulatedStore
from tests.simulation.workload import Workload
from tests.simulation.world import World

_BETWEEN = (0.5, 15.0)
"""The least and the most seconds between two looks."""


class Answers:
    """Everybody who answers questions.

    Args:
        world: the world.
        workload: the flow of the run, and the answers.
        run_id: the run.
        store: its store.
        steering: checks that each answer counts once.
    """

    def __init__(
        self, world: World, workload: Workload, run_id: str, store: SimulatedStore, steering: Steering
    ) -> None:
        self._world = world
        self._workload = workload
        self._run_id = run_id
        self._store = store
        self._steering = steering

    def begin(self) -> None:
        """Look again and again, until the run has succeeded."""
        if self._workload.questions:
            self._world.after(self._world.random.uniform(*_BETWEEN), self._look)

    def _look(self) -> None:
        record = self._store.record(self._run_id)
        if record is not None and record.status is RunStatus.SUCCESS:
            return
        for question in [] if record is None else [*self._open(record)]:
            if record is not None and self._world.random.random() < 0.6:
                self._answer(record, question)
        self.begin()

    def _open(self, record: RunRecord) -> Iterator[Pending]:
        waiting = self._store.pending(record)
        return (each for each in waiting if each.attempt and each.path in self._workload.questions)

    def _answer(self, record: RunRecord, question: Pending) -> None:
        """Answer once; now and then somebody else answers at the same time, and may say the contrary."""
        world = self._world
        task = (question.located, question.sequence)
        fails = self._workload.fails(task, question.attempt, are_over=world.rates.are_over)
        answers = [not fails]
        if world.random.random() < 0.3:
            answers.append(not fails if world.rates.are_over or self._workload.never_fails else fails)
        for is_yes in answers:
            request = Intervention(
                kind=InterventionKind.APPROVE,
                user="ada",
                host="desk",
                place="/".join(task),
                outcome="success" if is_yes else "failure",
                result=self._workload.result_of(task) if is_yes else "",
                attempt=question.attempt,
                epoch=record.epoch,
            )
            world.trace.count(f"{request.kind} by a person")
            world.tell("people", f"answer {request.place} attempt {question.attempt}: {'yes' if is_yes else 'no'}")
            self._steering.expect(self._store, record, request)
            self._store.intervene(record, request)
