"""The outcome of an attempt for the engine, besides success or failure."""

from __future__ import annotations

from sequent.model.outcome import Problem
from sequent.model.plan import StepPlan

_NOT_FOUND = ("NotFound", 127)
"""The type and the exit code of the problem of a missing program."""


def answers_of(step: StepPlan, result: str | None) -> tuple[int, ...]:
    """Return the claims about a step's result that are true, by its wire text."""
    return tuple(index for index, texts in enumerate(step.asked) if result in texts)


def may_retry(retry_on: tuple[str | int, ...], problem: Problem) -> bool:
    """Return whether a step with this ``retry_on`` is to be tried again after a failure, if it has retries left.

    It names classes of exceptions, whose subclasses count too, and exit codes; if it names none, any failure counts. A
    program that is not found will not be found by trying again.
    """
    if (problem.type, problem.exit_code) == _NOT_FOUND:
        return False
    if not retry_on:
        return True
    return problem.exit_code in retry_on or any(name in retry_on for name in problem.types)
