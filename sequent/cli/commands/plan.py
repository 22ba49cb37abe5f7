"""``plan``: what a flow would run, in order, without running it."""

from __future__ import annotations

import sys

from sequent.cli.arguments.typed_options import DEFAULTS, TypedOptions
from sequent.cli.commands.check import Target, compiled_flow
from sequent.cli.output import json_output
from sequent.cli.output.plan_text import planned_parts
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, safe
from sequent.model.spec import capacity_text


def plan(target: Target = None, /, *, options: TypedOptions = DEFAULTS) -> int:
    """Show what would run, in order, and what each part waits for."""
    definition, compiled = compiled_flow(target, options)
    spec = definition.spec
    parts = planned_parts(compiled.description)
    held = dict(compiled.nodes[0].acquires)
    pools = [{"name": pool.name, "capacity": pool.capacity, "shared": pool.is_shared} for pool in compiled.pools]
    if options.json:
        plan_parts = [part.document() for part in parts]
        json_output.write({"plan": {"flow": spec.name, "acquires": held, "parts": plan_parts, "pools": pools}})
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
