"""What is ready, in the order in which it may start: by priority, then first come first served.

Whoever waits for a limit or for resources stands aside, and comes back in its old place once there is some; so
whatever starts costs what it changes, however many wait.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sequent.engine.layout import Layout
from sequent.engine.pools import freed, holds_of, take_any, try_take
from sequent.engine.run_state import Entry, Frame, RunState
from sequent.model.effects import AHEAD, AskHold, StartTask
from sequent.model.plan import ContainerPlan
from sequent.model.status import Status

BEFORE_ALL = 1 << 64
"""More than any difference between priorities."""


def join(run: RunState, frame: Frame, position: int) -> None:
    """Have a ready step, or a container that wants resources, wait for its turn."""
    run.queue.last_entry += 1
    node = frame.layout.nodes[position]
    rank = -node.priority
    if node.acquires and holds_of(run, frame, node.acquires):
        # Those before it may wait for what it, or its container, gives back.
        rank -= BEFORE_ALL
    _place(run, (rank, run.queue.last_entry, frame, position))


def _place(run: RunState, entry: Entry) -> None:
    step = entry[2].layout.steps[entry[3]]
    heappush(run.queue.containers if step is None else run.queue.steps, entry)


# -- starting ---------------------------------------------------------------------------------


def next_container(run: RunState) -> tuple[Frame, int, ContainerPlan] | None:
    """A container that holds all that it wants, and begins now."""
    if run.pools.has_freed:
        _look_at_freed(run)
    while run.queue.containers:
        entry = heappop(run.queue.containers)
        _, _, frame, position = entry
        node = frame.layout.nodes[position]
        if frame.statuses[position] is not Status.READY or not isinstance(node, ContainerPlan):
            continue
        if _holds_all(run, entry):
            return frame, position, node
    return None


def start_steps(run: RunState) -> None:
    """Start steps in turn, as far as there are slots."""
    steps = run.queue.steps
    while steps:
        entry = steps[0]
        _, _, frame, position = entry
        layout = frame.layout
        if frame.statuses[position] is not Status.READY:
            heappop(steps)
            _let_in(run, layout.limiters[position])
            continue
        if run.running >= run.slots and not _goes_ahead(run, layout, position):
            return
        heappop(steps)
        if layout.is_unlimited[position] or _may_start(run, entry, layout.limiters[position]):
            _start(run, frame, position)


def _start(run: RunState, frame: Frame, position: int) -> None:
    """Order an attempt of a step."""
    frame.statuses[position] = Status.ACTIVE
    attempt = frame.attempts[position] = frame.attempts.get(position, 0) + 1
    run.running += 1
    for limiter in frame.layout.limiters[position]:
        run.executing[limiter] = run.executing.get(limiter, 0) + 1
    run.effects.append(StartTask(frame.scope, frame.layout.plan.children[position], attempt))


def _goes_ahead(run: RunState, layout: Layout, position: int) -> bool:
    """Whether it may be handed over though there is no slot, to wait in a worker."""
    is_quick = layout.goes_ahead[position] and layout.plan.children[position] in run.quick
    return is_quick and run.running < run.slots * AHEAD


def _may_start(run: RunState, entry: Entry, limiters: tuple[int, ...]) -> bool:
    """Whether no limit holds it up, and it holds all that it wants; if not, it waits for that."""
    if limiters and _stands_aside(run, entry, limiters):
        return False
    if _holds_all(run, entry):
        return True
    _let_in(run, limiters)
    return False


def _stands_aside(run: RunState, entry: Entry, limiters: tuple[int, ...]) -> bool:
    """Have it wait for a limit that is reached, if one is; whoever waits for another of its limits may then try."""
    for limiter in limiters:
        if _is_full(run, limiter):
            heappush(run.queue.aside.setdefault(limiter, []), entry)
            if entry[2].layout.nodes[entry[3]].acquires:
                # What it was to take, others may have.
                run.pools.has_freed = True
            _let_in(run, tuple(other for other in limiters if other != limiter))
            return True
    return False


def _is_full(run: RunState, limiter: int) -> bool:
    return run.executing.get(limiter, 0) >= run.plan.nodes[limiter].limit


def _let_in(run: RunState, limiters: tuple[int, ...]) -> None:
    """Let one who waits for each of these limits try again, if there is room."""
    for limiter in limiters:
        line = run.queue.aside.get(limiter)
        if line and not _is_full(run, limiter):
            heappush(run.queue.steps, heappop(line))


def count_ended(run: RunState, limiters: tuple[int, ...]) -> None:
    """A task that counted against these limits has ended."""
    for limiter in limiters:
        run.executing[limiter] -= 1
    _let_in(run, limiters)


# -- resources --------------------------------------------------------------------------------


def _holds_all(run: RunState, entry: Entry) -> bool:
    """Take what it wants; it waits where that is not free, or where other runs are to be asked."""
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
    """Ask for the part of what it wants that other runs share, if there is one."""
    _, _, frame, position = entry
    node = frame.layout.nodes[position]
    amounts = tuple((pool, amount) for pool, amount in node.acquires if pool in run.pools.shared)
    if amounts:
        run.asked.add((frame.scope.id, position))
        run.effects.append(AskHold(frame.scope, node.index, amounts, node.priority))
    return bool(amounts)


def grant(run: RunState, frame: Frame, position: int) -> None:
    """What it asked other runs for is held for it now."""
    key = (frame.scope.id, position)
    if key in run.asked:
        run.asked.discard(key)
        run.granted.add(key)
        join(run, frame, position)


def _look_at_freed(run: RunState) -> None:
    run.pools.has_freed = False
    for entry in freed(run):
        _place(run, entry)


def break_tie(run: RunState) -> bool:
    """Where nothing else goes on: let anybody start who could, whoever comes before; say whether one can."""
    entry = take_any(run)
    if entry is None:
        return False
    if not _asks(run, entry):
        run.granted.add((entry[2].scope.id, entry[3]))
        _place(run, entry)
    return True
