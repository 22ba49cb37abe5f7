"""What a run holds of pools: written with what it is held for, and asked for where other runs share the pool."""

from __future__ import annotations

from selectors import BaseSelector

from sequent.errors import StoreBusyError, StoreFullError
from sequent.model.effects import AskHold, SetHold
from sequent.model.facts import Fact, HoldGranted, RunStarted
from sequent.model.plan import Plan
from sequent.model.scope import Scope
from sequent.runtime.driver.wake import WakeSocket, wake
from sequent.runtime.ports import Clock, DrivenRun
from sequent.runtime.rows import Ask, Batch, Hold, TaskKey, task_key

FIRST_LOOK = 0.1
"""Seconds until it is asked again for what was not free, if nobody gives word; doubled each time."""
LONGEST_LOOK = 5.0


class Pooling:
    """Carries out what the engine says of holds.

    What the run alone uses the engine accounts for itself, and is written only so that a recovery knows what
    is kept. What other runs use as well is held once the store says so. Who gives some of it back wakes those
    who wait; but a driver that was killed wakes nobody, so who waits looks again now and then.
    """

    def __init__(self, plan: Plan, run: DrivenRun, clock: Clock) -> None:
        self._plan = plan
        self._run = run
        self._clock = clock
        self._capacities = {pool.name: pool.capacity for pool in plan.pools if pool.is_shared}
        self._wanted_again = run.wanted_again() if self._capacities else ()
        self._asks: dict[TaskKey | None, tuple[Ask, Fact]] = {}
        """What is asked for, and what the engine is to be told once it is held."""
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
        if not self._wanted_again:
            return [RunStarted()]
        self._asks[None] = Ask(None, self._wanted_again, 0), RunStarted()
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
            facts = [self._asks.pop(ask.key)[1] for ask in granted]
        except (StoreBusyError, StoreFullError):
            facts = []
        self._look_at = self._clock.monotonic() + self._look_after
        self._look_after = min(LONGEST_LOOK, 2 * self._look_after)
        return facts

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
    """The containers around what is asked for, as the store names them."""
    found: list[TaskKey] = []
    while scope.parent is not None:
        found.append(TaskKey(scope.parent.id, scope.node, 0))
        scope = scope.parent
    return tuple(found)
