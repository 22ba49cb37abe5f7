"""``check`` and ``plan``: what a flow says, without running it."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from sequent.cli import machine
from sequent.cli.options import Options, target_of, warn
from sequent.cli.plan_text import planned_parts
from sequent.cli.terminal import out
from sequent.cli.text import Paint, safe
from sequent.cli.typed_options import DEFAULTS, TypedOptions
from sequent.compiler import compile_flow
from sequent.dsl.parameter_options import written_otherwise
from sequent.model.plan import Plan, StepPlan
from sequent.model.spec import Definition, capacity_text

Target = Annotated[
    str | None, Parameter(help="The flow: module:flow or path/file.py:flow, else the one in the settings.")
]


def check(target: Target = None, /, *, options: TypedOptions = DEFAULTS) -> int:
    """Report all mistakes of a flow at once; run nothing."""
    definition, plan = _compiled(target, options)
    spec = definition.spec
    steps = sum(isinstance(node, StepPlan) for node in plan.nodes)
    notes = list(written_otherwise(spec.params, definition.param_types))
    if options.json:
        document = {"flow": spec.name, "steps": steps, "warnings": list(spec.warnings), "notes": notes}
        machine.write({"check": document})
    elif not options.quiet:
        out(f"{safe(spec.name)}: {steps:,} step{'' if steps == 1 else 's'}, no mistakes")
        for note in notes:
            out(f"note: {safe(note)}")
    return 0


def plan(target: Target = None, /, *, options: TypedOptions = DEFAULTS) -> int:
    """Show what would run, in order, and what each part waits for."""
    definition, compiled = _compiled(target, options)
    spec = definition.spec
    parts = planned_parts(compiled.description)
    held = dict(compiled.nodes[0].acquires)
    pools = [{"name": pool.name, "capacity": pool.capacity, "shared": pool.is_shared} for pool in compiled.pools]
    if options.json:
        plan_parts = [part.document() for part in parts]
        machine.write({"plan": {"flow": spec.name, "acquires": held, "parts": plan_parts, "pools": pools}})
        return 0
    paint = Paint.of(sys.stdout)
    out(paint.strong(safe(spec.name)))
    for pool in compiled.pools:
        shared = ", shared by all runs" if pool.is_shared else ""
        by_flow = f", of which the flow holds {held[pool.name]:,}" if pool.name in held else ""
        out(f"  {paint.faint('pool')} {safe(pool.name)}  {capacity_text(pool.capacity)}{shared}{by_flow}")
    for part in parts:
        out(part.line(paint))
    return 0


def _compiled(target: str | None, options: Options) -> tuple[Definition, Plan]:
    from sequent.dsl.definitions import definition_of
    from sequent.runtime.loading.flows import load_flow

    settings = options.settings()
    definition = settings.applied_to(definition_of(load_flow(target_of(target, settings)).flow))
    warn(definition.spec, options)
    return definition, compile_flow(definition.spec)
