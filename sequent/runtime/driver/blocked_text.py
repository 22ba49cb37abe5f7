"""Why a run could not go on, for people: which tasks wait for what, and which failure stopped the rest."""

from __future__ import annotations

from sequent.model.effects import Blocked, EndRun
from sequent.model.plan import Plan
from sequent.model.scope import address_of
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import STOPPED_BY


def end_text(plan: Plan, end: EndRun) -> str:
    """Return why a run ended without a failure of its own: the tasks that wait, and the cause of cancelled ones."""
    if end.cause is None or not end.counts.get(Status.CANCELLED) or end.status is not RunStatus.FAILURE:
        return blocked_text(plan, end.blocked)
    scope, node = end.cause
    stopped = f"{STOPPED_BY}{address_of(plan.nodes[node].path, scope.sequence)}"
    return "\n".join((stopped, *blocked_text(plan, end.blocked).splitlines()))


def blocked_text(plan: Plan, blocked: tuple[Blocked, ...]) -> str:
    """Return one line for each task that waits: the amount it wants, the amount free, and the holders of the rest."""
    return "\n".join(_line(plan, one) for one in blocked)


def _line(plan: Plan, one: Blocked) -> str:
    name = address_of(plan.nodes[one.node].path, one.scope.sequence)
    holders = ", ".join(f"{holder} holds {amount}" for holder, amount in one.holders)
    held = f"; {holders}" if holders else ""
    return f"{name} waits for {one.wanted} of pool '{one.pool}', of which {one.free} is free{held}"
