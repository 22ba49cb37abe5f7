"""Executes nothing: attempts end in simulated time, as the author's scenario says."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from selectors import BaseSelector

from sequent.errors import UsageError
from sequent.model.inputs import Input, ItemsCallPlan, PreviousInput, ResultInput, ResultOrInput, inputs_in
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.status import Verdict
from sequent.runtime.executors.worker_deaths import problem_of_death
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptLost,
    AttemptOrder,
    DrawBroke,
    DrawOrder,
    RepeatFound,
    Report,
)
from sequent.runtime.worker.problems import problem_of
from sequent.runtime.worker.repeat_iterators import RepeatIterators
from sequent.runtime.worker.timeout_report import problem_of_timeout
from sequent.testing.scenario import Result, Scenario
from sequent.testing.simulated_time import Agenda
from sequent.testing.task import Task

_NOTHING = Result("null", Verdict.FALSY)
"""The result of a step for which the scenario has none."""


class SimulatedExecutor:
    """Satisfies the port ``Executor`` in simulated time.

    An attempt occupies the same limits and pools as a real one for as long as it takes, and then ends. Only the
    callables of repeats are called, and only those for which the scenario has no items.
    """

    def __init__(
        self,
        plan: Plan,
        scenario: Scenario,
        agenda: Agenda,
        drawing: RepeatIterators,
        task_of: Callable[[AttemptOrder], Task],
    ) -> None:
        """Take the flow, the scenario, and the function that turns an order into a task for the author's callables."""
        self._plan = plan
        self._scenario = scenario
        self._agenda = agenda
        self._drawing = drawing
        self._task_of = task_of
        self._decisive = decided_by_results(plan)
        self._running: dict[tuple[int, int, int], int] = {}
        """The numbers of the agenda's entries that end attempts."""
        self._reports: list[Report] = []
        self.most_attempts = 0
        """How many attempts may still begin."""

    def open(self, selector: BaseSelector) -> None:
        """Connect the selector, which wakes the driver for events of the agenda."""

    def start(self, order: AttemptOrder) -> None:
        if not self.most_attempts:
            raise UsageError(
                f"the simulation does not end: '{order.path}/{order.sequence}' is one attempt too many",
                code="endless",
                hint="let an until= come true with results=, or allow more: most_attempts=...",
                path=order.path,
            )
        self.most_attempts -= 1
        task = self._task_of(order)
        problem, seconds = self._scenario.problem_of(task), self._scenario.seconds_of(task)
        timeout = order.settings.get("timeout")
        if timeout is not None and seconds > timeout:
            problem, seconds = problem_of_timeout(timeout), timeout
        key = (order.frame, order.node, order.attempt)

        def end() -> None:
            del self._running[key]
            if problem is not None:
                self._reports.append(AttemptEnded(*key, problem=problem, seconds=seconds))
                return
            result = self._scenario.result_of(task) or self._nothing(order.path)
            verdict = result.verdict if order.wants_verdict else Verdict.UNKNOWN
            self._reports.append(AttemptEnded(*key, result.text, verdict, seconds=seconds))

        if order.announces:
            self._tell_soon(AttemptBegan(*key))
        self._running[key] = self._agenda.after(seconds, end)

    def _nothing(self, path: str) -> Result:
        """Return the result of a step for which the scenario has none, if nothing depends on it."""
        if path in self._decisive:
            raise UsageError(
                f"the result of {path!r} decides {self._decisive[path]}, and is not known here",
                code="unknown-result",
                hint=f"give it: results={{{path!r}: ...}}",
                path=path,
            )
        return _NOTHING

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        """Do nothing: no attempt is handed over ahead, so an ordered attempt has begun."""

    def draw(self, order: DrawOrder) -> None:
        given = self._scenario.items_of(order.path)
        if isinstance(given, str):
            self._tell_soon(RepeatFound(order.frame, order.node, given))
        elif given is not None:
            self._tell_soon(DrawBroke(order.frame, order.node, problem_of(given)))
        else:
            self._tell_soon(self._drawn(order))

    def _drawn(self, order: DrawOrder) -> Report:
        """Call the author's callable at once, and return its items."""
        report = self._drawing.serve(order)
        if isinstance(report, DrawBroke):
            unknown = [maker for maker in self._makers(order.node) if not self._scenario.has_result(maker)]
            if unknown:
                raise UsageError(
                    f"the items of {order.path!r} cannot be computed: {report.problem.type}: {report.problem.message}",
                    code="unknown-items",
                    hint=f"give items={{{order.path!r}: [...]}}, or their source: results={{{unknown[0]!r}: ...}}",
                    path=order.path,
                )
        return report

    def _makers(self, node: int) -> list[str]:
        """Return the steps whose results the callable of a repeat may see."""
        container = self._plan.nodes[node]
        if not isinstance(container, ContainerPlan) or not isinstance(container.repeats, ItemsCallPlan):
            raise AssertionError(f"{dotted(container.path)} repeats over items that are known without a call")
        return [maker for _, value in container.repeats.attributes for maker in _makers_of(value)]

    def forget(self, frame: int, node: int) -> None:
        self._drawing.forget(frame, node)

    def reports(self) -> list[Report]:
        reports, self._reports = self._reports, []
        return reports

    def seconds_left(self) -> float | None:
        return None

    def end_tasks(self, *, at_once: bool) -> None:
        """End running attempts as failures, as workers do on a signal."""
        number = signal.SIGKILL if at_once else signal.SIGTERM
        for key, ending in self._running.items():
            self._agenda.cancel(ending)
            self._tell_soon(AttemptEnded(*key, problem=problem_of_death(-number, was_ended=True)))
        self._running.clear()

    def lose_all(self, reason: str) -> None:
        """Lose all running attempts: the machine that executes them restarts."""
        for key, ending in self._running.items():
            self._agenda.cancel(ending)
            self._reports.append(AttemptLost(*key, reason))
        self._running.clear()

    def close(self) -> None:
        for ending in self._running.values():
            self._agenda.cancel(ending)
        self._running.clear()

    def _tell_soon(self, report: Report) -> None:
        """Send a report at this very moment, once the driver waits."""
        self._agenda.after(0.0, lambda: self._reports.append(report))


def decided_by_results(plan: Plan) -> dict[str, str]:
    """Return the decision, in words, that the result of each step determines, by the step's path."""
    found: dict[str, str] = {}
    for node in plan.nodes:
        name = dotted(node.path)
        for option, value in _options_of(node):
            for maker in _makers_of(value):
                found.setdefault(maker, f"the {option} of {name!r}")
        if isinstance(node, StepPlan) and node.is_until:
            found.setdefault(name, "whether its repeat goes on")
        elif isinstance(node, StepPlan) and node.asked:
            found.setdefault(name, "which branch is taken")
    return found


def _makers_of(value: Input) -> Iterator[str]:
    """Yield the paths of the steps from whose results a value is made."""
    for part in inputs_in(value):
        if isinstance(part, ResultInput | ResultOrInput | PreviousInput):
            yield dotted(part.maker)


def _options_of(node: StepPlan | ContainerPlan) -> Iterator[tuple[str, Input]]:
    yield from node.values.items()
    if isinstance(node, ContainerPlan) and isinstance(node.repeats, Input):
        yield "repeats", node.repeats
