"""Reads the options of steps and containers whose values are known only while the flow runs."""

from __future__ import annotations

from typing import Any

from sequent.errors import DefinitionError, Place, SequentError
from sequent.model.option_table import OPTIONS
from sequent.model.outcome import Problem
from sequent.model.plan import NodePlan
from sequent.model.references import dotted
from sequent.model.scope import Scope
from sequent.model.value_text import decode
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
        source = node.values.get(option)
        if source is None or OPTIONS[option].read is None:
            return None
        try:
            text = self._values.text_of(scope, source)
        except SequentError as error:
            raise _bad_option(node, f"{_name_of(node, option)}: {error.message}") from error
        return read_option(node, option, text)


def read_option(node: NodePlan, option: str, text: str) -> Any:
    """Return the value of an option of the node, from its wire text.

    Raises:
        BadOptionError: the option cannot have this value.
    """
    read = OPTIONS[option].read
    if read is None:
        raise AssertionError(f"{option} is never read while running")
    name = _name_of(node, option)
    try:
        return read(decode(text), name, node.place or Place("", 0))
    except DefinitionError as error:
        message = error.advice
    except SequentError as error:
        message = f"{name}: {error.message}"
    raise _bad_option(node, message)


def _name_of(node: NodePlan, option: str) -> str:
    return f"'{option}' of '{dotted(node.path)}'"


def _bad_option(node: NodePlan, message: str) -> BadOptionError:
    file, line = node.place or ("", 0)
    return BadOptionError(Problem(type="BadOption", message=message, file=file, line=line))
