"""A scenario in which tasks take as long, end and return as in an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import NotDataError, UsageError
from sequent.model.outcome import Problem
from sequent.model.plan import Plan
from sequent.model.references import Path
from sequent.model.scope import Sequence, read_sequence
from sequent.model.status import Status, Verdict
from sequent.runtime.worker.inputs import Catalogue
from sequent.testing.addresses import Addresses
from sequent.testing.executor import decided_by_results
from sequent.testing.scenario import Result, Scenario, ScenarioOptions
from sequent.testing.task import Task
from sequent.view.earlier_tasks import EarlierTasks, UsualDurations

ReadResult = Callable[[Path, Sequence], str | None]
"""Returns the stored result of a task, by its path and sequence."""
_LOST_REASON = Problem(type="Unknown", message="no reason was recorded")


@frozen(kw_only=True, eq=False, repr=False)
class Precedent(ByFields):
    """An earlier run to follow, and the others for tasks that it does not have."""

    run: EarlierTasks
    usual: UsualDurations
    """The durations in this run."""
    usual_elsewhere: UsualDurations
    """The durations in all runs."""
    results: tuple[ReadResult, ...]
    """The results of this run, then those of the others."""


class EarlierScenario(Scenario):
    """Follows an earlier run.

    A task that the run does not have takes as long as one of the others of its step there, else in other runs, else as
    the median step; it succeeds. Results are read only where they decide the course of the flow.
    """

    def __init__(
        self, options: ScenarioOptions, plan: Plan, addresses: Addresses, catalogue: Catalogue, precedent: Precedent
    ) -> None:
        super().__init__(options, plan, addresses, catalogue)
        self._past = precedent
        self._readers = catalogue
        self._decisive = decided_by_results(plan)

    def problem_of(self, task: Task) -> Problem | None:
        attempt = self._past.run.attempt(task.key, task.attempt)
        if attempt is None or attempt.status is not Status.FAILURE:
            return None
        return attempt.problem or _LOST_REASON

    def seconds_of(self, task: Task) -> float:
        attempt = self._past.run.attempt(task.key, task.attempt)
        if attempt is not None and attempt.ended is not None:
            seconds = max(attempt.ended - attempt.started, 0.0)
            if attempt.status is Status.FAILURE:
                return seconds
        else:
            seconds = self._usual(task)
        return _within_timeout(seconds, task)

    def _usual(self, task: Task) -> float:
        key = f"{task.key}/{task.attempt}"
        for usual in (self._past.usual, self._past.usual_elsewhere):
            seconds = usual.drawn(task.order.located, task.path, key)
            if seconds is not None:
                return seconds
        return self._past.usual_elsewhere.of_any_step

    def result_of(self, task: Task) -> Result | None:
        if task.path not in self._decisive:
            return None
        text = self._stored_result(task)
        if text is None:
            raise UsageError(
                f"the result of {task.path!r} decides {self._decisive[task.path]}, and no earlier run has one",
                code="unknown-result",
                hint="run the flow once with success, so that its store has one",
                path=task.path,
            )
        return Result(text, self._verdict(text, task))

    def _verdict(self, text: str, task: Task) -> Verdict:
        if not task.order.wants_verdict:
            return Verdict.UNKNOWN
        try:
            return Verdict.TRUTHY if self._readers.read(text, task.path) else Verdict.FALSY
        except NotDataError:
            # The class of the result has changed since.
            return Verdict.TRUTHY

    def _stored_result(self, task: Task) -> str | None:
        """Return the result of the same task, else of the last one of its step, in this run or another."""
        path = tuple(task.path.split("."))
        order = task.order
        last = self._past.run.last_success(task.path)
        places = [read_sequence(order.sequence, order.host, order.host_depth)]
        places += [] if last is None else [read_sequence(last.sequence, last.host, last.host_depth)]
        found = (read(path, place) for read in self._past.results for place in places)
        return next((text for text in found if text is not None), None)

    def has_result(self, path: str) -> bool:
        return True

    def items_of(self, path: str) -> str | BaseException | None:
        """Return as many items as there were iterations; the values of the items decide nothing."""
        return f"[{','.join(['null'] * self._past.run.iterations(path))}]"


class DrawnScenario(EarlierScenario):
    """A scenario of an author whose gaps an earlier run fills.

    Durations are drawn from all successes of the step in earlier runs, by the seed. Attempts fail only as the author
    says.
    """

    def problem_of(self, task: Task) -> Problem | None:
        return Scenario.problem_of(self, task)

    def seconds_of(self, task: Task) -> float:
        if self.has_duration(task):
            return Scenario.seconds_of(self, task)
        usual, key = self._past.usual_elsewhere, f"{self._seed}/{task.key}/{task.attempt}"
        seconds = usual.drawn(task.order.located, task.path, key)
        return _within_timeout(usual.of_any_step if seconds is None else seconds, task)

    def result_of(self, task: Task) -> Result | None:
        said = Scenario.result_of(self, task)
        return super().result_of(task) if said is None else said

    def items_of(self, path: str) -> str | BaseException | None:
        said = Scenario.items_of(self, path)
        return super().items_of(path) if said is None else said


def _within_timeout(seconds: float, task: Task) -> float:
    """Return how long a success takes: it was in time, though a worker measures a little less."""
    timeout = task.order.settings.get("timeout")
    return seconds if timeout is None else min(seconds, timeout)


MakeScenario: TypeAlias = Callable[[ScenarioOptions, Plan, Addresses, Catalogue], Scenario]


def following(precedent: Precedent) -> MakeScenario:
    """Return the function that makes the scenario which follows an earlier run."""
    return partial(_made, EarlierScenario, precedent)


def drawing_from(precedent: Precedent) -> MakeScenario:
    """Return the function that makes the scenario whose durations are drawn from earlier runs."""
    return partial(_made, DrawnScenario, precedent)


def _made(
    kind: type[EarlierScenario],
    precedent: Precedent,
    options: ScenarioOptions,
    plan: Plan,
    addresses: Addresses,
    catalogue: Catalogue,
) -> Scenario:
    return kind(options, plan, addresses, catalogue, precedent)
