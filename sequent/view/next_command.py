"""Names the commands that take up a run."""

from __future__ import annotations

from sequent.model.commands import typed
from sequent.model.status import RunStatus
from sequent.runtime.records import RunRecord

_NEXT = {
    RunStatus.FAILURE: "recover",
    RunStatus.STOPPED: "recover",
    RunStatus.INTERRUPTED: "recover",
    RunStatus.SUSPENDED: "continue",
}
"""The command that takes up a run in each status."""


def next_command(record: RunRecord) -> str:
    """Return the command that takes up the run; '' if there is nothing left, or a process drives it."""
    return typed(_NEXT[record.status], record.id) if record.status in _NEXT else ""


def plan_command(record: RunRecord) -> str:
    """Return the command that shows the plan of a recovery; '' if the run is not taken up by one."""
    return typed("recover", record.id, "--plan") if _NEXT.get(record.status) == "recover" else ""
