"""The pools that several runs of a store in memory share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.model.spec import Amounts
from sequent.runtime.rows import FLOW, Ask, Hold, TaskKey
from sequent.runtime.store.granting import Ticket, free_of, may_take, other_size, standing_of

_Held = list[tuple[int, Hold]]
"""What runs that are driven hold of shared pools."""


@frozen(eq=False, repr=False)
class _Waiting(ByFields):
    number: int
    run: int
    ask: Ask


class MemorySharing:
    """Who waits for what; runs may be driven by threads of their own."""

    def __init__(
        self, shares: Callable[[], Iterator[tuple[int, Hold]]], driven_id: Callable[[int], str | None]
    ) -> None:
        """Take what tells what runs hold, and the id of a run that is driven."""
        self._shares = shares
        self._driven_id = driven_id
        self._guard = threading.Lock()
        self._waiting: dict[tuple[int, TaskKey | None], _Waiting] = {}
        self._last = 0
        self._sizes: dict[tuple[int, str], int] = {}
        """By run and pool."""
        self._wakes: dict[int, str] = {}
        """Where the drivers of runs are woken."""

    def use(self, run: int, capacities: Mapping[str, int], wake: str) -> None:
        """Say which shared pools a run uses, how large it takes them to be, and where its driver is woken.

        Raises:
            UsageError: another run that is driven takes one of them to be of another size.
        """
        with self._guard:
            self._refuse_other_sizes(run, capacities)
            self._sizes.update({(run, name): capacity for name, capacity in capacities.items()})
            self._wakes[run] = wake

    def refuse_other_sizes(self, run: int, capacities: Mapping[str, int]) -> None:
        """See that no other run that is driven takes a shared pool to be of another size.

        Raises:
            UsageError: one does.
        """
        with self._guard:
            self._refuse_other_sizes(run, capacities)

    def _refuse_other_sizes(self, run: int, capacities: Mapping[str, int]) -> None:
        for (other, name), size in sorted(self._sizes.items()):
            other_id = self._driven_id(other) if other != run and capacities.get(name, size) != size else None
            if other_id is not None:
                raise other_size(name, capacities[name], other_id, size)

    def ask(self, run: int, asks: Sequence[Ask], put: Callable[[Hold], None]) -> list[Ask]:
        """Have each held with ``put``, if its turn has come; give those that are."""
        with self._guard:
            return [ask for ask in asks if self._ask(run, ask, put)]

    def _ask(self, run: int, ask: Ask, put: Callable[[Hold], None]) -> bool:
        if (run, ask.key) not in self._waiting:
            self._last += 1
            self._waiting[run, ask.key] = _Waiting(self._last, run, ask)
        held = list(self._shares())
        driven = [waiting for waiting in self._waiting.values() if self._driven_id(waiting.run) is not None]
        tickets = [self._ticket(waiting, held) for waiting in driven]
        mine = next(ticket for ticket in tickets if ticket.number == self._waiting[run, ask.key].number)
        capacities = {name: size for (user, name), size in self._sizes.items() if self._driven_id(user) is not None}
        if not may_take(mine, tickets, free_of(capacities, ((hold.pool, hold.amount) for _, hold in held))):
            return False
        del self._waiting[run, ask.key]
        for pool, amount in ask.amounts:
            put(Hold(ask.key, pool, amount, is_shared=True))
        return True

    @staticmethod
    def _ticket(waiting: _Waiting, held: _Held) -> Ticket:
        ask = waiting.ask
        pools = {hold.pool for run, hold in held if run == waiting.run and hold.key in ask.around}
        return Ticket(waiting.number, waiting.run, ask.amounts, ask.priority, standing_of(ask.amounts, pools))

    def withdraw(self, run: int, key: TaskKey | None) -> None:
        """Somebody waits no more."""
        with self._guard:
            self._waiting.pop((run, key), None)

    def give_up(self, run: int, kept: Amounts) -> None:
        """Nobody of a run waits any more, and what it keeps is to be asked for again."""
        with self._guard:
            again = kept or self.wanted_again(run)
            self._waiting = {key: waiting for key, waiting in self._waiting.items() if waiting.run != run}
            if again:
                self._last += 1
                self._waiting[run, None] = _Waiting(self._last, run, Ask(None, again, 0, (FLOW,)))

    def wanted_again(self, run: int) -> Amounts:
        """What a run had kept before it was taken up again."""
        found = self._waiting.get((run, None))
        return () if found is None else found.ask.amounts

    def waiting(self, run: int, pools: Collection[str]) -> list[str]:
        """Where the drivers of other runs are woken that wait for one of these pools."""
        with self._guard:
            others = [waiting for waiting in self._waiting.values() if waiting.run != run]
        found = {
            self._wakes.get(waiting.run, ""): None
            for waiting in others
            if any(pool in pools for pool, _ in waiting.ask.amounts)
        }
        return [wake for wake in found if wake]
