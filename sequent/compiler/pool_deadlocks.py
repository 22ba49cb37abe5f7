"""Finds containers that wait for each other in a circle, each for amounts of pools that the next one holds."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from sequent.compiler.precedence import Precedence
from sequent.compiler.problems import Problems
from sequent.compiler.run_counts import count_of
from sequent.compiler.tree import Tree, TreeNode

_MANY = 1_000_000
# Which of very many could meet would take too long to try out; beyond this they are believed not to.
_MOST_WAITERS = 100
_MOST_TRIED = 1_000
_MOST_TOLD = 4


@frozen(eq=False)
class PoolWaiter:
    """A node that asks for amounts of pools while containers around it hold some."""

    node: TreeNode
    wanted: Mapping[str, int]
    holders: tuple[TreeNode, ...]
    """The containers around it that hold amounts, innermost first."""


Meeting = Mapping[PoolWaiter, int]
"""A number of each waiter, all waiting at once, each within containers of its own as far as possible."""


def check_pool_deadlocks(tree: Tree, problems: Problems) -> None:
    """Check that no containers can block one another for ever, within a run or across runs that share pools."""
    if not any(node.children and node.spec.acquires for node in tree.nodes):
        return
    shared = {pool.name: pool.capacity for pool in tree.spec.pools if pool.is_shared}
    told: set[TreeNode] = set()
    for capacities, runs in (({pool.name: pool.capacity for pool in tree.spec.pools}, 1), (shared, _MANY)):
        holding = _Holding(tree, capacities, runs)
        waiters = [waiter for waiter in holding.waiters if waiter.node not in told and holding.can_start(waiter)]
        while meeting := holding.deadlock_of(waiters):
            _refuse(meeting, problems)
            told.update(waiter.node for waiter in meeting)
            waiters = [waiter for waiter in waiters if waiter not in meeting]


@define
class _Holding:
    """The nodes that can hold amounts, and wait for amounts, at once."""

    tree: Tree
    capacities: Mapping[str, int]
    runs: int
    """The number of runs of the flow that may be under way at once."""
    waiters: list[PoolWaiter] = field(init=False)
    _opened: dict[TreeNode, int] = field(init=False)
    """The number of times that each container can be open at once."""
    _precedence: Precedence = field(init=False)
    _meetings: dict[tuple[PoolWaiter, PoolWaiter], bool] = field(factory=dict[tuple[PoolWaiter, PoolWaiter], bool])
    _left: int = 0

    def __attrs_post_init__(self) -> None:
        self._opened = {}
        for node in self.tree.nodes:
            around = self.runs if node.parent is None else self._iterations(node.parent)
            holds = [self.capacities[pool] // amount for pool, amount in self._amounts(node)] if node.children else []
            self._opened[node] = min([around, *holds])
        self.waiters = _contested(self._all_waiters())[:_MOST_WAITERS]
        relevant = [around for waiter in self.waiters for around in (waiter.node, *waiter.node.around)]
        self._precedence = Precedence(frozenset(relevant))

    def can_start(self, waiter: PoolWaiter) -> bool:
        """Return whether there is enough for it beside the amounts of the containers around it."""
        alone = {waiter: 1}
        return not self._is_stuck(alone, self._held(alone))

    def deadlock_of(self, waiters: list[PoolWaiter]) -> Meeting | None:
        """Return the smallest part of a meeting in which no node can go on; few kinds of waiters are tried first."""
        for kinds in (1, 2, len(waiters)):
            self._left = _MOST_TRIED
            meeting = self._search(waiters, {}, kinds)
            if meeting is not None:
                return self._smallest(meeting)
        return None

    def _search(self, waiters: list[PoolWaiter], meeting: Meeting, kinds: int) -> Meeting | None:
        for at, waiter in enumerate(waiters if kinds else ()):
            if not all(self._meets(waiter, other) for other in meeting):
                continue
            for count in range(max(self._opened[holder] for holder in waiter.holders), 0, -1):
                self._left -= 1
                if self._left < 0:
                    return None
                larger = {**meeting, waiter: count}
                held = self._held(larger)
                if any(amount > self.capacities[pool] for pool, amount in held.items()):
                    continue
                if self._is_stuck(larger, held):
                    return larger
                found = self._search(waiters[at + 1 :], larger, kinds - 1)
                if found is not None:
                    return found
        return None

    def _smallest(self, meeting: Meeting) -> Meeting:
        for waiter, count in list(meeting.items()):
            others = {other: number for other, number in meeting.items() if other is not waiter}
            smaller = [others, *({**others, waiter: fewer} for fewer in range(1, min(count, _MOST_WAITERS)))]
            meeting = next((part for part in smaller if part and self._is_stuck(part, self._held(part))), meeting)
        return meeting

    def _is_stuck(self, meeting: Meeting, held: Mapping[str, int]) -> bool:
        return all(
            any(amount > self.capacities[pool] - held.get(pool, 0) for pool, amount in waiter.wanted.items())
            for waiter in meeting
        )

    def _held(self, meeting: Meeting) -> dict[str, int]:
        within: dict[TreeNode, int] = {}
        for waiter, count in meeting.items():
            for holder in waiter.holders:
                within[holder] = within.get(holder, 0) + count
        held: dict[str, int] = {}
        for holder, count in within.items():
            for pool, amount in self._amounts(holder):
                held[pool] = held.get(pool, 0) + amount * min(count, self._opened[holder])
        return held

    def _meets(self, one: PoolWaiter, other: PoolWaiter) -> bool:
        known = self._meetings.get((one, other))
        if known is None:
            known = self._meetings[one, other] = self._can_meet(one, other)
        return known

    def _can_meet(self, one: PoolWaiter, other: PoolWaiter) -> bool:
        """Return whether both can wait at once: in different iterations, or if neither must settle before the other."""
        around_one, around_other = one.node.around, other.node.around
        shared = next(node for node in around_one if node in around_other)
        if self._iterations(shared) > 1:
            return True
        before = self._precedence.before
        apart_one = {one.node, *around_one[: around_one.index(shared)]}
        apart_other = {other.node, *around_other[: around_other.index(shared)]}
        return before(one.node).isdisjoint(apart_other) and before(other.node).isdisjoint(apart_one)

    def _iterations(self, node: TreeNode) -> int:
        """Return the iterations of a container that can be under way at once; an unknown limit counts as one."""
        if node.repeats is None:
            return self._opened[node]
        count = count_of(node)
        most = min(node.spec.parallel or _MANY, _MANY if count is None else count)
        return min(self._opened[node] * most, _MANY)

    def _amounts(self, node: TreeNode) -> list[tuple[str, int]]:
        return [(pool, amount) for pool, amount in node.spec.acquires if pool in self.capacities]

    def _all_waiters(self) -> list[PoolWaiter]:
        """Return one of those in the same container that want the same amounts."""
        waiters: dict[tuple[int, tuple[tuple[str, int], ...]], PoolWaiter] = {}
        for node in self.tree.nodes:
            wanted = self._amounts(node)
            holders = tuple(around for around in node.around if self._amounts(around)) if wanted else ()
            if holders:
                kind = (node.around[0].index, tuple(sorted(wanted)))
                waiters.setdefault(kind, PoolWaiter(node, dict(wanted), holders))
        return list(waiters.values())


def _contested(waiters: list[PoolWaiter]) -> list[PoolWaiter]:
    """Return the waiters that hold amounts others want, and want amounts others hold."""
    while True:
        held = {pool for waiter in waiters for holder in waiter.holders for pool, _ in holder.spec.acquires}
        wanted = {pool for waiter in waiters for pool in waiter.wanted}
        left = [
            waiter
            for waiter in waiters
            if not held.isdisjoint(waiter.wanted)
            and any(pool in wanted for holder in waiter.holders for pool, _ in holder.spec.acquires)
        ]
        if len(left) == len(waiters):
            return left
        waiters = left


def _refuse(meeting: Meeting, problems: Problems) -> None:
    first = next(iter(meeting))
    holder = first.holders[0]
    parts = [_told(*part) for part in list(meeting.items())[:_MOST_TOLD]]
    others = f"; and {len(meeting) - _MOST_TOLD:,} more" if len(meeting) > _MOST_TOLD else ""
    problems.add(
        "holding",
        f"these can deadlock: {'; '.join(parts)}{others}",
        path=holder.text,
        place=holder.place_of("acquires"),
        hint="acquire all at once on the container around, let one require the other, or enlarge the pool",
    )


def _told(waiter: PoolWaiter, count: int) -> str:
    times = f"{count} times " if count > 1 else ""
    wanted = " and ".join(f"{amount} of the pool {pool!r}" for pool, amount in waiter.wanted.items())
    held = " and ".join(
        f"{holder.shown} holds {amount} of {pool!r}"
        for holder in waiter.holders
        for pool, amount in holder.spec.acquires
    )
    return f"{times}{waiter.node.shown} waits for {wanted}, while around it {held}"
