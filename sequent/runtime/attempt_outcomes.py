"""What the engine is told of how an attempt ended, beside whether it did well."""

from __future__ import annotations

from sequent.model.outcome import Problem
from sequent.model.plan import StepPlan

_NOT_FOUND = ("NotFound", 127)
"""The type and the exit code of the problem of a program that is not there."""


def answers_of(step: StepPlan, result: str | None) -> tuple[int, ...]:
    """Which of what is asked of a step's result it is, by wire text."""
    return tuple(index for index, texts in enumerate(step.asked) if result in texts)


def may_retry(step: StepPlan, problem: Problem) -> bool:
    """Whether a failure is one after which the step is to be tried again, if it has retries left.

    What it is to be tried again on are classes of exceptions, of which a subclass is one too, and exit codes;
    where it names none, it is any failure. A program that is not found will not be found by trying again.
    """
    if (problem.type, problem.exit_code) == _NOT_FOUND:
        return False
    if not step.retry_on:
        return True
    return problem.exit_code in step.retry_on or any(name in step.retry_on for name in problem.types)
