"""Turns what executors report into facts for the engine, and into rows of the batch to be written."""

from __future__ import annotations

from sequent.model.effects import FailTask, SettleTask, StartTask
from sequent.model.facts import (
    Fact,
    TaskBegan,
    TaskFailed,
    TaskLost,
    TaskSucceeded,
)
from sequent.model.outcome import Problem
from sequent.model.plan import Plan, ResultInput, StepPlan
from sequent.model.references import dotted
from sequent.model.status import Status
from sequent.runtime.orders import AttemptBegan, AttemptEnded, AttemptLost, AttemptReport
from sequent.runtime.ports import Clock, Observer
from sequent.runtime.rows import Batch, Ending, task_key
from sequent.runtime.values import Values


class Intake:
    """Takes in reports: each becomes at most one fact, and the row that must be written before it has effect."""

    def __init__(
        self,
        plan: Plan,
        active: dict[tuple[int, int], StartTask],
        values: Values,
        observer: Observer,
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._active = active
        self._values = values
        self._observer = observer
        self._clock = clock
        self._lost: dict[tuple[int, int], tuple[int, str]] = {}
        self._makers: dict[int, tuple[str, ...]] = {}

    def facts_of(self, report: AttemptReport, batch: Batch) -> list[Fact]:
        """The facts that a report tells; what must be written of it goes into the batch."""
        match report:
            case AttemptEnded():
                return self._ended(report, batch)
            case AttemptLost():
                return self._gone(report, batch)
            case AttemptBegan():
                return [TaskBegan(report.frame, report.node, report.attempt)]

    def _ended(self, report: AttemptEnded, batch: Batch) -> list[Fact]:
        start = self._active.pop((report.frame, report.node), None)
        if start is None or start.attempt != report.attempt:
            return []
        status = Status.SUCCESS if report.problem is None else Status.FAILURE
        self._write(start, batch, status, report)
        if status is Status.SUCCESS:
            return [TaskSucceeded(report.frame, report.node, report.attempt, report.verdict)]
        return [TaskFailed(report.frame, report.node, report.attempt)]

    def _write(self, start: StartTask, batch: Batch, status: Status, report: AttemptEnded) -> None:
        key = task_key(self._plan, start.scope, start.node)
        batch.endings.append(
            Ending(
                key,
                start.attempt,
                status,
                self._clock.now(),
                report.result,
                report.verdict,
                report.problem,
                report.log,
            )
        )
        if key.iteration:
            self._values.drop_item(key.frame, start.scope.node, start.scope.number)
        self._observer.task_settled(start.scope, start.node, start.attempt, status, report.problem, report.log)

    def end_empty(self, start: StartTask, batch: Batch) -> list[Fact]:
        """A step with nothing to do has succeeded."""
        return self._ended(AttemptEnded(start.scope.id, start.node, start.attempt, "null"), batch)

    def _gone(self, report: AttemptLost, batch: Batch) -> list[Fact]:
        start = self._active.pop((report.frame, report.node), None)
        if start is None:
            return []
        key = task_key(self._plan, start.scope, start.node)
        batch.endings.append(Ending(key, start.attempt, Status.WAITING, self._clock.now()))
        self._lost[report.frame, report.node] = (start.attempt, report.reason)
        self._observer.note(f"'{dotted(self._plan.nodes[report.node].path)}' was lost: {report.reason}")
        return [TaskLost(report.frame, report.node, report.attempt)]

    def settle(self, effect: SettleTask) -> None:
        """A task settled without an attempt of its own."""
        self._observer.task_settled(effect.scope, effect.node, 0, effect.status, None, None)

    def fail(self, effect: FailTask, batch: Batch) -> None:
        """An attempt whose end is in this very batch, since it was reported in this turn, is a failure instead."""
        _, reason = self._lost.get((effect.scope.id, effect.node), (0, ""))
        message = f"{effect.reason}: {reason}" if reason else effect.reason
        problem = Problem(type="Lost" if reason else "PoolError", message=message)
        key = task_key(self._plan, effect.scope, effect.node)
        batch.endings = [row for row in batch.endings if (row.key, row.attempt) != (key, effect.attempt)]
        batch.endings.append(Ending(key, effect.attempt, Status.FAILURE, self._clock.now(), problem=problem))
        self._observer.task_settled(effect.scope, effect.node, effect.attempt, Status.FAILURE, problem, None)

    def makers_of(self, step: StepPlan) -> tuple[str, ...]:
        """For each of a step's inputs, the path of the step that made it; empty for items and parameters."""
        makers = self._makers.get(step.index)
        if makers is None:
            makers = tuple(dotted(value.maker) if isinstance(value, ResultInput) else "" for value in step.inputs)
            self._makers[step.index] = makers
        return makers
