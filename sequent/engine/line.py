"""What is ready, in the order in which it may start: by priority, then first come first served."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from sequent.engine.board import Board, Entry, Frame
from sequent.engine.layout import Layout
from sequent.engine.pools import Pools
from sequent.engine.tasks import start_step
from sequent.model.effects import AHEAD, AskHold, Blocked
from sequent.model.plan import ContainerPlan
from sequent.model.status import Status

BEFORE_ALL = 1 << 64
"""More than any difference between priorities."""


class Line:
    """Ready steps and containers that wait for a slot, for a limit of their own, or for resources.

    Whoever waits for a limit or for resources stands aside, and comes back in its old place once there is some;
    so whatever starts costs what it changes, however many wait.
    """

    def __init__(self, board: Board, kept: Mapping[str, int]) -> None:
        self._board = board
        self.pools = Pools(board, kept)
        self._steps: list[Entry] = []
        self._containers: list[Entry] = []
        """Containers that want resources; they need no slot."""
        self._aside: dict[int, list[Entry]] = {}
        """By the step or container whose limit is reached."""
        self._last_number = 0
        self._shared = frozenset(pool.name for pool in board.plan.pools if pool.is_shared)

    def join(self, frame: Frame, position: int) -> None:
        """Have a ready step, or a container that wants resources, wait for its turn."""
        self._last_number += 1
        node = frame.layout.nodes[position]
        rank = -node.priority
        if node.acquires and self.pools.holds_of(frame, node.acquires):
            # Those before it may wait for what it, or its container, gives back.
            rank -= BEFORE_ALL
        self._place((rank, self._last_number, frame, position))

    def _place(self, entry: Entry) -> None:
        step = entry[2].layout.steps[entry[3]]
        heappush(self._containers if step is None else self._steps, entry)

    # -- starting -----------------------------------------------------------------------------

    def next_container(self) -> tuple[Frame, int, ContainerPlan] | None:
        """A container that holds all that it wants, and begins now."""
        if self._board.has_freed:
            self._look_at_freed()
        while self._containers:
            entry = heappop(self._containers)
            _, _, frame, position = entry
            node = frame.layout.nodes[position]
            if frame.statuses[position] is not Status.READY or not isinstance(node, ContainerPlan):
                continue
            if self._holds_all(entry):
                return frame, position, node
        return None

    def start_steps(self) -> None:
        """Start steps in turn, as far as there are slots."""
        board, steps = self._board, self._steps
        while steps:
            entry = steps[0]
            _, _, frame, position = entry
            layout = frame.layout
            if frame.statuses[position] is not Status.READY:
                heappop(steps)
                self._let_in(layout.limiters[position])
                continue
            if board.running >= board.slots and not self._goes_ahead(layout, position):
                return
            heappop(steps)
            if layout.is_unlimited[position] or self._may_start(entry, layout.limiters[position]):
                start_step(board, frame, position)

    def _goes_ahead(self, layout: Layout, position: int) -> bool:
        """Whether it may be handed over though there is no slot, to wait in a worker."""
        board = self._board
        is_quick = layout.goes_ahead[position] and layout.plan.children[position] in board.quick
        return is_quick and board.running < board.slots * AHEAD

    def _may_start(self, entry: Entry, limiters: tuple[int, ...]) -> bool:
        """Whether no limit holds it up, and it holds all that it wants; if not, it waits for that."""
        if limiters and self._stands_aside(entry, limiters):
            return False
        if self._holds_all(entry):
            return True
        self._let_in(limiters)
        return False

    def _stands_aside(self, entry: Entry, limiters: tuple[int, ...]) -> bool:
        """Have it wait for a limit that is reached, if one is; whoever waits for another of its limits may then try."""
        for limiter in limiters:
            if self._is_full(limiter):
                heappush(self._aside.setdefault(limiter, []), entry)
                if entry[2].layout.nodes[entry[3]].acquires:
                    # What it was to take, others may have.
                    self._board.has_freed = True
                self._let_in(tuple(other for other in limiters if other != limiter))
                return True
        return False

    def _is_full(self, limiter: int) -> bool:
        return self._board.executing.get(limiter, 0) >= self._board.plan.nodes[limiter].limit

    def _let_in(self, limiters: tuple[int, ...]) -> None:
        """Let one who waits for each of these limits try again, if there is room."""
        for limiter in limiters:
            line = self._aside.get(limiter)
            if line and not self._is_full(limiter):
                heappush(self._steps, heappop(line))

    def ended(self, limiters: tuple[int, ...]) -> None:
        """A task that counted against these limits has ended."""
        for limiter in limiters:
            self._board.executing[limiter] -= 1
        self._let_in(limiters)

    # -- resources ----------------------------------------------------------------------------

    def _holds_all(self, entry: Entry) -> bool:
        """Take what it wants; it waits where that is not free, or where other runs are to be asked."""
        _, _, frame, position = entry
        key = (frame.scope.id, position)
        node = frame.layout.nodes[position]
        if not node.acquires:
            return True
        if key in self._board.granted:
            self._board.granted.discard(key)
            return True
        if not self.pools.try_take(entry, node.acquires):
            return False
        return not self._asks(entry)

    def _asks(self, entry: Entry) -> bool:
        """Ask for the part of what it wants that other runs share, if there is one."""
        _, _, frame, position = entry
        node = frame.layout.nodes[position]
        amounts = tuple((pool, amount) for pool, amount in node.acquires if pool in self._shared)
        if amounts:
            self._board.asked.add((frame.scope.id, position))
            self._board.effects.append(AskHold(frame.scope, node.index, amounts, node.priority))
        return bool(amounts)

    def grant(self, frame: Frame, position: int) -> None:
        """What it asked other runs for is held for it now."""
        key = (frame.scope.id, position)
        if key in self._board.asked:
            self._board.asked.discard(key)
            self._board.granted.add(key)
            self.join(frame, position)

    def _look_at_freed(self) -> None:
        self._board.has_freed = False
        for entry in self.pools.freed():
            self._place(entry)

    def break_tie(self) -> bool:
        """Where nothing else goes on: let anybody start who could, whoever comes before; say whether one can."""
        entry = self.pools.take_any()
        if entry is None:
            return False
        if not self._asks(entry):
            self._board.granted.add((entry[2].scope.id, entry[3]))
            self._place(entry)
        return True

    def blocked(self) -> tuple[Blocked, ...]:
        """Who waits for resources that are not free."""
        return self.pools.blocked()
