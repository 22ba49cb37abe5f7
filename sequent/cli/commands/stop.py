"""Defines ``stop``, which stops a run from another terminal: running steps finish, nothing new starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.model.interventions import InterventionKind

if TYPE_CHECKING:
    from sequent.cli.arguments.typed_options import Reason, Run


def stop(run: Run = "latest", /, *, why: Reason = "", options: GlobalOptions = DEFAULTS) -> int:
    """Stop a run: nothing more starts, running steps may finish, and it can be recovered."""
    return intervene(options, run, InterventionKind.STOP, why=why)
