"""Hands attempts that were written down over to whoever executes them."""

from __future__ import annotations

from selectors import BaseSelector

from sequent.model.effects import StartTask
from sequent.model.facts import Fact
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import sequence_text
from sequent.model.status import Construct
from sequent.runtime.intake import Intake
from sequent.runtime.options import BadOptionError, Options
from sequent.runtime.orders import AttemptOrder, Report
from sequent.runtime.ports import Executor, Observer
from sequent.runtime.rows import Batch, Intent
from sequent.runtime.values import Values


class Dispatch:
    """Makes orders, and gives them to the executors.

    An attempt of which it is known already that it cannot do well is handed to nobody: it ends at once.
    """

    def __init__(
        self,
        plan: Plan,
        executors: dict[Construct, Executor],
        values: Values,
        options: Options,
        intake: Intake,
        observer: Observer,
        recovery: int,
    ) -> None:
        self._plan = plan
        self._executors = executors
        self._values = values
        self._options = options
        self._intake = intake
        self._observer = observer
        self._recovery = recovery

    def open(self, selector: BaseSelector) -> None:
        """Have the executors wake whoever waits with the selector."""
        for executor in self._executors.values():
            executor.open(selector)

    def reports(self) -> list[Report]:
        """What they have to report."""
        return [report for executor in self._executors.values() for report in executor.reports()]

    def start(self, order: StartTask, intent: Intent, batch: Batch) -> list[Fact]:
        """Have an attempt executed, or say at once how it has ended."""
        step = self._plan.nodes[order.node]
        if not isinstance(step, StepPlan):
            raise AssertionError(f"{step.path} is not a step")
        self._observer.task_started(order.scope, order.node, order.attempt)
        try:
            self._intake.check(order)
            if step.is_empty:
                return self._intake.end_empty(order, batch)
            self._executors[step.construct].start(self._order(order, step, intent))
        except BadOptionError as error:
            return self._intake.refuse(order, error.problem, batch)
        return []

    def _order(self, order: StartTask, step: StepPlan, intent: Intent) -> AttemptOrder:
        scope, values = order.scope, self._values
        return AttemptOrder(
            frame=scope.id,
            node=order.node,
            attempt=order.attempt,
            token=intent.token.hex(),
            path=dotted(step.path),
            sequence=sequence_text(scope.sequence),
            recovery=self._recovery,
            inputs=tuple(values.text_of(scope, value) for value in step.inputs) if step.inputs else (),
            makers=self._intake.makers_of(step) if step.inputs else (),
            attributes=values.attributes(scope, step.attributes) if step.attributes else (),
            item=values.item_of(scope),
            timeout=None if step.timeout is None else self._options.timeout(scope, step, step.timeout),
            announces=step.announces,
            wants_verdict=step.is_until,
        )

    def end_tasks(self, at_once: bool) -> None:
        """End all that is being executed."""
        self._observer.note("killing what still runs" if at_once else "ending what still runs")
        for executor in self._executors.values():
            executor.end_tasks(at_once=at_once)
