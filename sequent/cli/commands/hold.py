"""Defines ``hold``, which starts nothing more in a part of a run, until it is released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.model.interventions import InterventionKind

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import NamedRun, PartPath, Reason


def hold(run: NamedRun, path: PartPath, /, *, why: Reason = "", options: GlobalOptions = DEFAULTS) -> int:
    """Start nothing more in a step, a container, a copy or an iteration; what runs there goes on."""
    return intervene(options, run, InterventionKind.HOLD, why=why, place=path)
