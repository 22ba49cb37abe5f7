"""Defines ``release``, which lets a part of a run go on that was held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.model.interventions import InterventionKind

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import NamedRun, Place, Why


def release(run: NamedRun, path: Place, /, *, why: Why = "", options: GlobalOptions = DEFAULTS) -> int:
    """Let a step, a container, a copy or an iteration go on that was held."""
    return intervene(options, run, InterventionKind.RELEASE, why=why, place=path)
