"""The ready tasks and containers, in the order in which they may start: by priority, then first come first served.

An entry that waits for a limit or for resources stands aside, and comes back in its old place once there is room. So
the cost of a start does not grow with the number of waiting entries.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sequent.engine.frames import Entry, Frame, Machine
from sequent.engine.handing_ahead import goes_ahead
from sequent.engine.held_places import set_aside
from sequent.engine.layout import needs_slot
from sequent.engine.pools import freed, holds_of, take_any, try_take
from sequent.engine.run_state import RunState
from sequent.model.effects import AskHold, StartTask
from sequent.model.plan import NodePlan
from sequent.model.status import Status

BEFORE_ALL = 1 << 64
"""More than any difference between priorities."""


def join(run: RunState, frame: Frame, position: int) -> None:
    """Queue a ready step, or a container that acquires resources."""
    run.queue.last_entry += 1
    node = frame.layout.nodes[position]
    rank = -node.priority
    if node.acquires and holds_of(run, frame, node.acquires):
        # Entries before it may wait for amounts that it, or its container, gives back.
        rank -= BEFORE_ALL
    _place(run, (rank, run.queue.last_entry, frame, position))


def _place(run: RunState, entry: Entry) -> None:
    frame = entry[2]
    heappush(frame.machine.steps if needs_slot(frame.layout.nodes[entry[3]]) else run.queue.containers, entry)


# -- starting ---------------------------------------------------------------------------------


def next_without_slot(run: RunState) -> tuple[Frame, int, NodePlan] | None:
    """Return a container that holds all its amounts, and begins now; or a step that does, and asks its question."""
    if run.pools.has_freed:
        _look_at_freed(run)
    while run.queue.containers:
        entry = heappop(run.queue.containers)
        _, _, frame, position = entry
        node = frame.layout.nodes[position]
        if frame.statuses[position] is not Status.READY:
            continue
        if run.held.places and set_aside(run, frame, position):
            continue
        if _holds_all(run, entry):
            return frame, position, node
    return None


def start_steps(run: RunState) -> None:
    """Start steps in turn, as far as each machine has slots."""
    for machine in run.machines.values() if len(run.machines) > 1 else (run.here,):
        if machine.steps and machine.is_reachable:
            _start_on(run, machine)


def _start_on(run: RunState, machine: Machine) -> None:
    steps = machine.steps
    while steps:
        entry = steps[0]
        _, _, frame, position = entry
        layout = frame.layout
        if frame.statuses[position] is not Status.READY or (run.held.places and set_aside(run, frame, position)):
            heappop(steps)
            _let_in(run, layout.limiters[position])
            continue
        if machine.running >= machine.slots and not goes_ahead(frame, position):
            return
        heappop(steps)
        if layout.is_unlimited[position] or _may_start(run, entry, layout.limiters[position]):
            _start(run, frame, position)


def _start(run: RunState, frame: Frame, position: int) -> None:
    """Order an attempt of a step."""
    frame.statuses[position] = Status.ACTIVE
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    run.running += 1
    frame.machine.running += 1
    for limiter in frame.layout.limiters[position]:
        run.executing[limiter] = run.executing.get(limiter, 0) + 1
    run.effects.append(StartTask(frame.scope, frame.layout.plan.children[position], attempt))


def _may_start(run: RunState, entry: Entry, limiters: tuple[int, ...]) -> bool:
    """Return whether no limit holds it up and it holds all its amounts; otherwise it waits for them."""
    if limiters and _stands_aside(run, entry, limiters):
        return False
    if _holds_all(run, entry):
        return True
    _let_in(run, limiters)
    return False


def _stands_aside(run: RunState, entry: Entry, limiters: tuple[int, ...]) -> bool:
    """Let it wait for a limit that is reached, if there is one; entries that wait for its other limits may then try."""
    for limiter in limiters:
        if _is_full(run, limiter):
            heappush(run.queue.aside.setdefault(limiter, []), entry)
            if entry[2].layout.nodes[entry[3]].acquires:
                # Others may have the amounts that it was to take.
                run.pools.has_freed = True
            _let_in(run, tuple(other for other in limiters if other != limiter))
            return True
    return False


def _is_full(run: RunState, limiter: int) -> bool:
    return run.executing.get(limiter, 0) >= run.plan.nodes[limiter].limit


def _let_in(run: RunState, limiters: tuple[int, ...]) -> None:
    """For each of these limits with room, let one waiting entry try again."""
    for limiter in limiters:
        line = run.queue.aside.get(limiter)
        if line and not _is_full(run, limiter):
            _place(run, heappop(line))


def count_ended(run: RunState, limiters: tuple[int, ...]) -> None:
    """Count a task as ended that counted against these limits."""
    for limiter in limiters:
        run.executing[limiter] -= 1
    _let_in(run, limiters)


# -- resources --------------------------------------------------------------------------------


def _holds_all(run: RunState, entry: Entry) -> bool:
    """Take its amounts; it waits if they are not free, or if other runs are to be asked."""
    _, _, frame, position = entry
    key = (frame.scope.id, position)
    node = frame.layout.nodes[position]
    if not node.acquires:
        return True
    if key in run.granted:
        run.granted.discard(key)
        return True
    if not try_take(run, entry, node.acquires):
        return False
    return not _asks(run, entry)


def _asks(run: RunState, entry: Entry) -> bool:
    """Ask for the amounts of pools that other runs share, if there are any."""
    _, _, frame, position = entry
    node = frame.layout.nodes[position]
    amounts = tuple((pool, amount) for pool, amount in node.acquires if pool in run.pools.shared)
    if amounts:
        run.awaiting_grant.add((frame.scope.id, position))
        run.effects.append(AskHold(frame.scope, node.index, amounts, node.priority))
    return bool(amounts)


def grant(run: RunState, frame: Frame, position: int) -> None:
    """Let an entry go on that now holds the amounts it asked other runs for."""
    key = (frame.scope.id, position)
    if key in run.awaiting_grant:
        run.awaiting_grant.discard(key)
        run.granted.add(key)
        join(run, frame, position)


def _look_at_freed(run: RunState) -> None:
    run.pools.has_freed = False
    for entry in freed(run):
        _place(run, entry)


def break_tie(run: RunState) -> bool:
    """Start an entry whose amounts are free, out of turn, since nothing else goes on; return whether there is one."""
    entry = take_any(run)
    if entry is None:
        return False
    if not _asks(run, entry):
        run.granted.add((entry[2].scope.id, entry[3]))
        _place(run, entry)
    return True
