"""What is foreseen of a recovery is what then happens, if all that runs succeeds."""

from __future__ import annotations

from random import Random

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sequent.compiler import compile_flow
from sequent.model import facts
from sequent.model.directives import Directives
from sequent.model.hosts import hosts_in
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.items import Items
from sequent.model.plan import ContainerPlan
from sequent.model.references import dotted
from sequent.model.scope import Scope
from sequent.model.spec import ContainerSpec, FlowSpec
from sequent.model.status import RunStatus, Status, Verdict
from sequent.runtime.recovery.dry_run import Basis, RecoveryCourse, dry_run
from tests.engine.pairs import (
    HOSTS,
    Mood,
    Pair,
    courses,
    directives_of,
    fixed_counts,
    randoms,
    some_asked,
    some_directives,
    some_waits,
)
from tests.flows import flow_specs
from tests.reference import Reference
from tests.reference_tree import Key
from tests.simulated import World


def foreseen(world: World, counts: dict[str, int | None], directives: Directives) -> RecoveryCourse:
    """What is foreseen of the recovery of what a world has kept."""

    def items_of(scope: Scope, container: ContainerPlan, seen: RecoveryCourse) -> Items | None:
        if container.is_copied and isinstance(container.repeats, ItemsLiteralPlan):
            return Items(container.repeats.text)
        count = counts[dotted(container.path)]
        return None if count is None else Items(f'{{"$g":[0,{count},1]}}')

    world.rows.directives = directives
    basis = Basis(
        saved=world.rows.saved(),
        last_id=world.rows.last_id,
        kept=dict(world.rows.kept),
        recovery=world.rows.recovery + 1,
        directives=directives,
    )
    return dry_run(world.plan, basis, items_of)


def recovered(world: World, counts: dict[str, int | None], random: Random) -> tuple[set[Key], set[Key]]:
    """Let all that a recovery runs succeed, in any order; what ran, and what was skipped."""
    ran: set[Key] = set()
    world.tell(facts.RunStarted())
    for host in HOSTS:
        world.tell(facts.HostReached(host, world.slots))
    while world.ended is None:
        choices = [(kind, key) for kind in ("active", "to_open", "to_draw", "timers") for key in getattr(world, kind)]
        kind, key = random.choice(choices)
        if kind == "active":
            ran.add(key)
            world.end(key, Status.SUCCESS, Verdict.FALSY)
        elif kind == "to_open":
            repeats = world.plan.container(world.to_open[key].node)
            if repeats.is_copied and isinstance(repeats.repeats, ItemsLiteralPlan):
                world.open_copies(key, tuple(hosts_in(repeats.repeats.text)))
            else:
                world.open(key, counts[key[0]])
        elif kind == "timers":
            world.pass_time(key)
        else:
            world.draw(key, is_last=True)
    skipped = {key for key, status in world.settled.items() if status is Status.SKIPPED}
    assert world.ended.status is RunStatus.SUCCESS
    return ran, skipped


def tasks(world: World, found: set[tuple[int, tuple[int, ...]]]) -> set[Key]:
    """Steps under their paths."""
    nodes = world.plan.nodes
    steps = {(node, sequence) for node, sequence in found if not isinstance(nodes[node], ContainerPlan)}
    return {(dotted(nodes[node].path), sequence) for node, sequence in steps}


def certain(world: World, seen: RecoveryCourse, found: set[Key]) -> set[Key]:
    """All but what is in iterations that an ``until`` may keep from beginning."""
    repeats = {(dotted(world.plan.nodes[node].path), around): first for (node, around), first in seen.ending.items()}

    def is_certain(key: Key) -> bool:
        path, sequence = key
        return not any(
            (path == repeat or path.startswith(f"{repeat}."))
            and sequence[: len(around)] == around
            and sequence[len(around)] > first
            for (repeat, around), first in repeats.items()
        )

    return {key for key in found if is_certain(key)}


@given(flow_specs(asks_results=True, has_hosts=True), courses, st.integers(1, 4), randoms)
def test_it_is_what_then_happens(spec: FlowSpec, course: list[Mood], slots: int, random: Random) -> None:
    root = some_directives(some_waits(spec.root, random), random)
    assert isinstance(root, ContainerSpec)
    spec = evolve(spec, root=root)
    counts = fixed_counts(spec.root, random)
    world = World(compile_flow(spec), slots=slots)
    record: dict = {}
    for mood in course:
        reference = Reference(spec, record, world.rows.recovery)
        if reference.is_finished:
            break
        Pair(spec, world, reference, counts, random, mood).go()
        directives = directives_of(some_asked(world, random))
        seen = foreseen(world, counts, directives)
        again = World(world.plan, slots=slots, rows=_copy(world), directives=directives)
        ran, skipped = recovered(again, counts, random)
        assert certain(world, seen, tasks(world, seen.started)) == certain(world, seen, ran)
        assert certain(world, seen, tasks(world, seen.skipped)) == certain(world, seen, skipped)
        world = world.crash()


def _copy(world: World):
    from copy import deepcopy

    return evolve(
        world.rows,
        frames=deepcopy(world.rows.frames),
        tasks=dict(world.rows.tasks),
        repeats=dict(world.rows.repeats),
        hosts=dict(world.rows.hosts),
        kept=dict(world.rows.kept),
        waits=set(world.rows.waits),
    )
