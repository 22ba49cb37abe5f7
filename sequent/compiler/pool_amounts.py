"""Finds nodes that acquire more of a pool than exists, or release more than can be held."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field, frozen

from sequent.by_fields import ByFields
from sequent.compiler.problems import Problems
from sequent.compiler.run_counts import Course, Times
from sequent.compiler.tree import Tree, TreeNode, named
from sequent.model.spec import Amounts

_CODE = "pool"


def check_pool_amounts(tree: Tree, problems: Problems) -> None:
    """Check that the amounts of each node exist, beside the amounts of the containers around it."""
    capacities = {pool.name: pool.capacity for pool in tree.spec.pools}
    for node in tree.nodes:
        if (node.spec.acquires or node.spec.releases) and _names_pools(node, capacities, problems):
            _check_demand(node, capacities, problems)


def _names_pools(node: TreeNode, capacities: dict[str, int], problems: Problems) -> bool:
    unknown = [(name, option) for option, name, _ in _amounts(node) if name not in capacities]
    for name, option in unknown:
        problems.add(
            "unknown-pool",
            f"{node.shown} has in its {option!r} the pool {name!r}, which the flow does not have",
            path=node.text,
            place=node.place_of(option),
            hint=problems.nearest(name, capacities),
        )
    return not unknown


def _amounts(node: TreeNode) -> Iterator[tuple[str, str, int]]:
    for option, amounts in (("acquires", node.spec.acquires), ("releases", node.spec.releases or ())):
        yield from ((option, pool, amount) for pool, amount in amounts)


# -- steps that can never start ------------------------------------------------------------------------------


def _check_demand(node: TreeNode, capacities: dict[str, int], problems: Problems) -> None:
    """Check that its amounts exist, and are left beside those of the containers around it."""
    for pool, amount in node.spec.acquires:
        holders = [around for around in node.around if dict(around.spec.acquires).get(pool)]
        held = sum(dict(around.spec.acquires)[pool] for around in holders)
        capacity = capacities[pool]
        if amount + held <= capacity or held > capacity:
            continue
        beside = f", of which {named(holders)} around it hold{'s' * (len(holders) == 1)} {held}" if held else ""
        problems.add(
            _CODE,
            f"{node.shown} acquires {amount} of the pool {pool!r}{beside}: it can never start, "
            f"since the capacity is {capacity}",
            path=node.text,
            place=node.place_of("acquires"),
            hint="enlarge the pool, or acquire less" + (" here or further out" if held else ""),
        )


# -- amounts that are kept, and amounts that are given back ------------------------------------------------


@frozen(eq=False, repr=False)
class _Change(ByFields):
    """The change of the run's kept amount of a pool by a success, and how often that happens if all succeeds."""

    node: TreeNode
    amount: int
    times: Times


@define
class _Balance:
    """The nodes that keep amounts of a pool, and those that give kept amounts back."""

    keepers: list[_Change] = field(factory=list[_Change])
    givers: list[_Change] = field(factory=list[_Change])


def check_pool_balances(tree: Tree, problems: Problems) -> None:
    """Check that kept amounts leave enough, and that released amounts are held."""
    capacities = {pool.name: pool.capacity for pool in tree.spec.pools}
    course = Course()
    balances = {pool: _Balance() for pool in capacities}
    for node in tree.nodes:
        if node.spec.releases is None:
            continue
        times = course.times_of(node)
        for pool, amount in _kept_by(node.spec.acquires, node.spec.releases).items():
            if times.most and amount and pool in balances:
                changes = balances[pool].keepers if amount > 0 else balances[pool].givers
                changes.append(_Change(node, abs(amount), times))
    for pool, balance in balances.items():
        if balance.givers:
            _check_givers(pool, balance, problems)
        else:
            _check_keepers(pool, balance.keepers, capacities[pool], problems)


def _kept_by(acquires: Amounts, releases: Amounts) -> dict[str, int]:
    kept = dict(acquires)
    for pool, amount in releases:
        kept[pool] = kept.get(pool, 0) - amount
    return kept


def _check_givers(pool: str, balance: _Balance, problems: Problems) -> None:
    kept = sum(keeper.amount * keeper.times.most for keeper in balance.keepers)
    given = 0
    for giver in balance.givers:
        own = giver.amount * max(giver.times.least, 1)
        # A node that may not run takes nothing away from others.
        if (given + own if giver.times.least else own) <= kept:
            given += own if giver.times.least else 0
            continue
        acquired = dict(giver.node.spec.acquires).get(pool, 0)
        others = f"others keep at most {kept:g}" if kept else "no other step keeps any"
        others += f", of which {given} are given back elsewhere" if given else ""
        often = f", {giver.times.least:,} times" if giver.times.least > 1 else ""
        problems.add(
            _CODE,
            f"{giver.node.shown} gives back {acquired + giver.amount} of the pool {pool!r} and acquires "
            f"{acquired or 'none'}{often}: {others}",
            path=giver.node.text,
            place=giver.node.place_of("releases"),
            hint="leave 'releases' out: acquired amounts are given back at the end",
        )


def _check_keepers(pool: str, keepers: list[_Change], capacity: int, problems: Problems) -> None:
    """Report the first node for which not enough is left; it is worse for those after it."""
    kept, before = 0, list[TreeNode]()
    for keeper in keepers:
        asked = dict(keeper.node.spec.acquires)[pool]
        rounds = max(0, (capacity - kept - asked) // keeper.amount + 1)
        if asked <= capacity and keeper.times.least > rounds:
            beside = f"beside what {named(before)} keep{'s' * (len(before) == 1)}, {kept}, " if kept else ""
            _refuse_keeper(pool, keeper, rounds, f"{beside}there is not enough left of {capacity}", problems)
            return
        kept += keeper.amount * keeper.times.least
        before += [keeper.node] if keeper.times.least else []


def _refuse_keeper(pool: str, keeper: _Change, rounds: int, why: str, problems: Problems) -> None:
    after = f"after {rounds:,} iteration{'s' * (rounds != 1)} " if keeper.times.least > 1 else ""
    problems.add(
        _CODE,
        f"{keeper.node.shown} keeps {keeper.amount} of the pool {pool!r} for the run, and no step gives any back: "
        f"{after}{why}",
        path=keeper.node.text,
        place=keeper.node.place_of("releases"),
        hint="leave 'releases' out, or let a later step give back the kept amount",
    )
