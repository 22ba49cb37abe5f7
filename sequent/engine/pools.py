"""Who holds how much of each resource pool, and who waits for some."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from sequent.engine.board import Board, Entry, Frame
from sequent.model.effects import Blocked, SetHold
from sequent.model.plan import NodePlan
from sequent.model.references import dotted
from sequent.model.scope import sequence_text
from sequent.model.spec import Amounts
from sequent.model.status import Status

RUN = (0, 0)
"""The holder of what is kept for the run."""
FLOW = (0, 1)
"""The holder of what the flow acquires, which it holds as long as it runs."""

HOLDS_OF_THESE = 0
"""Who holds of a pool that it asks for, through its containers: it goes before all who do not."""
HOLDS_OTHERS = 1
HOLDS_NOTHING = 2


class Pools:
    """What is free of every pool, and what each task, each container and the run itself hold.

    A request gets all it asks for or nothing, so requests cannot block each other by each holding a part of
    what the other waits for. Nobody is passed over: while a request waits, later ones for any of its pools wait
    behind it, but for those who hold of them already, since what these hold returns only once they are through.
    """

    def __init__(self, board: Board, kept: Mapping[str, int]) -> None:
        self._board = board
        self._capacity = {pool.name: pool.capacity for pool in board.plan.pools}
        self._free = dict(self._capacity)
        self._held: dict[tuple[int, int], dict[str, int]] = {}
        self._waiting: dict[tuple[int, Amounts], list[Entry]] = {}
        """By how they stand and what they ask for: who waits, first come first."""
        self.queued: dict[int, int] = {}
        """How many of each step and container wait, those included who were cancelled meanwhile."""
        for holder, amounts in ((RUN, tuple(kept.items())), (FLOW, board.plan.nodes[0].acquires)):
            for pool, amount in amounts:
                self._change(holder, pool, amount)

    # -- asking -------------------------------------------------------------------------------

    def try_take(self, entry: Entry, wanted: Amounts) -> bool:
        """Give a task or container what it wants, if all of it is free and nobody comes before it.

        Otherwise it waits, and is given back by ``freed`` once it is its turn.
        """
        _, _, frame, position = entry
        standing = self._standing(frame, wanted)
        if self._fits(wanted) and not self._is_behind(entry, wanted, standing):
            self._take(frame, position, wanted)
            return True
        heappush(self._waiting.setdefault((standing, wanted), []), entry)
        self._count(entry, 1)
        return False

    def _count(self, entry: Entry, more: int) -> None:
        node = entry[2].layout.plan.children[entry[3]]
        self.queued[node] = self.queued.get(node, 0) + more

    def _pop(self, line: list[Entry]) -> Entry:
        """Take the first out of those who wait."""
        entry = heappop(line)
        self._count(entry, -1)
        return entry

    def _drop_stale(self, line: list[Entry]) -> bool:
        """Forget those at the front who wait no more; say whether anybody is left."""
        while line and line[0][2].statuses[line[0][3]] is not Status.READY:
            self._pop(line)
        return bool(line)

    def freed(self) -> list[Entry]:
        """Those who waited and whose turn it is now: each may take what it wants, the ones before it included."""
        turns: list[Entry] = []
        left = dict(self._free)
        claimed: set[str] = set()
        """What those who still wait come first for."""
        lines = self._lines()
        while lines:
            standing, wanted = key = _first(lines)
            comes_later = standing != HOLDS_OF_THESE and any(pool in claimed for pool, _ in wanted)
            if comes_later or any(left[pool] < amount for pool, amount in wanted):
                claimed.update(pool for pool, _ in wanted)
                del lines[key]
                continue
            for pool, amount in wanted:
                left[pool] -= amount
            turns.append(self._pop(lines[key]))
            if not self._drop_stale(lines[key]):
                del lines[key]
        return turns

    def take_any(self) -> Entry | None:
        """Give whoever could have what it wants just that, whoever comes before: where nothing else goes on."""
        lines = self._lines()
        while lines:
            key = _first(lines)
            if self._fits(key[1]):
                entry = self._pop(lines[key])
                self._take(entry[2], entry[3], key[1])
                return entry
            del lines[key]
        return None

    def _lines(self) -> dict[tuple[int, Amounts], list[Entry]]:
        """Those who wait, by how they stand and what they ask for."""
        self._waiting = {key: line for key, line in self._waiting.items() if self._drop_stale(line)}
        return dict(self._waiting)

    def _is_behind(self, entry: Entry, wanted: Amounts, standing: int) -> bool:
        if standing == HOLDS_OF_THESE:
            return False
        pools = {pool for pool, _ in wanted}
        return any(
            (other_standing, line[0][:2]) < (standing, entry[:2]) and any(pool in pools for pool, _ in others)
            for (other_standing, others), line in self._waiting.items()
            if self._drop_stale(line)
        )

    def holds_of(self, frame: Frame, wanted: Amounts) -> bool:
        """Whether what is in that frame holds of one of these pools, through its containers."""
        return self._standing(frame, wanted) == HOLDS_OF_THESE

    def _standing(self, frame: Frame, wanted: Amounts) -> int:
        standing = HOLDS_NOTHING
        block = frame.block
        while block.parent is not None:
            held = self._held.get((block.parent.scope.id, block.position))
            if held:
                if any(pool in held for pool, _ in wanted):
                    return HOLDS_OF_THESE
                standing = HOLDS_OTHERS
            block = block.parent.block
        return standing

    def _fits(self, wanted: Amounts) -> bool:
        return all(self._free[pool] >= amount for pool, amount in wanted)

    # -- holding ------------------------------------------------------------------------------

    def _take(self, frame: Frame, position: int, wanted: Amounts) -> None:
        for pool, amount in wanted:
            self._change((frame.scope.id, position), pool, amount)
            self._record(frame, position, pool)

    def give_back(self, frame: Frame, position: int) -> None:
        """Free all that a task or container holds: its attempt has failed or is lost, or it has settled so."""
        for pool, amount in list(self._held.get((frame.scope.id, position), {}).items()):
            self._change((frame.scope.id, position), pool, -amount)
            self._record(frame, position, pool)

    def settle(self, frame: Frame, position: int, node: NodePlan) -> str:
        """Free what a task or container that succeeded says it gives back, and keep the rest of it for the run.

        Returns:
            What is wrong where it gives back more than is held; then nothing has changed. Otherwise nothing.
        """
        if node.releases is None:
            self.give_back(frame, position)
            return ""
        before = dict(self._held.get((frame.scope.id, position), {}))
        kept = self._held.get(RUN, {})
        released = dict(node.releases)
        for pool, amount in released.items():
            held = before.get(pool, 0) + kept.get(pool, 0)
            if amount > held:
                return f"it gives back {amount} of pool '{pool}', of which it and the run hold {held}"
        self.give_back(frame, position)
        for pool in {**before, **released}:
            more = before.get(pool, 0) - released.get(pool, 0)
            if more:
                self._change(RUN, pool, more)
                self._board.effects.append(SetHold(None, 0, pool, self._held.get(RUN, {}).get(pool, 0)))
        return ""

    def _change(self, holder: tuple[int, int], pool: str, amount: int) -> None:
        if not amount:
            return
        held = self._held.setdefault(holder, {})
        held[pool] = held.get(pool, 0) + amount
        if not held[pool]:
            del held[pool]
        if not held:
            del self._held[holder]
        self._free[pool] = self._free.get(pool, 0) - amount
        if amount < 0:
            self._board.has_freed = True

    def _record(self, frame: Frame, position: int, pool: str) -> None:
        amount = self._held.get((frame.scope.id, position), {}).get(pool, 0)
        self._board.effects.append(SetHold(frame.scope, frame.layout.plan.children[position], pool, amount))

    # -- telling ------------------------------------------------------------------------------

    def blocked(self) -> tuple[Blocked, ...]:
        """Who waits for what that is not free."""
        return tuple(
            Blocked(frame.scope, frame.layout.plan.children[position], pool, amount, self._free[pool], self._who(pool))
            for (_, wanted), line in sorted(self._lines().items(), key=lambda item: (item[0][0], item[1][0][:2]))
            for _, _, frame, position in sorted(line, key=lambda entry: entry[:2])
            for pool, amount in wanted
            if frame.statuses[position] is Status.READY and self._free[pool] < amount
        )

    def _who(self, pool: str) -> tuple[tuple[str, int], ...]:
        return tuple((self._name(holder), amounts[pool]) for holder, amounts in self._held.items() if pool in amounts)

    def _name(self, holder: tuple[int, int]) -> str:
        frame = self._board.frames.get(holder[0])
        if frame is None:
            return "the run" if holder == RUN else "the flow"
        path = dotted(frame.layout.nodes[holder[1]].path)
        return f"{path}/{sequence_text(frame.scope.sequence)}"

    def held_of(self, pool: str) -> dict[tuple[int, int], int]:
        """How much of a pool each holder has: by frame and position, or ``RUN`` or ``FLOW``."""
        return {holder: amounts[pool] for holder, amounts in self._held.items() if pool in amounts}

    def free_of(self, pool: str) -> int:
        """How much of a pool nobody holds."""
        return self._free[pool]


def _first(lines: dict[tuple[int, Amounts], list[Entry]]) -> tuple[int, Amounts]:
    return min(lines, key=lambda key: (key[0], lines[key][0][:2]))
