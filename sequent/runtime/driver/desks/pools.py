"""The desk for pools: it writes the run's holds, and asks for amounts of pools that other runs share."""

from __future__ import annotations

from collections import deque
from functools import partial

from sequent.errors import StoreBusyError, StoreFullError, StoreLostError
from sequent.model.effects import AskHold, FreeReserved, SetHold
from sequent.model.facts import Fact, HoldGranted, RunStarted
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.driver.waiting_reasons import WaitingReasons
from sequent.runtime.rows import FLOW, Ask, Hold, TaskKey, task_key

FIRST_LOOK = 0.1
"""Seconds until the next request for an amount that was not free, unless another run wakes this; doubled each time."""
LONGEST_LOOK = 5.0


class PoolDesk:
    """Carries out the engine's effects on holds.

    The engine itself accounts for pools of the run alone; their holds are written only so that a recovery knows the
    kept ones. An amount of a shared pool is held once the store says so. A run that gives an amount back wakes the runs
    that wait. A driver that was killed wakes none, so waiting runs look again now and then.
    """

    def __init__(self, plan: Plan, adapters: Adapters, turn: Turn, reasons: WaitingReasons) -> None:
        self._plan = plan
        self._turn = turn
        self._reasons = reasons
        self._run = run = adapters.run
        self._clock = adapters.clock
        self._observer = adapters.observer
        self._capacities = {pool.name: pool.capacity for pool in plan.pools if pool.is_shared}
        self._wanted_again = run.wanted_again() if self._capacities else ()
        root = plan.nodes[0]
        self._own = tuple((pool, amount) for pool, amount in root.acquires if pool in self._capacities)
        self._first = deque([Ask(FLOW, self._own, root.priority)] if self._own else [])
        """Requests to be granted before the run begins, in the order of its first start: the flow's own comes first."""
        if self._wanted_again:
            self._first.append(Ask(None, self._wanted_again, 0, (FLOW,)))
        self._asks: dict[TaskKey | None, tuple[Ask, Fact | None]] = {}
        """Open requests, and the facts for the engine once they are granted."""
        self._told: list[Ask] = []
        self._freed: set[str] = set()
        """The shared pools of which the batch gives an amount back."""
        self._look_at = 0.0
        self._look_after = FIRST_LOOK

    @property
    def kept(self) -> dict[str, int]:
        """The amount of each pool that the run keeps, including those that it gave back and will have again."""
        return {**self._run.kept(), **dict(self._wanted_again)}

    def open(self) -> None:
        """Prepare to ask; begin the run if it waits for nothing.

        Raises:
            UsageError: another run gives a shared pool another size.
        """
        if self._capacities:
            self._run.use_pools(self._capacities)
        self._begin()

    def _begin(self) -> None:
        """Make the next of the requests before the run; after the last, begin the run."""
        if self._first:
            ask = self._first.popleft()
            self._asks[ask.key] = ask, None
            self.hurry()
        else:
            self._turn.facts.append(RunStarted())

    def ask(self, effect: AskHold) -> None:
        """Ask for amounts of shared pools for a task or container."""
        key = task_key(self._plan, effect.scope, effect.node)
        ask = Ask(key, effect.amounts, effect.priority, _around(effect.scope))
        self._asks[key] = ask, HoldGranted(effect.scope.id, effect.node)
        self.hurry()

    def record(self, effect: SetHold) -> None:
        """Write the amount that is held now."""
        key = None if effect.scope is None else task_key(self._plan, effect.scope, effect.node)
        is_shared = effect.pool in self._capacities
        if is_shared and key is not None and effect.amount:
            # It is written when it is granted; a request follows if it is to be asked for.
            self._asks.pop(key, None)
            return
        self._turn.batch.holds.append(Hold(key, effect.pool, effect.amount, is_shared))
        if is_shared:
            self._wake_others(effect.pool)
            if key is not None:
                self._asks.pop(key, None)

    def free_reserved(self, effect: FreeReserved) -> None:
        """Write that an amount which was held for an earlier attempt is free."""
        is_shared = effect.pool in self._capacities
        self._turn.batch.holds.append(Hold(TaskKey(*effect.place), effect.pool, 0, is_shared))
        if is_shared:
            self._wake_others(effect.pool)

    def look(self) -> None:
        """Ask for amounts that are not held yet, if they may be free now; pass on those that are granted."""
        if not self._asks or self._turn.batch.holds or self._clock.monotonic() < self._look_at:
            # The same amount may be given back by this turn: to ask for it before that is written would be in vain.
            return
        try:
            granted = self._run.ask([ask for ask, _ in self._asks.values()])
        except (StoreBusyError, StoreFullError, StoreLostError):
            granted = []
        else:
            self._tell_wait([ask for ask, fact in self._asks.values() if fact is None and ask not in granted])
        self._look_at = self._clock.monotonic() + self._look_after
        self._look_after = min(LONGEST_LOOK, 2 * self._look_after)
        for ask in granted:
            _, fact = self._asks.pop(ask.key)
            if fact is None:
                self._begin()
            else:
                self._turn.facts.append(fact)

    def _tell_wait(self, asks: list[Ask]) -> None:
        """Say, once for each request, that the run waits for amounts that others hold; show it as long as it waits."""
        for ask in asks:
            if ask not in self._told:
                self._told.append(ask)
                # Commands that show the run find the reason as soon as it is told.
                self._turn.orders.append(partial(self._observer.note, f"waiting for {_wanted_text(ask)}"))
        self._reasons.put("pools", (f"it waits for {_wanted_text(ask)}" for ask in asks))

    def end(self, *, keeps_own: bool) -> None:
        """Give back the flow's own amounts at the end of the run, unless an attempt of it goes on on a host."""
        if not keeps_own:
            self._turn.batch.holds.extend(Hold(FLOW, pool, 0, is_shared=True) for pool, _ in self._own)
        if self._capacities:
            self._wake_others(*self._capacities)

    def left(self) -> float | None:
        """Return the seconds until the next request; None if there is none before the turn is written."""
        if not self._asks or self._turn.batch.holds:
            return None
        return max(0.0, self._look_at - self._clock.monotonic())

    def _wake_others(self, *pools: str) -> None:
        """Wake the runs that wait for these pools, once the change is written."""
        if not self._freed:
            self._turn.orders.append(self._wake)
        self._freed.update(pools)

    def _wake(self) -> None:
        self._run.wake_waiting(self._freed)
        self._freed.clear()
        self.hurry()

    def hurry(self) -> None:
        """Ask again at once, and often at first: amounts may have been given back."""
        self._look_at = 0.0
        self._look_after = FIRST_LOOK


def _wanted_text(ask: Ask) -> str:
    wanted = " and ".join(f"{amount} of the pool '{pool}'" for pool, amount in ask.amounts)
    return f"{wanted}, which other runs hold"


def _around(scope: Scope) -> tuple[TaskKey, ...]:
    """Return the containers around the task, the flow among them, as the store names them."""
    keys = [FLOW]
    while scope.parent is not None:
        keys.append(TaskKey(scope.parent.id, scope.node, 0))
        scope = scope.parent
    return tuple(keys)
