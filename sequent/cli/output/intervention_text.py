"""Describes interventions: the request, its author, time and reason, and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sequent.cli.output.text import moment, safe
from sequent.model.interventions import AskedIntervention, InterventionKind


def intervention_lines(asked: Sequence[AskedIntervention]) -> Iterator[str]:
    """Yield a line for each intervention, and one for why it was refused."""
    for each in asked:
        request, decision = each.request, each.decision
        why = f": {safe(request.why)}" if request.why else ""
        state = "  (not taken yet)" if decision is None else ""
        outcome = ("no" if request.is_no else "yes") if request.kind is InterventionKind.APPROVE else request.outcome
        place = "".join(f" {safe(word)}" for word in (request.place, outcome) if word)
        yield f"  {moment(each.at)}  {request.kind.value}{place}  by {safe(request.who)}{why}{state}"
        if decision is not None and decision.refusal:
            yield f"    refused: {safe(decision.refusal)}"
