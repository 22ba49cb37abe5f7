"""Turns what executors report into facts for the engine, and into rows of the batch to be written."""

from __future__ import annotations

from typing import NamedTuple

from sequent.engine import Scheduler
from sequent.model.effects import FailTask, SettleTask, StartTask
from sequent.model.facts import (
    Fact,
    StepPaced,
    TaskBegan,
    TaskFailed,
    TaskLost,
    TaskSucceeded,
    TaskTakenBack,
)
from sequent.model.inputs import Input, LiteralInput, PartInput, PreviousInput, ResultInput, ResultOrInput
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import Scope
from sequent.model.status import Status
from sequent.runtime.clock import Clock
from sequent.runtime.driver.options import BadOptionError
from sequent.runtime.driver.unrun import UnrunTasks
from sequent.runtime.driver.values import Values
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptKey,
    AttemptLost,
    AttemptReport,
    AttemptTakenBack,
    PaceChanged,
)
from sequent.runtime.ports import Observer
from sequent.runtime.rows import Batch, Beginning, ContainerProblem, Ending, FrameKey, TaskKey, task_key
from sequent.runtime.verdicts import answers_of, may_retry

Underway = tuple[StartTask, TaskKey]
"""An attempt that was ordered, and where its row is."""


class _Told(NamedTuple):
    """What the observer is to be told once it is written."""

    scope: Scope
    node: int
    attempt: int
    status: Status
    problem: Problem | None
    log: LogSpan | None


class Intake:
    """Takes in reports: each becomes at most one fact, and the row that must be written before it has effect."""

    def __init__(
        self,
        plan: Plan,
        active: dict[AttemptKey, Underway],
        values: Values,
        observer: Observer,
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._active = active
        self._values = values
        self._observer = observer
        self._clock = clock
        self._lost: dict[tuple[int, int], str] = {}
        """Why attempts were lost that nobody was told of yet, by their tasks."""
        self._unfit: dict[tuple[int, int], Problem] = {}
        """Why an attempt that has not started cannot do well."""
        self.unrun = UnrunTasks(plan, clock)
        self._makers: dict[int, tuple[str, ...]] = {}
        self._told: list[_Told] = []
        self._failed: set[tuple[int, int]] = set()
        """Tasks of which a failed attempt is among these."""
        self._waits: dict[tuple[int, int], float] = {}
        """The seconds before tasks are tried again whose attempts have failed."""

    def facts_of(self, report: AttemptReport | PaceChanged, batch: Batch) -> list[Fact]:
        """The facts that a report tells; what must be written of it goes into the batch."""
        match report:
            case AttemptEnded():
                return self._ended(report, batch)
            case AttemptLost():
                return self._gone(report, batch)
            case AttemptTakenBack():
                return self._taken_back(report, batch)
            case AttemptBegan():
                return self._began(report, batch)
            case PaceChanged():
                return [StepPaced(report.node, report.is_quick)]

    def _began(self, report: AttemptBegan, batch: Batch) -> list[Fact]:
        found = self._active.get((report.frame, report.node, report.attempt))
        if found is None:
            return []
        batch.beginnings.append(Beginning(found[1], report.attempt, self._clock.now()))
        return [TaskBegan(report.frame, report.node, report.attempt)]

    def _ended(self, report: AttemptEnded, batch: Batch, *, is_unfit: bool = False) -> list[Fact]:
        found = self._active.pop((report.frame, report.node, report.attempt), None)
        if found is None:
            return []
        step = self._plan.step(report.node)
        self._write(*found, batch, report)
        if report.problem is None:
            answers = answers_of(step, report.result) if step.asked else ()
            return [TaskSucceeded(report.frame, report.node, report.attempt, report.verdict, answers)]
        retries = not is_unfit and may_retry(step, report.problem)
        return [TaskFailed(report.frame, report.node, report.attempt, retries)]

    def _write(self, start: StartTask, key: TaskKey, batch: Batch, report: AttemptEnded) -> None:
        status = Status.SUCCESS
        if report.problem is not None:
            status = Status.FAILURE
            self._failed.add((report.frame, report.node))
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
        self._told.append(_Told(start.scope, start.node, start.attempt, status, report.problem, report.log))

    def end_empty(self, start: StartTask, batch: Batch) -> list[Fact]:
        """A step with nothing to do has succeeded."""
        return self._ended(AttemptEnded(start.scope.id, start.node, start.attempt, "null"), batch)

    def spoil(self, frame: int, node: int, problem: Problem) -> None:
        """Have the next attempt of a task end with this, without being executed."""
        self._unfit[frame, node] = problem

    def check(self, start: StartTask) -> None:
        """See that nothing is known against an attempt.

        Raises:
            BadOptionError: something is.
        """
        problem = self._unfit.pop((start.scope.id, start.node), None) if self._unfit else None
        if problem is not None:
            raise BadOptionError(problem)

    def refuse(self, start: StartTask, problem: Problem, batch: Batch) -> list[Fact]:
        """An attempt has failed before it was executed, and so would any other."""
        ended = AttemptEnded(start.scope.id, start.node, start.attempt, problem=problem)
        return self._ended(ended, batch, is_unfit=True)

    def _gone(self, report: AttemptLost, batch: Batch) -> list[Fact]:
        found = self._active.pop((report.frame, report.node, report.attempt), None)
        if found is None:
            return []
        start, key = found
        batch.endings.append(Ending(key, start.attempt, Status.WAITING, self._clock.now()))
        self._lost[report.frame, report.node] = report.reason
        self._told.append(_Told(start.scope, start.node, start.attempt, Status.WAITING, None, None))
        self._observer.note(f"'{dotted(self._plan.nodes[report.node].path)}' was lost: {report.reason}")
        return [TaskLost(report.frame, report.node, report.attempt)]

    def _taken_back(self, report: AttemptTakenBack, batch: Batch) -> list[Fact]:
        """It is as if it had not been ordered: its row goes, and its number is free."""
        found = self._active.pop((report.frame, report.node, report.attempt), None)
        if found is None:
            return []
        start, key = found
        batch.taken_back.append((key, start.attempt))
        self._told.append(_Told(start.scope, start.node, start.attempt, Status.WAITING, None, None))
        return [TaskTakenBack(report.frame, report.node, report.attempt)]

    # -- what the engine says of them ---------------------------------------------------------

    def settle(self, effect: SettleTask) -> None:
        """A task settled without an attempt of its own; a failure was told of where its attempt ended just now."""
        if effect.status is Status.FAILURE and (effect.scope.id, effect.node) in self._failed:
            return
        self.unrun.add(effect.node, effect.status)
        self._told.append(_Told(effect.scope, effect.node, 0, effect.status, None, None))

    def fail(self, effect: FailTask, batch: Batch) -> None:
        """An attempt, or a container, is a failure after all, as only the engine can tell."""
        lost = self._lost.get((effect.scope.id, effect.node), "")
        problem = Problem(
            type="Lost" if lost else "PoolError", message=f"{effect.reason}: {lost}" if lost else effect.reason
        )
        node = self._plan.nodes[effect.node]
        if isinstance(node, StepPlan):
            self._fail_attempt(effect, problem, batch)
            return
        batch.container_problems.append(ContainerProblem(effect.scope.id, effect.node, problem))
        if node.repeats is None:
            # Its only iteration was closed as what it was before that was known.
            batch.closed_frames.append((FrameKey(effect.scope.id, effect.node, 1), Status.FAILURE))
        self._observer.draw_failed(effect.node, problem)

    def _fail_attempt(self, effect: FailTask, problem: Problem, batch: Batch) -> None:
        key = task_key(self._plan, effect.scope, effect.node)
        # Its end is in this very batch, since it was reported in this turn: the failure takes its place.
        before = next(row for row in reversed(batch.endings) if (row.key, row.attempt) == (key, effect.attempt))
        batch.endings.remove(before)
        now = self._clock.now()
        batch.endings.append(
            Ending(key, effect.attempt, Status.FAILURE, now, problem=problem, log=before.log, result=None)
        )
        told = _Told(effect.scope, effect.node, effect.attempt, Status.FAILURE, problem, before.log)
        self._told = [other for other in self._told if other[:3] != told[:3]]
        self._told.append(told)

    def will_wait(self, frame: int, node: int, seconds: float) -> None:
        """A task whose attempt has failed waits so long before it is tried again."""
        self._waits[frame, node] = seconds

    def tell(self, scheduler: Scheduler) -> None:
        """Tell the observer what has ended, now that it is written."""
        told, self._told = self._told, []
        for ended in told:
            scope, node, attempt, status, problem, log = ended
            if problem is not None and attempt and not scheduler.has_settled(scope.id, node):
                wait = self._waits.pop((scope.id, node), 0.0)
                self._observer.attempt_failed(scope, node, attempt, problem, log, wait)
            else:
                self._observer.task_settled(scope, node, attempt, status, problem, log)
                if status is not Status.WAITING and self._plan.container(scope.node).wraps:
                    self._values.drop_item(scope)
        self._waits.clear()
        self._lost.clear()
        self._failed.clear()

    def makers_of(self, step: StepPlan) -> tuple[str, ...]:
        """For each of a step's inputs, the path of the step that made it; empty for items and parameters."""
        makers = self._makers.get(step.index)
        if makers is None:
            makers = tuple(map(_maker_of, step.inputs))
            self._makers[step.index] = makers
        return makers


def _maker_of(value: Input) -> str:
    """The path of the step whose annotation tells the classes in a value; empty where that is none alone."""
    match value:
        case ResultInput() | ResultOrInput() | PreviousInput(start=LiteralInput()):
            return dotted(value.maker)
        case PartInput():
            return _maker_of(value.whole)
        case _:
            return ""
