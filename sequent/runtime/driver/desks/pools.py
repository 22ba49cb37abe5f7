"""The desk for pools: what a run holds of them is written, and asked for where other runs share them."""

from __future__ import annotations

from collections import deque
from selectors import BaseSelector

from sequent.errors import StoreBusyError, StoreFullError
from sequent.model.effects import AskHold, SetHold
from sequent.model.facts import Fact, HoldGranted, RunStarted
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.turn import Turn
from sequent.runtime.driver.wake_socket import WakeSocket, wake
from sequent.runtime.rows import FLOW, Ask, Hold, TaskKey, task_key

FIRST_LOOK = 0.1
"""Seconds until it is asked again for what was not free, if nobody gives word; doubled each time."""
LONGEST_LOOK = 5.0


class PoolDesk:
    """Carries out what the engine says of holds.

    What the run alone uses the engine accounts for itself, and is written only so that a recovery knows what
    is kept. What other runs use as well is held once the store says so. Who gives some of it back wakes those
    who wait; but a driver that was killed wakes nobody, so who waits looks again now and then.
    """

    def __init__(self, plan: Plan, adapters: Adapters, turn: Turn) -> None:
        self._plan = plan
        self._turn = turn
        self._run = run = adapters.run
        self._clock = adapters.clock
        self._observer = adapters.observer
        self._capacities = {pool.name: pool.capacity for pool in plan.pools if pool.is_shared}
        self._wanted_again = run.wanted_again() if self._capacities else ()
        root = plan.nodes[0]
        self._own = tuple((pool, amount) for pool, amount in root.acquires if pool in self._capacities)
        self._first = deque([Ask(FLOW, self._own, root.priority)] if self._own else [])
        """What is to be held before the run begins: in the order of its first start, so the flow's own comes first."""
        if self._wanted_again:
            self._first.append(Ask(None, self._wanted_again, 0, (FLOW,)))
        self._asks: dict[TaskKey | None, tuple[Ask, Fact | None]] = {}
        """What is asked for, and what the engine is to be told once it is held."""
        self._told: list[Ask] = []
        self._freed: set[str] = set()
        """The shared pools of which the batch gives something back."""
        self._look_at = 0.0
        self._look_after = FIRST_LOOK
        self._socket: WakeSocket | None = None

    @property
    def kept(self) -> dict[str, int]:
        """How much of each pool the run keeps, once it has what it had given back in the meantime."""
        return {**self._run.kept(), **dict(self._wanted_again)}

    def open(self, selector: BaseSelector) -> None:
        """Be ready to ask and to be woken; have the run begin, where it waits for nothing.

        Raises:
            UsageError: another run takes a shared pool to be of another size.
        """
        if self._capacities:
            self._socket = WakeSocket(selector, self._hurry)
            self._run.use_pools(self._capacities, self._socket.path)
        self._begin()

    def _begin(self) -> None:
        """Ask for the next of what is to be held first; once all is, the run begins."""
        if self._first:
            ask = self._first.popleft()
            self._asks[ask.key] = ask, None
            self._hurry()
        else:
            self._turn.facts.append(RunStarted())

    def close(self) -> None:
        """Be woken no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, effect: AskHold) -> None:
        """Have amounts of shared pools held for a task or container."""
        key = task_key(self._plan, effect.scope, effect.node)
        ask = Ask(key, effect.amounts, effect.priority, _around(effect.scope))
        self._asks[key] = ask, HoldGranted(effect.scope.id, effect.node)
        self._hurry()

    def record(self, effect: SetHold) -> None:
        """Write how much is held now."""
        key = None if effect.scope is None else task_key(self._plan, effect.scope, effect.node)
        is_shared = effect.pool in self._capacities
        if is_shared and key is not None and effect.amount:
            # It is written when it is granted.
            return
        self._turn.batch.holds.append(Hold(key, effect.pool, effect.amount, is_shared))
        if is_shared:
            self._wake_others(effect.pool)
            if key is not None:
                self._asks.pop(key, None)

    def look(self) -> None:
        """Ask for what is not held yet, if it may be free now; tell of what is held from now on."""
        if not self._asks or self._clock.monotonic() < self._look_at:
            return
        try:
            granted = self._run.ask([ask for ask, _ in self._asks.values()])
        except (StoreBusyError, StoreFullError):
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
        """Say, once of each, that the run has not begun for what others hold."""
        for ask in asks:
            if ask not in self._told:
                self._told.append(ask)
                wanted = " and ".join(f"{amount} of the pool '{pool}'" for pool, amount in ask.amounts)
                self._observer.note(f"waiting for {wanted}, which other runs hold")

    def end(self) -> None:
        """The run ends, and the flow holds nothing any more."""
        self._turn.batch.holds.extend(Hold(FLOW, pool, 0, is_shared=True) for pool, _ in self._own)
        if self._capacities:
            self._wake_others(*self._capacities)

    def left(self) -> float | None:
        """The seconds until it is asked again; None where nothing is asked for."""
        return max(0.0, self._look_at - self._clock.monotonic()) if self._asks else None

    def _wake_others(self, *pools: str) -> None:
        """Wake those who wait for what is given back, once that is written."""
        if not self._freed:
            self._turn.orders.append(self._wake)
        self._freed.update(pools)

    def _wake(self) -> None:
        for path in self._run.waiting(self._freed):
            wake(path)
        self._freed.clear()
        self._hurry()

    def _hurry(self) -> None:
        self._look_at = 0.0
        self._look_after = FIRST_LOOK


def _around(scope: Scope) -> tuple[TaskKey, ...]:
    """The containers around what is asked for, the flow among them, as the store names them."""
    found = [FLOW]
    while scope.parent is not None:
        found.append(TaskKey(scope.parent.id, scope.node, 0))
        scope = scope.parent
    return tuple(found)
