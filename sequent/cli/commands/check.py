"""Defines ``check``, which reports all mistakes of a flow without running it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from sequent.cli.arguments.options import GlobalOptions, target_of, warn
from sequent.cli.arguments.typed_options import DEFAULTS, TypedOptions
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import safe
from sequent.compiler import compile_flow
from sequent.dsl.parameter_options import written_otherwise
from sequent.model.plan import Plan, StepPlan
from sequent.model.spec import Definition

Target = Annotated[
    str | None, Parameter(help="The flow: module:flow or path/file.py:flow, else the one in the settings.")
]


def check(target: Target = None, /, *, options: TypedOptions = DEFAULTS) -> int:
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


def compiled_flow(target: str | None, options: GlobalOptions) -> tuple[Definition, Plan]:
    """Return the typed flow, or the one in the settings, with its settings; and its plan."""
    from sequent.dsl.definitions import definition_of
    from sequent.runtime.loading.flows import load_flow

    settings = options.settings()
    definition = settings.applied_to(definition_of(load_flow(target_of(target, settings)).flow))
    warn(definition.spec, options)
    return definition, compile_flow(definition.spec)
