"""Reads the options of steps and containers whose values are known only while the flow runs."""

from __future__ import annotations

from typing import Any

from sequent.errors import DefinitionError, Place, SequentError
from sequent.model.options import OPTIONS
from sequent.model.outcome import Problem
from sequent.model.plan import NodePlan
from sequent.model.references import dotted
from sequent.model.scope import Scope
from sequent.model.wire import decode
from sequent.runtime.driver.values import Values


class BadOptionError(Exception):
    """An option has a value that it cannot have; its step or container fails."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class OptionValues:
    """Finds the value of an option, as seen from an iteration, and checks it like one that an author writes."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def value(self, scope: Scope, node: NodePlan, option: str) -> Any:
        """Return the value of an option of the node; None if it has none.

        Raises:
            BadOptionError: the option cannot have this value.
        """
        source, read = node.values.get(option), OPTIONS[option].read
        if source is None or read is None:
            return None
        name = f"'{option}' of '{dotted(node.path)}'"
        place = node.place or Place("", 0)
        try:
            return read(decode(self._values.text_of(scope, source)), name, place)
        except DefinitionError as error:
            message = f"{error.message}; {error.hint}"
        except SequentError as error:
            message = f"{name}: {error.message}"
        raise BadOptionError(Problem(type="BadOption", message=message, file=place.file, line=place.line))
