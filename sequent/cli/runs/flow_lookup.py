"""Finds the flow that a command names."""

from __future__ import annotations

from sequent.cli.arguments.options import GlobalOptions, target_of, warn
from sequent.compiler import compile_flow
from sequent.model.plan import Plan
from sequent.model.spec import Definition
from sequent.runtime.loading.flows import load_flow


def compiled_flow(target: str | None, options: GlobalOptions) -> tuple[Definition, Plan]:
    """Return the typed flow, or the one in the settings, with its settings; and its plan."""
    settings = options.settings()
    definition = settings.applied_to(load_flow(target_of(target, settings)).definition)
    warn(definition.spec, options)
    return definition, compile_flow(definition.spec)
