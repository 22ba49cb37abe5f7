"""Writes a forecast as JSON."""

from __future__ import annotations

import json

from sequent.cli.output.json_output import Document, moment
from sequent.cli.output.view_document import band_document, critical_path_document
from sequent.forecast.forecasting import Forecast


def forecast_document(made: Forecast) -> Document:
    """Return a forecast."""
    return {
        "flow": made.flow,
        "start": moment(made.start),
        "end": moment(made.start + made.seconds.median),
        "params": {name: json.loads(text) for name, text in made.params.items()},
        "params_of": made.params_of,
        "runs": [*made.runs],
        "failed": made.failed,
        "seconds": band_document(made.seconds),
        "offset": round(made.offset, 6),
        "unchanged": None if made.unchanged is None else band_document(made.unchanged),
        "difference": round(made.difference, 6),
        "middle_run": made.middle_run,
        "critical_path": critical_path_document(made.critical_path),
        "held_up": [
            {
                "kind": held.limit.kind.value,
                "name": held.limit.name or None,
                "amount": held.limit.amount,
                "seconds": round(held.seconds, 6),
                "alone": round(held.alone, 6),
            }
            for held in made.held_up
        ],
        "without_limits": round(made.without_limits, 6),
        "without_history": [*made.without_history],
    }
