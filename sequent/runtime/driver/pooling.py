"""What a run holds of pools: written with what it is held for, and asked for where other runs share the pool."""

from __future__ import annotations

from collections import deque
from selectors import BaseSelector

from sequent.errors import StoreBusyError, StoreFullError
from sequent.model.effects import AskHold, SetHold
from sequent.model.facts import Fact, HoldGranted, RunStarted
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.runtime.clock import Clock
from sequent.runtime.driver.wake import WakeSocket, wake
from sequent.runtime.ports import DrivenRun, Observer
from sequent.runtime.rows import FLOW, Ask, Batch, Hold, TaskKey, task_key

FIRST_LOOK = 0.1
"""Seconds until it is asked again for what was not free, if nobody gives word; doubled each time."""
LONGEST_LOOK = 5.0


class Pooling:
    """Carries out what the engine says of holds.

    What the run alone uses the engine accounts for itself, and is written only so that a recovery knows what
    is kept. What other runs use as well is held once the store says so. Who gives some of it back wakes those
    who wait; but a driver that was killed wakes nobody, so who waits looks again now and then.
    """

    def __init__(self, plan: Plan, run: DrivenRun, clock: Clock, observer: Observer) -> None:
        self._plan = plan
        self._run = run
        self._clock = clock
        self._observer = observer
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

    def open(self, selector: BaseSelector) -> list[Fact]:
        """Be ready to ask and to be woken; give what the run begins with, where it does not wait for that.

        Raises:
            UsageError: another run takes a shared pool to be of another size.
        """
        if not self._capacities:
            return [RunStarted()]
        self._socket = WakeSocket(selector, self._hurry)
        self._run.use_pools(self._capacities, self._socket.path)
        return self._begin()

    def _begin(self) -> list[Fact]:
        """Ask for the next of what is to be held first; once all is, the run begins."""
        if not self._first:
            return [RunStarted()]
        ask = self._first.popleft()
        self._asks[ask.key] = ask, None
        self._hurry()
        return []

    def close(self) -> None:
        """Be woken no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, order: AskHold) -> None:
        """Have amounts of shared pools held for a task or container."""
        key = task_key(self._plan, order.scope, order.node)
        self._asks[key] = (
            Ask(key, order.amounts, order.priority, _around(order.scope)),
            HoldGranted(order.scope.id, order.node),
        )
        self._hurry()

    def record(self, effect: SetHold, batch: Batch) -> None:
        """Write how much is held now."""
        key = None if effect.scope is None else task_key(self._plan, effect.scope, effect.node)
        is_shared = effect.pool in self._capacities
        if is_shared and key is not None and effect.amount:
            # It is written when it is granted.
            return
        batch.holds.append(Hold(key, effect.pool, effect.amount, is_shared))
        if is_shared:
            self._freed.add(effect.pool)
            if key is not None:
                self._asks.pop(key, None)

    def granted(self) -> list[Fact]:
        """Ask for what is not held yet, if it may be free now; tell of what is held from now on."""
        if not self._asks or self._clock.monotonic() < self._look_at:
            return []
        try:
            granted = self._run.ask([ask for ask, _ in self._asks.values()])
        except (StoreBusyError, StoreFullError):
            granted = []
        else:
            self._tell_wait([ask for ask, fact in self._asks.values() if fact is None and ask not in granted])
        self._look_at = self._clock.monotonic() + self._look_after
        self._look_after = min(LONGEST_LOOK, 2 * self._look_after)
        facts: list[Fact] = []
        for ask in granted:
            _, fact = self._asks.pop(ask.key)
            facts.extend(self._begin() if fact is None else [fact])
        return facts

    def _tell_wait(self, asks: list[Ask]) -> None:
        """Say, once of each, that the run has not begun for what others hold."""
        for ask in asks:
            if ask not in self._told:
                self._told.append(ask)
                wanted = " and ".join(f"{amount} of the pool '{pool}'" for pool, amount in ask.amounts)
                self._observer.note(f"waiting for {wanted}, which other runs hold")

    def end(self, batch: Batch) -> None:
        """The run ends, and the flow holds nothing any more."""
        batch.holds.extend(Hold(FLOW, pool, 0, is_shared=True) for pool, _ in self._own)

    def left(self) -> float | None:
        """The seconds until it is asked again; None where nothing is asked for."""
        return max(0.0, self._look_at - self._clock.monotonic()) if self._asks else None

    def tell(self, *, has_ended: bool) -> None:
        """Wake those who wait for what was given back, now that it is written."""
        if has_ended:
            self._freed.update(self._capacities)
        if self._freed:
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
