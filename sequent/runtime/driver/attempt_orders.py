"""The orders by which attempts are handed to executors."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define

from sequent.errors import NotDataError, ShortageError
from sequent.model.effects import StartTask
from sequent.model.inputs import Input, LiteralInput, PartInput, PreviousInput, ResultInput, ResultOrInput
from sequent.model.option_table import OPTIONS
from sequent.model.outcome import Problem
from sequent.model.plan import Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import Scope, depth_of_host, host_in, sequence_text
from sequent.runtime.backoff import FULL_PATIENCE, WRITABLE, Patience
from sequent.runtime.disk_room import NO_ROOM
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.executor_choice import ExecutorChoice
from sequent.runtime.driver.option_values import BadOptionError, OptionValues
from sequent.runtime.driver.values import ToFile, Values
from sequent.runtime.messages.spools import Spool, Spools
from sequent.runtime.orders import NO_SETTINGS, AttemptKey, AttemptOrder, Spooled
from sequent.runtime.rows import Intent


@define(eq=False)
class _Unwritten:
    """An order that waits until the files that it names are written."""

    start: StartTask
    order: AttemptOrder
    files: deque[Spool]

    @property
    def key(self) -> AttemptKey:
        """The attempt."""
        return self.order.frame, self.order.node, self.order.attempt


class AttemptOrders:
    """Makes orders, and gives them to the executors.

    A value that is too large for an order is written to a file before the order is let out, a slice in each turn of the
    driver.
    """

    def __init__(
        self, plan: Plan, adapters: Adapters, values: Values, options: OptionValues, executors: ExecutorChoice
    ) -> None:
        self._plan = plan
        self._executors = executors
        self._values = values
        self._options = options
        self._observer = adapters.observer
        self._recovery = adapters.run.record.recovery
        self._makers: dict[int, tuple[str, ...]] = {}
        self._spools = Spools(adapters.run.directory)
        self._patience = Patience(adapters.clock.monotonic)
        self._unwritten: deque[_Unwritten] = deque()

    # -- orders -------------------------------------------------------------------------------

    def start(self, start: StartTask, step: StepPlan, intent: Intent) -> None:
        """Execute an attempt, once the files that its order names are written.

        Raises:
            BadOptionError, NotDataError, OSError: no order can be made.
        """
        files: deque[Spool] = deque()
        key = (start.scope.id, start.node, start.attempt)

        def to_file(pieces: Iterator[str]) -> Spooled:
            files.append(self._spools.add(key, pieces))
            return Spooled(os.fsencode(files[-1].path))

        try:
            order = self._order(start, step, intent, to_file)
        except (BadOptionError, NotDataError, OSError):
            self._spools.remove(key)
            raise
        if files:
            self._unwritten.append(_Unwritten(start, order, files))
        else:
            self._executors.of(step.construct, order.host).start(order)

    def _order(self, start: StartTask, step: StepPlan, intent: Intent, to_file: ToFile) -> AttemptOrder:
        scope, values = start.scope, self._values
        return AttemptOrder(
            frame=scope.id,
            node=start.node,
            attempt=start.attempt,
            token=intent.token.hex(),
            path=dotted(step.path),
            sequence=sequence_text(scope.sequence),
            recovery=self._recovery,
            host=host_in(scope.sequence) or step.host,
            host_depth=depth_of_host(scope.sequence),
            inputs=tuple(values.given(scope, value, to_file) for value in step.inputs) if step.inputs else (),
            makers=self._makers_of(step) if step.inputs else (),
            attributes=values.attributes(scope, step.attributes, to_file) if step.attributes else (),
            item=values.item_of(scope),
            settings=self._settings(scope, step) if step.values else NO_SETTINGS,
            announces=step.announces,
            wants_verdict=step.is_until,
        )

    def _settings(self, scope: Scope, step: StepPlan) -> Mapping[str, Any]:
        acts = (option for option in step.values if OPTIONS[option].needs_process)
        return {option: self._options.value(scope, step, option) for option in acts}

    def _makers_of(self, step: StepPlan) -> tuple[str, ...]:
        """Return, for each of a step's inputs, the path of the step that made it; '' for items and parameters."""
        makers = self._makers.get(step.index)
        if makers is None:
            makers = self._makers[step.index] = makers_of(step)
        return makers

    def take_back(self, key: AttemptKey, host: str) -> bool:
        """Take an attempt back, if it has not begun; return whether no executor had it."""
        for waiting in self._unwritten:
            if key == waiting.key:
                self._unwritten.remove(waiting)
                self._spools.remove(key)
                return True
        self._executors.of(self._plan.step(key[1]).construct, host).take_back(*key)
        return False

    # -- files --------------------------------------------------------------------------------

    @property
    def writes_in(self) -> float | None:
        """The seconds until more is to be written of files that orders wait for; None: there are none."""
        return self._patience.retry_after if self._unwritten else None

    def write(self) -> tuple[StartTask, Problem] | None:
        """Write a slice of the files that orders wait for; let an order out once its last file is written.

        Returns:
            The attempt whose files cannot be written, and why; None if there is none.

        Raises:
            ShortageError: there has been no room for too long.
        """
        if not self._unwritten:
            return None
        waiting = self._unwritten[0]
        step = self._plan.step(waiting.start.node)
        try:
            is_whole = waiting.files[0].write_slice()
            self._tell(self._patience.renew(WRITABLE))
            if not is_whole:
                return None
        except (NotDataError, OSError) as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                self._wait_for_room(waiting, error)
                return None
            self._unwritten.popleft()
            self._spools.remove(waiting.key)
            return waiting.start, problem_of(error, step)
        waiting.files.popleft()
        if not waiting.files:
            self._unwritten.popleft()
            self._executors.of(step.construct, waiting.order.host).start(waiting.order)
        return None

    def _wait_for_room(self, waiting: _Unwritten, error: OSError) -> None:
        message = f"the input of '{waiting.order.path}' cannot be written to a file: {error.strerror}"
        if not self._patience.try_again(FULL_PATIENCE):
            raise ShortageError(message, hint="free some space; the run can then be recovered") from error
        self._tell(self._patience.notice(message))

    def _tell(self, text: str) -> None:
        if text:
            self._observer.note(text)

    def forget(self, key: AttemptKey) -> None:
        """Remove the files of an attempt that has ended."""
        if self._spools.has_files:
            self._spools.remove(key)

    def abandon(self) -> list[AttemptKey]:
        """Hand over none of the orders that wait; return their attempts."""
        abandoned = list(self._unwritten)
        self._unwritten.clear()
        for waiting in abandoned:
            self._spools.remove(waiting.key)
        return [waiting.key for waiting in abandoned]


def problem_of(error: NotDataError | OSError, step: StepPlan) -> Problem:
    """Return why the values of a step's references cannot be handed to it."""
    file, line = step.place or ("", 0)
    message = f"its input cannot be written to a file: {error}" if isinstance(error, OSError) else str(error)
    return Problem(type=type(error).__name__, message=message, file=file, line=line)


def makers_of(step: StepPlan) -> tuple[str, ...]:
    """Return, for each of a step's inputs, the path of the step that made it; '' for items and parameters."""
    return tuple(map(_maker_of, step.inputs))


def _maker_of(value: Input) -> str:
    """Return the path of the step whose annotation names the classes in a value; '' if it is not a single step."""
    match value:
        case ResultInput() | ResultOrInput() | PreviousInput(start=LiteralInput()):
            return dotted(value.maker)
        case PartInput():
            return _maker_of(value.whole)
        case _:
            return ""
