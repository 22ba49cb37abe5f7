"""Explains the steps and containers of a run in which nothing has begun."""

from __future__ import annotations

from collections.abc import Container, Iterator

from sequent.errors import UsageError
from sequent.pictures.picture import Box
from sequent.view.run_facts import RunFacts
from sequent.view.typed_places import read_place
from sequent.view.why import Explanations, Why

MOST = 30
"""The most places that are explained."""


def unbegun_reasons(facts: RunFacts, flow: Box, begun: Container[str], now: float) -> tuple[Why, ...]:
    """Return why each of them has not begun, the outermost only: a container speaks for its contents.

    Args:
        facts: the run.
        flow: its flow.
        begun: the steps that have begun.
        now: the present moment.
    """
    if not facts.is_described:
        return ()
    explanations = Explanations(facts, now)
    found: list[Why] = []
    for box in _outermost(flow, begun):
        if len(found) == MOST:
            break
        try:
            place = read_place(facts, box.path)
        except UsageError:
            # It is in a container that repeats: each iteration may have a reason of its own.
            continue
        found.append(explanations.why(tuple(box.path.split(".")), place.sequence))
    return tuple(found)


def _outermost(box: Box, begun: Container[str]) -> Iterator[Box]:
    for inner in box.boxes:
        if not any(part.path in begun for part in inner.walk()):
            yield inner
        elif inner.boxes:
            yield from _outermost(inner, begun)
