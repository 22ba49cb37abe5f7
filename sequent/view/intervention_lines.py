"""Describes interventions: the request, its author, time and reason, and the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sequent.model.interventions import InterventionKind, InterventionRecord
from sequent.model.terminal import safe


def intervention_lines(asked: Sequence[InterventionRecord], moment: Callable[[float], str]) -> Iterator[str]:
    """Yield a line for each intervention, and one for why it was refused.

    Args:
        asked: the interventions.
        moment: returns a time, in seconds since 1970, for people.
    """
    for each in asked:
        request, decision = each.request, each.decision
        why = f": {safe(request.why)}" if request.why else ""
        state = "  (not taken yet)" if decision is None else ""
        outcome = ("no" if request.is_no else "yes") if request.kind is InterventionKind.APPROVE else request.outcome
        place = "".join(f" {safe(word)}" for word in (request.place, outcome) if word)
        yield f"  {moment(each.at)}  {request.kind.value}{place}  by {safe(request.who)}{why}{state}"
        if decision is not None and decision.refusal:
            yield f"    refused: {safe(decision.refusal)}"
