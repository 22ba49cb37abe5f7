"""Names the commands to type next: the answer to a question, and the command that resumes a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sequent.model.commands import RESUMED_BY, approval_command, resuming_command, typed
from sequent.model.status import Status

if TYPE_CHECKING:
    from sequent.model.interventions import InterventionRecord
    from sequent.runtime.records import Pending, RunRecord
    from sequent.view.why import Why


def next_command(record: RunRecord) -> str:
    """Return the command that resumes the run; '' if there is nothing left, or a process drives it."""
    return resuming_command(record.status, record.id)


def plan_command(record: RunRecord) -> str:
    """Return the command that shows the plan of a recovery; '' if no recovery resumes the run."""
    return typed("recover", record.id, "--plan") if RESUMED_BY.get(record.status) == "recover" else ""


def next_commands(
    record: RunRecord, questions: Sequence[Pending], interventions: Sequence[InterventionRecord]
) -> list[str]:
    """Return the commands to type next, in order: the answer to the first question, then ``next_command``."""
    answers = _answers(record, (f"{each.located}/{each.sequence}" for each in questions), interventions)
    return [command for command in (*answers[:1], next_command(record)) if command]


def _answers(record: RunRecord, tasks: Iterable[str], interventions: Sequence[InterventionRecord]) -> list[str]:
    """Return the commands that answer the questions of tasks, without those whose answer waits to be taken."""
    open_requests = (each.request for each in interventions if each.decision is None)
    typed_already = {typed(each.kind, record.id, each.place.removesuffix("/1")) for each in open_requests}
    return [command for task in tasks if (command := approval_command(record.id, task)) not in typed_already]


def commands_for(why: Why, record: RunRecord, interventions: Sequence[InterventionRecord]) -> list[str]:
    """Return the commands that let a part of a run go on, in order; none if it needs no person."""
    waiting, commands = why.waiting, list[str]()
    if why.status is Status.SUCCESS:
        return commands
    if waiting is not None and waiting.hold is not None:
        commands.append(typed("release", record.id, waiting.hold.request.place))
    if waiting is not None and waiting.question:
        commands += _answers(record, [why.name], interventions)
    return [*commands, *filter(None, [next_command(record)])]
