"""Notes on the requests of people to a run that is to be recovered: these count before anything starts."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sequent.model.commands import typed
from sequent.model.interventions import InterventionKind, InterventionRecord, held_places


def people_notes(run: str, interventions: Collection[InterventionRecord]) -> Iterator[str]:
    """Yield a sentence for each place that is held, and for each outcome and answer that no driver has taken yet."""
    for place, each in held_places(interventions).items():
        yield f"{place!r} is held by {each.request.who}: nothing starts there until {typed('release', run, place)}"
    answered = set[str]()
    for each in interventions:
        request = each.request
        if each.decision is None and request.kind is InterventionKind.MARK:
            yield f"{request.place!r} is marked by {request.who}, and counts as a {request.outcome}"
        elif each.decision is None and request.kind is InterventionKind.APPROVE:
            answer = "rejected" if request.is_no else "approved"
            unless = ", unless an earlier answer does" if request.place in answered else ""
            answered.add(request.place)
            yield f"{request.place!r} is {answer} by {request.who}, which counts once it is asked again{unless}"
