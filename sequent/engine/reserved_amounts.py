"""The amounts of tasks and containers whose earlier attempts may go on on hosts.

They are reserved from the start. A task or container that starts again borrows its own; if it ends before the earlier
attempt is over, they are reserved again.
"""

from __future__ import annotations

from collections.abc import Mapping

from sequent.engine.frames import Frame
from sequent.engine.run_state import RunState
from sequent.model.effects import FreeReserved, SetHold
from sequent.model.saved_state import FLOW_PLACE, StoredPlace
from sequent.model.spec import Amounts


def reserve(run: RunState, places: Mapping[StoredPlace, Mapping[str, int]]) -> None:
    """Reserve the amounts of these places before anything starts."""
    for place, amounts in places.items():
        known = {pool: amount for pool, amount in amounts.items() if pool in run.pools.free}
        if place != FLOW_PLACE and known:
            # The flow has its own amounts from the start.
            _reserve(run, place, known)


def end_reservation(run: RunState, place: StoredPlace) -> None:
    """Free the amounts that are reserved for a task or container, or make those that it has borrowed its own."""
    run.pools.borrowed.pop(place, None)
    for pool, amount in run.pools.reserved.pop(place, {}).items():
        run.pools.free[pool] += amount
        run.pools.has_freed = True
        run.effects.append(FreeReserved(place, pool))


def lend(run: RunState, frame: Frame, position: int, wanted: Amounts) -> bool:
    """Free the amounts that a task or container is to take again; return whether these are the ones it asks for."""
    place = _stored(frame, position)
    reserved = run.pools.reserved.get(place)
    if reserved != dict(wanted):
        end_reservation(run, place)
        return False
    run.pools.borrowed[place] = run.pools.reserved.pop(place)
    for pool, amount in wanted:
        run.pools.free[pool] += amount
    return True


def end_loan(run: RunState, frame: Frame, position: int) -> dict[str, int]:
    """Return the amounts that a task or container has borrowed; from now on it has not."""
    return run.pools.borrowed.pop(_stored(frame, position), {}) if run.pools.borrowed else {}


def reserve_again(run: RunState, frame: Frame, position: int, amounts: dict[str, int]) -> None:
    """Reserve the amounts that a task or container had borrowed and has given back; their rows stay."""
    _reserve(run, _stored(frame, position), amounts)
    node = frame.layout.plan.children[position]
    run.effects += [SetHold(frame.scope, node, pool, amount) for pool, amount in amounts.items()]


def _reserve(run: RunState, place: StoredPlace, amounts: dict[str, int]) -> None:
    run.pools.reserved[place] = amounts
    for pool, amount in amounts.items():
        run.pools.free[pool] -= amount


def _stored(frame: Frame, position: int) -> StoredPlace:
    node, around = frame.layout.plan.children[position], frame.block.parent
    if frame.layout.plan.wraps and around is not None:
        return around.scope.id, node, frame.scope.number
    return frame.scope.id, node, 0
