"""The pools that several runs share, as one run's driver sees them in the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence

from sequent.model.record_text import text_of_record
from sequent.runtime.rows import FLOW, Ask, Hold
from sequent.runtime.store.granting import Ticket, free_of, may_take, other_size, standing_of
from sequent.runtime.store.sqlite import shared_queries
from sequent.runtime.store.sqlite.listing import Listing
from sequent.runtime.store.sqlite.reader import Execute
from sequent.runtime.store.sqlite.records import read_amounts, read_places
from sequent.runtime.store.sqlite.writing import KEPT, BatchWriter

_Name = tuple[int, int, int, int]
"""Run, frame, node and iteration: who holds, or waits."""


class Sharing:
    """Asks for shared pools; each method is called within a transaction of its own.

    What runs hold of which nothing is alive any more is not held, whoever wrote it: their locks say so, and the
    lists of their workers, without clocks. A run without a driver waits for nothing; what it holds it may still use.
    """

    def __init__(self, cursor: sqlite3.Cursor, run: int, writer: BatchWriter, listing: Listing) -> None:
        self._cursor = cursor
        self._run = run
        self._writer = writer
        self._listing = listing
        self._is_used = False

    def use(self, capacities: Mapping[str, int], wake: str) -> None:
        """Say which shared pools the run uses, how large it takes them to be, and where its driver is woken.

        Raises:
            UsageError: another run that is driven takes one of them to be of another size.
        """
        refuse_other_sizes(self._cursor.execute, self._run, capacities, self._listing.is_driven)
        for name, capacity in sorted(capacities.items()):
            self._cursor.execute(shared_queries.put_pool(), (self._run, name, capacity))
        self._cursor.execute(shared_queries.put_wake(), (wake, self._run))
        self._is_used = True

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        """Have each held, if its turn has come, and give those that are; the others wait, and keep their places."""
        self._forget_dead()
        return [ask for ask in asks if self._ask(ask)]

    def _ask(self, ask: Ask) -> bool:
        place = KEPT if ask.key is None else self._writer.place(ask.key)
        name = (self._run, place[0], place[1], place[3])
        held = self._held()
        if name not in self._tickets(held):
            around = [(key.frame, self._writer.node(key.node), key.iteration) for key in ask.around]
            row = (self._run, *place, text_of_record(ask.amounts), ask.priority, text_of_record(around))
            self._cursor.execute(shared_queries.insert_ticket(), row)
        tickets = self._tickets(held)
        free = free_of(self._sizes(), ((pool, amount) for pools in held.values() for pool, amount in pools))
        if not may_take(tickets[name], tickets.values(), free):
            return False
        self._cursor.execute(shared_queries.drop_ticket(), (self._run, *place))
        for pool, amount in ask.amounts:
            self._writer.put_hold(Hold(ask.key, pool, amount, is_shared=True))
        return True

    def give_up(self) -> None:
        """The run ends: what it keeps of shared pools others may have."""
        if self._is_used:
            want_again(self._cursor.execute, self._run)

    # -- rows

    def _forget_dead(self) -> None:
        """Remove what is left of dead runs, but for what they keep: that is not counted, and stays."""
        holds = self._cursor.execute(shared_queries.holds()).fetchall()
        tickets = self._cursor.execute(shared_queries.tickets()).fetchall()
        left = {row[0] for row in holds if row[1]} | {row[1] for row in tickets if row[2]}
        for run in sorted(left):
            if not self._waits(run):
                self._cursor.execute(shared_queries.drop_tickets(), (run,))
            if not self._holds(run):
                self._cursor.execute(shared_queries.drop_shared_holds(), (run,))

    def _waits(self, run: int) -> bool:
        """Whether a run can wait for anything."""
        return run == self._run or self._listing.is_driven(run)

    def _holds(self, run: int) -> bool:
        """Whether a run can hold anything."""
        return run == self._run or self._listing.is_alive(run)

    def _sizes(self) -> dict[str, int]:
        """How large each pool is that runs share which are driven."""
        rows = self._cursor.execute(shared_queries.sizes()).fetchall()
        return {name: capacity for run, name, capacity in rows if self._waits(run)}

    def _held(self) -> dict[_Name, list[tuple[str, int]]]:
        """What each holder of a run that is alive holds."""
        found: dict[_Name, list[tuple[str, int]]] = {}
        for run, frame, node, iteration, pool, amount in self._cursor.execute(shared_queries.holds()).fetchall():
            found.setdefault((run, frame, node, iteration), []).append((pool, amount))
        alive = {run for run in {name[0] for name in found} if self._holds(run)}
        return {name: pools for name, pools in found.items() if name[0] in alive}

    def _tickets(self, held: Mapping[_Name, Sequence[tuple[str, int]]]) -> dict[_Name, Ticket]:
        """Who waits, of the runs that are driven."""
        tickets: dict[_Name, Ticket] = {}
        for number, run, frame, node, iteration, text, priority, around in self._cursor.execute(
            shared_queries.tickets()
        ).fetchall():
            amounts = read_amounts(text)
            standing = standing_of(
                amounts, {pool for place in read_places(around) for pool, _ in held.get((run, *place), ())}
            )
            if self._waits(run):
                tickets[run, frame, node, iteration] = Ticket(number, run, amounts, priority, standing)
        return tickets


def refuse_other_sizes(
    execute: Execute, run: int, capacities: Mapping[str, int], is_driven: Callable[[int], bool]
) -> None:
    """See that no other run that is driven takes a shared pool to be of another size.

    Raises:
        UsageError: one does.
    """
    for name, capacity in sorted(capacities.items()):
        for number, run_id, other in execute(shared_queries.other_sizes(), (name, run, capacity)).fetchall():
            if is_driven(number):
                raise other_size(name, capacity, run_id, other)


def want_again(execute: Execute, run: int) -> None:
    """Where a driver ends or begins: what its run keeps of shared pools is held no more, but to be asked for again."""
    kept = execute(shared_queries.kept_shares(), (run,)).fetchall()
    execute(shared_queries.drop_tickets(), (run,))
    if kept:
        execute(shared_queries.drop_ticket(), (run, *KEPT))
        around = text_of_record([(FLOW.frame, FLOW.node, FLOW.iteration)])
        execute(shared_queries.insert_ticket(), (run, *KEPT, text_of_record(tuple(kept)), 0, around))
        execute(shared_queries.drop_kept_shares(), (run,))
