"""Defines ``check``, which reports all mistakes of a flow without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import safe
from sequent.cli.runs.flow_lookup import compiled_flow
from sequent.dsl.parameters.parameter_options import written_otherwise
from sequent.model.plan import StepPlan

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import Target


def check(target: Target = None, /, *, options: GlobalOptions = DEFAULTS) -> int:
    """Report all mistakes of a flow at once; run nothing."""
    definition, plan = compiled_flow(target, options)
    spec = definition.spec
    steps = sum(isinstance(node, StepPlan) for node in plan.nodes)
    notes = list(written_otherwise(spec.params, definition.param_types))
    if options.json:
        document = {"flow": spec.name, "steps": steps, "warnings": list(spec.warnings), "notes": notes}
        json_output.write({"check": document})
    elif not options.quiet:
        out(f"{safe(spec.name)}: {steps:,} step{'' if steps == 1 else 's'}, no mistakes")
        for note in notes:
            out(f"note: {safe(note)}")
    return 0
