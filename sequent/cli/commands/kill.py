"""Defines ``kill``, which stops a run from another terminal, and ends its running steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.model.interventions import InterventionKind

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import Reason, Run


def kill(run: Run = "latest", /, *, why: Reason = "", options: GlobalOptions = DEFAULTS) -> int:
    """Stop a run now: running steps are asked to end, and killed if they do not; it can be recovered."""
    return intervene(options, run, InterventionKind.KILL, why=why)
