"""Defines ``release``, which lets a held part of a run go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.model.interventions import InterventionKind

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import NamedRun, PartPath, Reason


def release(run: NamedRun, path: PartPath, /, *, why: Reason = "", options: GlobalOptions = DEFAULTS) -> int:
    """Let a held step, container, copy or iteration go on."""
    return intervene(options, run, InterventionKind.RELEASE, why=why, place=path)
