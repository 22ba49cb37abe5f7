"""The amounts of each resource pool, their holders, and the tasks that wait for them.

A request gets all its amounts or nothing, so requests cannot block each other by each holding a part that the other
waits for. No request is passed over: while it waits, later ones for any of its pools wait behind it. Requests whose
containers hold amounts of these pools go first, since these amounts return only once they are done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heappush

from sequent.engine.frames import Entry, Frame
from sequent.engine.reserved_amounts import end_loan, lend, reserve_again
from sequent.engine.run_state import RunState
from sequent.model.effects import Blocked, SetHold
from sequent.model.plan import NodePlan
from sequent.model.references import dotted
from sequent.model.scope import address_of
from sequent.model.spec import Amounts
from sequent.model.status import Status

RUN = (0, 0)
"""The holder of amounts that are kept for the run."""
FLOW = (0, 1)
"""The holder of amounts that the flow acquires and holds as long as it runs."""

HOLDS_OF_THESE = 0
"""The request's containers hold amounts of a pool that it asks for: it goes before all others."""
HOLDS_OTHERS = 1
HOLDS_NOTHING = 2


def hold_from_start(run: RunState, kept: Mapping[str, int]) -> None:
    """Account for the amounts held before anything starts: those kept for the run, and those of the flow."""
    for holder, amounts in ((RUN, tuple(kept.items())), (FLOW, run.plan.nodes[0].acquires)):
        for pool, amount in amounts:
            _change(run, holder, pool, amount)


def waits_for_reserved(run: RunState) -> bool:
    """Return whether an entry waits for amounts while some are reserved: these become free, or are taken."""
    return bool(run.pools.reserved) and bool(_lines(run))


# -- asking -------------------------------------------------------------------------------------


def try_take(run: RunState, entry: Entry, wanted: Amounts) -> bool:
    """Give a task or container its amounts, if all are free and no request comes before it.

    Otherwise it waits, and ``freed`` returns it once it is its turn.
    """
    _, _, frame, position = entry
    if run.pools.reserved and lend(run, frame, position, wanted):
        _take(run, frame, position, wanted)
        return True
    standing = _standing(run, frame, wanted)
    if _fits(run, wanted) and not _is_behind(run, entry, wanted, standing):
        _take(run, frame, position, wanted)
        return True
    heappush(run.pools.waiting.setdefault((standing, wanted), []), entry)
    _count(run, entry, 1)
    return False


def _count(run: RunState, entry: Entry, more: int) -> None:
    node = entry[2].layout.plan.children[entry[3]]
    run.pools.queued[node] = run.pools.queued.get(node, 0) + more


def _pop(run: RunState, line: list[Entry]) -> Entry:
    """Remove the first entry from a line, and return it."""
    entry = heappop(line)
    _count(run, entry, -1)
    return entry


def _drop_stale(run: RunState, line: list[Entry]) -> bool:
    """Remove entries at the front that wait no more; return whether any entry is left."""
    while line and line[0][2].statuses[line[0][3]] is not Status.READY:
        _pop(run, line)
    return bool(line)


def freed(run: RunState) -> list[Entry]:
    """Return the waiting entries whose turn it is: there is enough for each of them and for those before it."""
    turns: list[Entry] = []
    left = dict(run.pools.free)
    claimed: set[str] = set()
    """The pools for which entries that still wait come first."""
    lines = _lines(run)
    while lines:
        standing, wanted = key = _first(lines)
        comes_later = standing != HOLDS_OF_THESE and any(pool in claimed for pool, _ in wanted)
        if comes_later or any(left[pool] < amount for pool, amount in wanted):
            claimed.update(pool for pool, _ in wanted)
            del lines[key]
            continue
        for pool, amount in wanted:
            left[pool] -= amount
        turns.append(_pop(run, lines[key]))
        if not _drop_stale(run, lines[key]):
            del lines[key]
    return turns


def withdraw(run: RunState, is_meant: Callable[[Entry], bool]) -> list[Entry]:
    """Remove the waiting entries that are meant, and return them; those behind them may go on."""
    withdrawn: list[Entry] = []
    for line in run.pools.waiting.values():
        withdrawn += [entry for entry in line if is_meant(entry)]
        line[:] = [entry for entry in line if not is_meant(entry)]
        heapify(line)
    for entry in withdrawn:
        _count(run, entry, -1)
    run.pools.has_freed = run.pools.has_freed or bool(withdrawn)
    return withdrawn


def take_any(run: RunState) -> Entry | None:
    """Give its amounts to the first entry that can have them, out of turn: nothing else goes on."""
    lines = _lines(run)
    while lines:
        key = _first(lines)
        if _fits(run, key[1]):
            entry = _pop(run, lines[key])
            _take(run, entry[2], entry[3], key[1])
            return entry
        del lines[key]
    return None


def _lines(run: RunState) -> dict[tuple[int, Amounts], list[Entry]]:
    """Return the waiting entries, by standing and by the amounts that they ask for."""
    run.pools.waiting = {key: line for key, line in run.pools.waiting.items() if _drop_stale(run, line)}
    return dict(run.pools.waiting)


def _is_behind(run: RunState, entry: Entry, wanted: Amounts, standing: int) -> bool:
    if standing == HOLDS_OF_THESE:
        return False
    pools = {pool for pool, _ in wanted}
    return any(
        (other_standing, line[0][:2]) < (standing, entry[:2]) and any(pool in pools for pool, _ in others)
        for (other_standing, others), line in run.pools.waiting.items()
        if _drop_stale(run, line)
    )


def holds_of(run: RunState, frame: Frame, wanted: Amounts) -> bool:
    """Return whether containers around a child of that frame hold amounts of one of these pools."""
    return _standing(run, frame, wanted) == HOLDS_OF_THESE


def _standing(run: RunState, frame: Frame, wanted: Amounts) -> int:
    standing = HOLDS_NOTHING
    block = frame.block
    while block.parent is not None:
        held = run.pools.held.get((block.parent.scope.id, block.position))
        if held:
            if any(pool in held for pool, _ in wanted):
                return HOLDS_OF_THESE
            standing = HOLDS_OTHERS
        block = block.parent.block
    return standing


def _fits(run: RunState, wanted: Amounts) -> bool:
    return all(run.pools.free[pool] >= amount for pool, amount in wanted)


# -- holding ------------------------------------------------------------------------------------


def _take(run: RunState, frame: Frame, position: int, wanted: Amounts) -> None:
    for pool, amount in wanted:
        _change(run, (frame.scope.id, position), pool, amount)
        _record(run, frame, position, pool)


def give_back(run: RunState, frame: Frame, position: int) -> None:
    """Free all that a task or container holds: its attempt has failed or is lost, or it has settled so.

    What it has borrowed is reserved again.
    """
    holder = (frame.scope.id, position)
    borrowed = end_loan(run, frame, position)
    for pool, amount in list(run.pools.held.get(holder, {}).items()):
        _change(run, holder, pool, -amount)
        if pool not in borrowed:
            _record(run, frame, position, pool)
    if borrowed:
        reserve_again(run, frame, position, borrowed)


def release(run: RunState, frame: Frame, position: int, node: NodePlan) -> str:
    """Free the amounts that a task or container releases when it succeeds, and keep its other amounts for the run.

    Returns:
        The mistake if it releases more than is held, and nothing has changed; '' otherwise.
    """
    if node.releases is None:
        give_back(run, frame, position)
        return ""
    before = dict(run.pools.held.get((frame.scope.id, position), {}))
    kept = run.pools.held.get(RUN, {})
    released = dict(node.releases)
    for pool, amount in released.items():
        held = before.get(pool, 0) + kept.get(pool, 0)
        if amount > held:
            return f"it gives back {amount} of pool '{pool}', but it and the run hold only {held}"
    # What is kept for the run is not free either.
    end_loan(run, frame, position)
    give_back(run, frame, position)
    for pool in {**before, **released}:
        more = before.get(pool, 0) - released.get(pool, 0)
        if more:
            _change(run, RUN, pool, more)
            run.effects.append(SetHold(None, 0, pool, run.pools.held.get(RUN, {}).get(pool, 0)))
    return ""


def _change(run: RunState, holder: tuple[int, int], pool: str, amount: int) -> None:
    if not amount:
        return
    held = run.pools.held.setdefault(holder, {})
    held[pool] = held.get(pool, 0) + amount
    if not held[pool]:
        del held[pool]
    if not held:
        del run.pools.held[holder]
    run.pools.free[pool] = run.pools.free.get(pool, 0) - amount
    if amount < 0:
        run.pools.has_freed = True


def _record(run: RunState, frame: Frame, position: int, pool: str) -> None:
    amount = run.pools.held.get((frame.scope.id, position), {}).get(pool, 0)
    run.effects.append(SetHold(frame.scope, frame.layout.plan.children[position], pool, amount))


# -- telling ------------------------------------------------------------------------------------


def blocked(run: RunState) -> tuple[Blocked, ...]:
    """Return the tasks and containers that wait for an amount of a pool that is not free."""
    return tuple(
        Blocked(frame.scope, frame.layout.plan.children[position], pool, amount, run.pools.free[pool], _who(run, pool))
        for (_, wanted), line in sorted(_lines(run).items(), key=lambda item: (item[0][0], item[1][0][:2]))
        for _, _, frame, position in sorted(line, key=lambda entry: entry[:2])
        for pool, amount in wanted
        if frame.statuses[position] is Status.READY and run.pools.free[pool] < amount
    )


def _who(run: RunState, pool: str) -> tuple[tuple[str, int], ...]:
    pools = run.pools
    held = [(_name(run, holder), amounts[pool]) for holder, amounts in pools.held.items() if pool in amounts]
    reserved = [
        (f"'{dotted(run.plan.nodes[node].path)}' on a host" if node else "a step that was removed", amounts[pool])
        for (_, node, _), amounts in pools.reserved.items()
        if pool in amounts
    ]
    return (*held, *reserved)


def _name(run: RunState, holder: tuple[int, int]) -> str:
    frame = run.frames.get(holder[0])
    if frame is None:
        return "the run" if holder == RUN else "the flow"
    return address_of(frame.layout.nodes[holder[1]].path, frame.scope.sequence)


def _first(lines: dict[tuple[int, Amounts], list[Entry]]) -> tuple[int, Amounts]:
    return min(lines, key=lambda key: (key[0], lines[key][0][:2]))
