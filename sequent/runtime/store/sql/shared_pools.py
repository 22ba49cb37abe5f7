"""Decides which requests get amounts of the pools that several runs share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.engine.pools import HOLDS_NOTHING, HOLDS_OF_THESE, HOLDS_OTHERS
from sequent.errors import UsageError
from sequent.model.record_text import text_of_record
from sequent.model.spec import Amounts
from sequent.runtime.rows import FLOW, Ask, Hold
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.sql.hosted_holds import drop_other_holds, places_held
from sequent.runtime.store.sql.records import read_amounts, read_places
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.writing import KEPT, BatchWriter


@frozen(eq=False, repr=False)
class Ticket(ByFields):
    """A request that waits for shared pools."""

    number: int
    """The order in which requests came."""
    run: int
    amounts: Amounts
    priority: int
    standing: int
    """Whether containers around it hold amounts of these pools, of other pools or of none.

    A request that waited for amounts of its own containers would wait for itself.
    """


def may_take(ticket: Ticket, tickets: Collection[Ticket], free: Mapping[str, int]) -> bool:
    """Return whether it is a request's turn: all its amounts are free, and are left by the requests before it.

    A request that comes before and cannot have all its amounts keeps its pools from those behind it, so a large request
    is not starved by small ones.
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
    """Return the standing of a request whose containers hold amounts of these pools."""
    if not held:
        return HOLDS_NOTHING
    return HOLDS_OF_THESE if any(pool in held for pool, _ in wanted) else HOLDS_OTHERS


def free_of(capacities: Mapping[str, int], held: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the free amount of each pool; a pool of unknown size has none."""
    free = dict(capacities)
    for pool, amount in held:
        free[pool] = free.get(pool, 0) - amount
    return free


def other_size(name: str, capacity: int, run_id: str, other: int) -> UsageError:
    """Return the error of a shared pool to which two runs give different sizes."""
    return UsageError(
        f"the shared pool '{name}' has the capacity {capacity}, but {other} in run '{run_id}', which is under way",
        code="pool-capacity",
        hint="give it the same capacity in both flows, or wait until that run has ended",
    )


_Name = tuple[int, int, int, int]
"""Run, frame, node and iteration of a holder or a request."""


class Sharing:
    """Asks for shared pools; each method is called within a transaction of its own.

    Amounts of runs without any living process do not count as held: the locks of runs, and the lists of their workers,
    show that without clocks. A run without a driver waits for nothing; it may still use the amounts that it holds. Its
    attempts on hosts go on without any process here, so the amounts that are held for them count in any case.
    """

    def __init__(self, session: Session, run: int, nodes: KnownNodes, writer: BatchWriter) -> None:
        self._session = session
        self._run = run
        self._nodes = nodes
        self._writer = writer
        self._database = session.database
        self._is_used = False

    def use(self, capacities: Mapping[str, int]) -> None:
        """Write the shared pools that the run uses, and their sizes.

        Raises:
            UsageError: another run that is driven gives one of them another size.
        """
        with self._database.as_of_now(self._session):
            refuse_other_sizes(self._session, self._run, capacities)
        for name, capacity in sorted(capacities.items()):
            self._session.execute("put_pool", self._run, name, capacity)
        self._is_used = True

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        """Grant the requests whose turn it is, and return them; the others wait, and keep their places."""
        with self._database.as_of_now(self._session):
            self._forget_dead()
            return [ask for ask in asks if self._ask(ask)]

    def _ask(self, ask: Ask) -> bool:
        place = KEPT if ask.key is None else self._writer.place(ask.key)
        name = (self._run, place[0], place[1], place[3])
        held = self._held()
        if set(ask.amounts) <= set(held.get(name, ())):
            # It was granted before, by a commit whose answer was lost.
            return True
        if name not in self._tickets(held):
            around = [(key.frame, self._nodes.stored(key.node), key.iteration) for key in ask.around]
            row = (self._run, *place, text_of_record(ask.amounts), ask.priority, text_of_record(around))
            self._session.execute("insert_ticket", *row)
        tickets = self._tickets(held)
        if name not in tickets:
            # Another driver has ended the run meanwhile: the guard of this transaction refuses all of it.
            return False
        free = free_of(self._sizes(), ((pool, amount) for pools in held.values() for pool, amount in pools))
        if not may_take(tickets[name], tickets.values(), free):
            return False
        self._session.execute("drop_ticket", self._run, *place)
        for pool, amount in ask.amounts:
            self._writer.put_hold(Hold(ask.key, pool, amount, is_shared=True))
        return True

    def give_up(self) -> None:
        """Let other runs have the amounts that the run keeps of shared pools, at its end."""
        if self._is_used:
            want_again(self._session, self._run)

    # -- rows

    def _forget_dead(self) -> None:
        """Remove the rows of dead runs, except amounts that they keep: these are not counted, and stay."""
        holds = self._session.rows("holds")
        tickets = self._session.rows("tickets")
        left = {row[0] for row in holds if row[1]} | {row[1] for row in tickets if row[2]}
        for run in sorted(left):
            if not self._waits(run):
                self._session.execute("drop_tickets", run)
            if not self._holds(run):
                drop_other_holds(self._session, run)

    def _waits(self, run: int) -> bool:
        """Return whether a run can wait for amounts."""
        return run == self._run or self._database.is_driven(run)

    def _holds(self, run: int) -> bool:
        """Return whether a run can hold amounts."""
        return run == self._run or self._database.is_alive(run)

    def _sizes(self) -> dict[str, int]:
        """Return the size of each pool that driven runs share."""
        rows = self._session.rows("sizes")
        return {name: capacity for run, name, capacity in rows if self._waits(run)}

    def _held(self) -> dict[_Name, list[tuple[str, int]]]:
        """Return the amounts of each holder of a run that is alive, or whose attempts go on on hosts."""
        holders: dict[_Name, list[tuple[str, int]]] = {}
        for run, frame, node, iteration, pool, amount in self._session.rows("holds"):
            holders.setdefault((run, frame, node, iteration), []).append((pool, amount))
        dead = {run for run in {name[0] for name in holders} if not self._holds(run)}
        on_hosts = {run: places_held(self._session, run) for run in dead}
        return {name: pools for name, pools in holders.items() if name[0] not in dead or name[1:] in on_hosts[name[0]]}

    def _tickets(self, held: Mapping[_Name, Sequence[tuple[str, int]]]) -> dict[_Name, Ticket]:
        """Return the waiting requests of the runs that are driven."""
        tickets: dict[_Name, Ticket] = {}
        for number, run, frame, node, iteration, text, priority, around in self._session.rows("tickets"):
            amounts = read_amounts(text)
            standing = standing_of(
                amounts, {pool for place in read_places(around) for pool, _ in held.get((run, *place), ())}
            )
            if self._waits(run):
                tickets[run, frame, node, iteration] = Ticket(number, run, amounts, priority, standing)
        return tickets


def refuse_other_sizes(session: Session, run: int, capacities: Mapping[str, int]) -> None:
    """Check that no other driven run gives a shared pool another size.

    Raises:
        UsageError: another run does.
    """
    for name, capacity in sorted(capacities.items()):
        for number, run_id, other in session.rows("other_sizes", name, run, capacity):
            if session.database.is_driven(number):
                raise other_size(name, capacity, run_id, other)


def want_again(session: Session, run: int) -> None:
    """Replace the amounts that a run keeps of shared pools by a request for them, when a driver ends or begins."""
    kept = session.rows("kept_shares", run)
    session.execute("drop_tickets", run)
    if kept:
        session.execute("drop_ticket", run, *KEPT)
        around = text_of_record([(FLOW.frame, FLOW.node, FLOW.iteration)])
        session.execute("insert_ticket", run, *KEPT, text_of_record(tuple(kept)), 0, around)
        session.execute("drop_kept_shares", run)
