"""Collects the mistakes in a call or in a class body, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any, TypeVar

from sequent.dsl.source_lines import body_of
from sequent.errors import DefinitionError, InvalidFlowError

T = TypeVar("T")
KEPT = "__sequent_mistakes__"
"""The name in a class body under which mistakes are kept until it closes."""


class Mistakes:
    """The mistakes found so far."""

    def __init__(self, found: Iterable[DefinitionError] = ()) -> None:
        self.found = list(found)
        self.flow: object = None
        """The builder's flow whose step has the first of them."""

    def told(self, read: Callable[[], T], otherwise: T) -> T:
        """Return the value of a call; if it raises a mistake, keep the mistake and return another value."""
        try:
            return read()
        except DefinitionError as error:
            self.add(error)
            return otherwise

    def add(self, error: DefinitionError) -> None:
        """Keep a mistake, or all mistakes of an error."""
        for problem in problems_of(error):
            # A line that is executed again makes the same mistake again.
            if all((problem.place, problem.message) != (other.place, other.message) for other in self.found):
                self.found.append(problem)

    def settle(self, frame: FrameType, flow: object = None) -> None:
        """Leave the mistakes to the class body that a frame executes, which reports them when it closes.

        Args:
            frame: the author's frame.
            flow: the flow or container that was made in spite of them.

        Raises:
            DefinitionError: there are mistakes, and it executes no class body.
        """
        if not self.found:
            return
        body = body_of(frame)
        if body is None:
            self.raise_if_any(flow)
        else:
            kept_in(body).found += self.found

    def raise_if_any(self, flow: object = None) -> None:
        """Raise all of them as one error.

        Raises:
            DefinitionError: there are mistakes.
        """
        if self.found:
            error = self.found[0] if len(self.found) == 1 else InvalidFlowError(in_order(self.found))
            error.flow = flow
            raise error


_deferred: ContextVar[Mistakes | None] = ContextVar("sequent_deferred", default=None)


@contextmanager
def deferring() -> Generator[Mistakes]:
    """Keep the mistakes of calls until the module that is loaded to find a flow is complete."""
    kept = Mistakes()
    token = _deferred.set(kept)
    try:
        yield kept
    finally:
        _deferred.reset(token)


def defer(mistakes: Mistakes, flow: object) -> bool:
    """Leave the mistakes of a call for a flow to the loader of its module; return False if there is none."""
    kept = _deferred.get()
    if kept is None:
        return False
    kept.flow = kept.flow or flow
    for problem in mistakes.found:
        kept.add(problem)
    return True


def kept_in(body: dict[str, Any]) -> Mistakes:
    """Return the mistakes of a class body that is being executed."""
    kept: Mistakes = body.setdefault(KEPT, Mistakes())
    return kept


def problems_of(error: DefinitionError) -> tuple[DefinitionError, ...]:
    """Return the single mistakes of an error."""
    return error.problems if isinstance(error, InvalidFlowError) else (error,)


def in_order(problems: Iterable[DefinitionError]) -> tuple[DefinitionError, ...]:
    """Return mistakes in the order of their lines; those without a line come last."""
    return tuple(sorted(problems, key=lambda problem: (problem.place is None, problem.place or ("", 0))))
