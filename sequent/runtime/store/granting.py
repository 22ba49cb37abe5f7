"""Who may have what of the pools that several runs share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.engine.pools import HOLDS_NOTHING, HOLDS_OF_THESE, HOLDS_OTHERS
from sequent.errors import UsageError
from sequent.model.spec import Amounts


@frozen(eq=False, repr=False)
class Ticket(ByFields):
    """Somebody who waits for shared pools."""

    number: int
    """In the order in which they came."""
    run: int
    amounts: Amounts
    priority: int
    standing: int
    """Whether containers around it hold of these pools, of others or of none: who waited for what these hold would
    wait for itself."""


def may_take(ticket: Ticket, tickets: Collection[Ticket], free: Mapping[str, int]) -> bool:
    """Whether somebody's turn has come: all of what it wants is free, and is left by those who come before it.

    Whoever comes before and cannot have all that it wants keeps the pools that it waits for from those behind
    it, so a large request is not starved by small ones.
    """
    left = dict(free)
    claimed: set[str] = set()
    for other in sorted(tickets, key=_turn):
        fits = all(left[pool] >= amount for pool, amount in other.amounts) and (
            other.standing == HOLDS_OF_THESE or not any(pool in claimed for pool, _ in other.amounts)
        )
        if other.number == ticket.number:
            return fits
        if fits:
            for pool, amount in other.amounts:
                left[pool] -= amount
        else:
            claimed.update(pool for pool, _ in other.amounts)
    return False


def _turn(ticket: Ticket) -> tuple[int, int, int]:
    return ticket.standing, -ticket.priority, ticket.number


def standing_of(wanted: Amounts, held: Collection[str]) -> int:
    """How somebody stands whose containers hold of these pools."""
    if not held:
        return HOLDS_NOTHING
    return HOLDS_OF_THESE if any(pool in held for pool, _ in wanted) else HOLDS_OTHERS


def free_of(capacities: Mapping[str, int], held: Iterable[tuple[str, int]]) -> dict[str, int]:
    """How much of each pool nobody holds; a pool of which nothing else is known has nothing."""
    free = dict(capacities)
    for pool, amount in held:
        free[pool] = free.get(pool, 0) - amount
    return free


def other_size(name: str, capacity: int, run_id: str, other: int) -> UsageError:
    """The error of a shared pool that two runs take to be of different sizes."""
    return UsageError(
        f"the shared pool '{name}' has the capacity {capacity}, but {other} in run '{run_id}', which is under way",
        code="pool-capacity",
        hint="give it the same capacity in both flows, or wait until that run has ended",
    )
