"""Hands attempts that were written down over to whoever executes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from selectors import BaseSelector
from typing import Any

from attrs import define

from sequent.errors import NotDataError, ShortageError, StoreFullError
from sequent.model.effects import StartTask, TakeBack
from sequent.model.facts import Fact
from sequent.model.options import OPTIONS
from sequent.model.outcome import Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import Scope, sequence_text
from sequent.runtime.agent.room import NO_ROOM
from sequent.runtime.driver.intake import Intake
from sequent.runtime.driver.options import BadOptionError, Options
from sequent.runtime.driver.patience import Patience
from sequent.runtime.driver.surroundings import Surroundings
from sequent.runtime.driver.values import Keep, Values
from sequent.runtime.orders import (
    NO_SETTINGS,
    AttemptEnded,
    AttemptKey,
    AttemptLost,
    AttemptOrder,
    AttemptTakenBack,
    Report,
    Spooled,
)
from sequent.runtime.rows import Batch, Intent
from sequent.runtime.spools import Spool, Spools


@define(eq=False)
class _Unwritten:
    """An order that waits until the files are written that it names."""

    start: StartTask
    order: AttemptOrder
    files: deque[Spool]

    @property
    def key(self) -> AttemptKey:
        """Which attempt it is."""
        return self.order.frame, self.order.node, self.order.attempt


class Dispatch:
    """Makes orders, and gives them to the executors.

    An attempt of which it is known already that it cannot do well is handed to nobody: it ends at once. What is
    too large for an order is written to a file before it is let out, a slice in each turn of the driver.
    """

    def __init__(
        self,
        plan: Plan,
        values: Values,
        options: Options,
        intake: Intake,
        around: Surroundings,
    ) -> None:
        self._plan = plan
        self._executors = around.executors
        self._values = values
        self._options = options
        self._intake = intake
        self._observer = around.observer
        self._recovery = around.run.record.recovery
        self._spools = Spools(around.run.directory)
        self._patience = Patience(around.clock)
        self._unwritten: deque[_Unwritten] = deque()
        self._abandoned: list[Report] = []

    def open(self, selector: BaseSelector) -> None:
        """Have the executors wake whoever waits with the selector."""
        for executor in self._executors.values():
            executor.open(selector)

    def reports(self) -> list[Report]:
        """What they have to report."""
        reports = [report for executor in self._executors.values() for report in executor.reports()]
        if self._abandoned:
            reports += self._abandoned
            self._abandoned.clear()
        if self._spools.has_files:
            for report in reports:
                if isinstance(report, AttemptEnded | AttemptLost | AttemptTakenBack):
                    self._spools.remove((report.frame, report.node, report.attempt))
        return reports

    def left(self) -> float | None:
        """The seconds until somebody must ask for reports again; None: once there are some."""
        found = [left for executor in self._executors.values() if (left := executor.seconds_left()) is not None]
        return min(found, default=None)

    def take_back(self, order: TakeBack, batch: Batch) -> list[Fact]:
        """Have an attempt taken back, if it has not begun; what nobody was given yet is taken back at once."""
        key = (order.scope.id, order.node, order.attempt)
        for waiting in self._unwritten:
            if key == waiting.key:
                self._unwritten.remove(waiting)
                self._drop(key, waiting.files)
                return self._intake.facts_of(AttemptTakenBack(*key), batch)
        self._executors[self._plan.step(order.node).construct].take_back(*key)
        return []

    def start(self, order: StartTask, intent: Intent, batch: Batch) -> list[Fact]:
        """Have an attempt executed, or say at once how it has ended."""
        step = self._plan.step(order.node)
        self._observer.task_started(order.scope, order.node, order.attempt)
        try:
            self._intake.check(order)
            if step.is_empty:
                return self._intake.end_empty(order, batch)
            self._hand_over(order, step, intent)
        except BadOptionError as error:
            return self._intake.refuse(order, error.problem, batch)
        except (NotDataError, OSError) as error:
            return self._intake.refuse(order, _problem_of(error, step), batch)
        return []

    @property
    def writes_in(self) -> float | None:
        """In how many seconds some more is to be written of files that orders wait for; None: nothing is."""
        return self._patience.retry_after if self._unwritten else None

    def write(self, batch: Batch) -> list[Fact]:
        """Write some more of what orders wait for, and let out the first whose files are all there.

        Raises:
            ShortageError: there has been no room for too long.
        """
        if not self._unwritten:
            return []
        waiting = self._unwritten[0]
        step = self._plan.step(waiting.start.node)
        try:
            is_whole = waiting.files[0].write_slice()
            self._tell(self._patience.renew())
            if not is_whole:
                return []
        except (NotDataError, OSError) as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                self._wait_for_room(waiting, error)
                return []
            self._unwritten.popleft()
            self._drop(waiting.key, waiting.files)
            return self._intake.refuse(waiting.start, _problem_of(error, step), batch)
        waiting.files.popleft().close()
        if not waiting.files:
            self._unwritten.popleft()
            self._executors[step.construct].start(waiting.order)
        return []

    def _wait_for_room(self, waiting: _Unwritten, error: OSError) -> None:
        full = StoreFullError(f"the input of '{waiting.order.path}' cannot be written to a file: {error.strerror}")
        if not self._patience.lasts(full):
            raise ShortageError(full.message, hint="free some space; the run can then be recovered") from error
        self._tell(self._patience.notice(full))

    def _tell(self, text: str) -> None:
        if text:
            self._observer.note(text)

    def _hand_over(self, start: StartTask, step: StepPlan, intent: Intent) -> None:
        files: deque[Spool] = deque()
        key = (start.scope.id, start.node, start.attempt)

        def keep(pieces: Iterator[str]) -> Spooled:
            files.append(self._spools.add(key, pieces))
            return Spooled(files[-1].path)

        try:
            order = self._order(start, step, intent, keep)
        except (BadOptionError, NotDataError, OSError):
            self._drop(key, files)
            raise
        if files:
            self._unwritten.append(_Unwritten(start, order, files))
        else:
            self._executors[step.construct].start(order)

    def _drop(self, key: AttemptKey, files: Iterable[Spool]) -> None:
        """Give up the files of an attempt."""
        for file in files:
            file.close()
        self._spools.remove(key)

    def _order(self, order: StartTask, step: StepPlan, intent: Intent, keep: Keep) -> AttemptOrder:
        scope, values = order.scope, self._values
        return AttemptOrder(
            frame=scope.id,
            node=order.node,
            attempt=order.attempt,
            token=intent.token.hex(),
            path=dotted(step.path),
            sequence=sequence_text(scope.sequence),
            recovery=self._recovery,
            inputs=tuple(values.given(scope, value, keep) for value in step.inputs) if step.inputs else (),
            makers=self._intake.makers_of(step) if step.inputs else (),
            attributes=values.attributes(scope, step.attributes, keep) if step.attributes else (),
            item=values.item_of(scope),
            settings=self._settings(scope, step) if step.values else NO_SETTINGS,
            announces=step.announces,
            wants_verdict=step.is_until,
        )

    def _settings(self, scope: Scope, step: StepPlan) -> Mapping[str, Any]:
        acts = (option for option in step.values if OPTIONS[option].needs_process)
        return {option: self._options.value(scope, step, option) for option in acts}

    def end_tasks(self, at_once: bool) -> None:
        """End all that is being executed."""
        self._observer.note("killing what still runs" if at_once else "ending what still runs")
        while self._unwritten:
            waiting = self._unwritten.popleft()
            self._drop(waiting.key, waiting.files)
            self._abandoned.append(AttemptTakenBack(*waiting.key))
        for executor in self._executors.values():
            executor.end_tasks(at_once=at_once)


def _problem_of(error: NotDataError | OSError, step: StepPlan) -> Problem:
    """Why the values of a step's references cannot be handed to it."""
    file, line = step.place or ("", 0)
    message = f"its input cannot be written to a file: {error}" if isinstance(error, OSError) else str(error)
    return Problem(type=type(error).__name__, message=message, file=file, line=line)
