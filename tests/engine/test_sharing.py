"""Slots, limits, priorities and resources under random flows, failures, losses and crashes."""

from __future__ import annotations

from random import Random

from attrs import define, evolve, field
from hypothesis import assume, given
from hypothesis import strategies as st

from sequent.compiler import compile_flow
from sequent.errors import InvalidFlowError
from sequent.model import facts
from sequent.model.spec import Amounts, ContainerSpec, FlowSpec, PoolSpec, StepSpec
from sequent.model.status import RunStatus, Status
from tests.engine.pairs import Mood, Pair, courses, fixed_counts, moods, randoms, some_waits
from tests.flows import flow_specs
from tests.reference import Reference
from tests.reference_tree import Child, Key, Recorded
from tests.simulated import World

CAPACITY = {"p": 3, "q": 2}
POOLS = tuple(PoolSpec(name, capacity) for name, capacity in CAPACITY.items())


def some_amounts(random: Random, most: int = 9) -> Amounts:
    """A demand on up to two pools, often none."""
    names = random.choice(((), (), ("p",), ("q",), ("p", "q")))
    return tuple((name, random.randint(1, min(most, CAPACITY[name]))) for name in names)


def some_demands(spec: ContainerSpec | StepSpec, random: Random, *, shares: bool) -> ContainerSpec | StepSpec:
    """The same, where steps and containers have limits, and steps have priorities, and may want resources."""
    spec = evolve(spec, max_concurrent=random.choice((None, None, 1, 2)))
    if isinstance(spec, ContainerSpec):
        return evolve(spec, children=tuple(some_demands(child, random, shares=shares) for child in spec.children))
    acquires = some_amounts(random) if shares else ()
    return evolve(spec, acquires=acquires, priority=random.choice((0, 0, 0, 1, -1)))


@define
class Sharing(Pair):
    """An engine beside the reference, and an oracle that says who may have to wait, and who comes first."""

    since: dict[Key, int] = field(factory=dict)
    """When each waiting task became ready, or was released."""
    were_active: set[Key] = field(factory=set)

    def check_waiting(self, waiting: set[Key]) -> None:
        world = self.world
        waiting = {key for key in waiting if not self.is_held(key)}
        assert len(world.active) <= world.slots
        for pool, capacity in CAPACITY.items():
            assert self.used(pool) <= capacity
        for key in world.active:
            assert all(count <= limit for count, limit in self.limits(key))
        free = {key for key in waiting if not self.is_limited(key)}
        if len(world.active) < world.slots:
            behind = self.behind(waiting)
            assert free <= behind, f"{free - behind} could start"
        self.check_order(free)
        self.since = {key: self.since.get(key, self.steps) for key in waiting}
        self.were_active = set(world.active)

    def check_order(self, free: set[Key]) -> None:
        """Of those who want the same, the higher priority starts first, then who has waited longest."""
        for started in world_keys(self.world) - self.were_active:
            for key in free:
                if key in self.since and self.wants(key) == self.wants(started):
                    assert self.rank(key) >= self.rank(started), f"{started} started before {key}"

    def rank(self, key: Key) -> tuple[int, int]:
        return -self.spec_of(key).priority, self.since.get(key, self.steps)

    def behind(self, waiting: set[Key]) -> set[Key]:
        """Those who lack something, and those who may stand behind them for something else."""
        held_up = {key for key in waiting if any(self.used(p) + n > CAPACITY[p] for p, n in self.wants(key))}
        while more := {key for key in waiting - held_up if any(self.shares(key, other) for other in held_up)}:
            held_up |= more
        return held_up

    def shares(self, key: Key, other: Key) -> bool:
        return bool(dict(self.wants(key)).keys() & dict(self.wants(other)).keys())

    def wants(self, key: Key) -> Amounts:
        return self.spec_of(key).acquires

    def used(self, pool: str) -> int:
        return sum(dict(self.wants(key)).get(pool, 0) for key in self.world.active)

    def is_limited(self, key: Key) -> bool:
        return any(count >= limit for count, limit in self.limits(key))

    def limits(self, key: Key) -> list[tuple[int, int]]:
        """Of the step and each container around that has a limit: how many tasks run, and how many may."""
        found, child = [], self.reference.tasks[key]
        while isinstance(child, Child):
            limit = child.node.spec.max_concurrent
            if limit and not (child.node.wraps or (child.frame is None)):
                path = ".".join(child.node.path)
                running = [name for name, _ in self.world.active if name == path or name.startswith(f"{path}.")]
                found.append((len(running), limit))
            child = child.frame.block if child.frame is not None else None
        return found

    def spec_of(self, key: Key) -> StepSpec:
        spec = self.reference.tasks[key].node.spec
        assert isinstance(spec, StepSpec)
        return spec


def world_keys(world: World) -> set[Key]:
    return set(world.active)


@given(flow_specs(), courses, st.integers(1, 8), st.booleans(), randoms)
def test_nobody_waits_who_could_start_and_nobody_starts_before_its_turn(
    spec: FlowSpec, course: list[Mood], slots: int, shares: bool, random: Random
) -> None:
    root = some_demands(some_waits(spec.root, random), random, shares=shares)
    assert isinstance(root, ContainerSpec)
    spec = evolve(spec, root=evolve(root, max_concurrent=None), pools=POOLS)
    plan, counts = compile_flow(spec), fixed_counts(spec.root, random)
    record: dict[Key, Recorded] = {}
    world = World(plan, slots=slots)
    for mood in [*course, Mood()]:
        reference = Reference(spec, record, world.rows.recovery)
        if Sharing(spec, world, reference, counts, random, mood).go() is RunStatus.SUCCESS:
            return
        world = world.crash()
    raise AssertionError("a recovery in which nothing fails is a success")


# -- containers that hold, and amounts that are kept -------------------------------------------------


def some_holds(spec: ContainerSpec | StepSpec, random: Random, most: int = 9) -> ContainerSpec | StepSpec:
    """The same, where containers hold resources too, and some of what is acquired is kept or given back later."""
    releases = random.choice((None, None, None, (), some_amounts(random)))
    spec = evolve(spec, acquires=some_amounts(random, most), releases=releases)
    if isinstance(spec, ContainerSpec):
        return evolve(spec, children=tuple(some_holds(child, random, 1) for child in spec.children))
    return spec


def live(world: World, mood: Mood, random: Random, counts: dict[str, int | None]) -> None:
    """Let things happen in any order until the run ends or is left; resources are never overdrawn."""
    world.tell(facts.RunStarted())
    for _ in range(mood.crash_after if mood.crash_after is not None else 2_000):
        if world.ended is not None:
            return
        for pool, capacity in CAPACITY.items():
            running = sum(dict(world.plan.nodes[order.node].acquires).get(pool, 0) for order in world.active.values())
            assert running <= world.in_use(pool) <= capacity
        kind, key = random.choice([(kind, key) for kind in ("active", "to_open") for key in getattr(world, kind)])
        if kind == "to_open":
            world.open(key, counts[key[0]])
        else:
            chance = random.randrange(10)
            outcomes = [Status.WAITING] * mood.losses + [Status.FAILURE] * mood.failures
            world.end(key, outcomes[chance] if chance < len(outcomes) else Status.SUCCESS)
    assert mood.crash_after is not None, "the run does not end"


@given(flow_specs(), st.lists(moods, max_size=3), st.integers(1, 4), randoms)
def test_holds_never_exceed_what_there_is_and_every_run_ends(
    spec: FlowSpec, course: list[Mood], slots: int, random: Random
) -> None:
    children = tuple(some_holds(child, random) for child in spec.root.children)
    spec = evolve(spec, root=evolve(spec.root, children=children), pools=POOLS)
    counts = fixed_counts(spec.root, random)
    try:
        plan = compile_flow(spec)
    except InvalidFlowError:
        assume(False)
    world = World(plan, slots=slots)
    for mood in [*course, Mood()]:
        live(world, mood, random, counts)
        if world.ended is not None:
            held = {key: {pool for pool, amount in amounts.items() if amount} for key, amounts in world.holds.items()}
            blocked = world.ended.blocked
            assert blocked or not any(held.values()), "something is still held at the end"
            for waiting in blocked:
                assert world.in_use(waiting.pool) + waiting.wanted > CAPACITY[waiting.pool]
            if world.ended.status is RunStatus.SUCCESS:
                return
        world = world.crash()
