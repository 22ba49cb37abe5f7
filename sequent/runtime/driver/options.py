"""Reads the options of steps and containers whose values are known only while the flow runs."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from sequent.errors import SequentError
from sequent.model.durations import read_delay, read_seconds
from sequent.model.inputs import Input
from sequent.model.outcome import Problem
from sequent.model.plan import ContainerPlan, NodePlan
from sequent.model.references import dotted
from sequent.model.scope import Scope
from sequent.model.wire import decode
from sequent.model.wording import repr_of
from sequent.runtime.driver.values import Values

T = TypeVar("T")


class BadOptionError(Exception):
    """An option has a value that it cannot have: whoever has the option fails."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Options:
    """Finds the value of an option, as seen from an iteration, and checks what could not be checked before."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def delay(self, scope: Scope, node: NodePlan) -> float | datetime:
        """How long to wait, in seconds, or until when; 0 where there is no delay.

        Raises:
            BadOptionError: the value is no such thing.
        """
        if node.delay is None:
            return 0.0
        value = self._value(scope, node, "delay", node.delay)
        try:
            return read_delay(value)
        except ValueError as error:
            raise _bad(node, "delay", str(error)) from None

    def timeout(self, scope: Scope, node: NodePlan, source: Input) -> float:
        """How many seconds an attempt may take.

        Raises:
            BadOptionError: the value is not a duration, or none.
        """
        value = self._value(scope, node, "timeout", source)
        try:
            seconds = read_seconds(value)
        except ValueError as error:
            raise _bad(node, "timeout", str(error)) from None
        if not seconds:
            raise _bad(node, "timeout", f"{value!r} leaves no time to do anything")
        return seconds

    def parallel(self, scope: Scope, container: ContainerPlan) -> int | None:
        """How many iterations may be under way, where that is a value known only now; 0: no limit.

        Raises:
            BadOptionError: the value is no such number.
        """
        if container.parallel_from is None:
            return None
        value = self._value(scope, container, "parallel", container.parallel_from)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise _bad(
                container, "parallel", f"{repr_of(value)} is no number of iterations: give 1, 2, ... or 0: no limit"
            )
        return value

    def _value(self, scope: Scope, node: NodePlan, option: str, source: Input) -> object:
        try:
            return decode(self._values.text_of(scope, source))
        except SequentError as error:
            raise _bad(node, option, error.message) from None


def _bad(node: NodePlan, option: str, message: str) -> BadOptionError:
    file, line = node.place or ("", 0)
    return BadOptionError(
        Problem(type="BadOption", message=f"'{option}' of '{dotted(node.path)}': {message}", file=file, line=line)
    )
