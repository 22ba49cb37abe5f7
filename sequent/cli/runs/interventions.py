"""Asks a run for something through its store, and prints its outcome."""

from __future__ import annotations

from typing import Any

from sequent.cli.arguments.options import GlobalOptions, opened_store
from sequent.cli.output.text import safe
from sequent.cli.runs.run_lookup import find_run
from sequent.model.interventions import InterventionKind
from sequent.runtime.intervention_requests import effect_of, request_intervention


def intervene(options: GlobalOptions, run: str, kind: InterventionKind, *, place: str = "", **further: Any) -> int:
    """Ask a run for something; print its outcome.

    Args:
        options: the options of the command.
        run: the run, as it was typed.
        kind: the kind of the intervention.
        place: the step, container, copy or iteration that is meant, as it was typed.
        further: the other fields of the intervention.

    Raises:
        UsageError: the run cannot be asked for that, or its driver refused it.
    """
    with opened_store(options) as store:
        record = find_run(store, kind.value, run, place or None)
        requested = request_intervention(store, record, kind, place=place, **further)
        if options.json:
            from sequent.cli.output import json_output

            document = json_output.intervention_document(requested.intervention)
            json_output.write({"run": record.id, "intervention": document})
        effect = effect_of(kind, place, is_no=further.get("outcome") == "failure")
        options.say(f"run {safe(record.id)}: {requested.consequence(effect)}")
    return 0
