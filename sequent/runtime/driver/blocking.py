"""Who waits for what, for people, where a run could not go on."""

from __future__ import annotations

from sequent.model.effects import Blocked
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import sequence_text


def blocked_text(plan: Plan, blocked: tuple[Blocked, ...]) -> str:
    """One line for each who waits: what it wants, how much is free, and who holds the rest."""
    return "\n".join(_line(plan, one) for one in blocked)


def _line(plan: Plan, one: Blocked) -> str:
    name = f"{dotted(plan.nodes[one.node].path)}/{sequence_text(one.scope.sequence)}"
    holders = ", ".join(f"{holder} holds {amount}" for holder, amount in one.holders)
    held = f"; {holders}" if holders else ""
    return f"{name} waits for {one.wanted} of pool '{one.pool}', of which {one.free} is free{held}"
