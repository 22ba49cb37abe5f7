"""The limits of a run: pools, tasks at once, hosts and iterations; changed as a person asks, or lifted one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import evolve, field, frozen
from msgspec import Struct

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.model.plan import ContainerPlan, NodePlan, Plan
from sequent.model.references import dotted
from sequent.model.spec import UNLIMITED, FlowSpec
from sequent.model.wording import did_you_mean
from sequent.testing.hosts import Host


class LimitKind(StrEnum):
    """The kinds of limits."""

    POOL = "pool"
    HOST = "host"
    """The tasks at once on a host."""
    SLOTS = "slots"
    """The tasks at once on this machine."""
    TASKS = "max_concurrent"
    """The tasks at once of a step or container."""
    ITERATIONS = "parallel"
    """The iterations at once of a step or container."""


class RunLimit(Struct, frozen=True, kw_only=True):
    """One limit."""

    kind: LimitKind
    name: str
    """The pool, the host, or the path of the step or container; '' for this machine."""
    amount: int


@frozen(kw_only=True, eq=False, repr=False)
class LimitChanges(ByFields):
    """The limits that a person asks to change."""

    pools: Mapping[str, int] = field(factory=dict[str, int])
    hosts: Mapping[str, int] = field(factory=dict[str, int])
    max_concurrent: int | None = None
    """0: no limit."""

    def __bool__(self) -> bool:
        return bool(self.pools or self.hosts) or self.max_concurrent is not None

    def applied_to(self, spec: FlowSpec) -> FlowSpec:
        """Return a flow with the other capacities of its pools.

        Raises:
            UsageError: it has no such pool.
        """
        known = [pool.name for pool in spec.pools]
        for name in self.pools:
            if name not in known:
                raise UsageError(
                    f"the flow {spec.name!r} has no pool {name!r}", code="unknown-pool", hint=did_you_mean(name, known)
                )
        pools = tuple(evolve(pool, capacity=self.pools.get(pool.name, pool.capacity)) for pool in spec.pools)
        return evolve(spec, pools=pools)


@frozen(kw_only=True, eq=False, repr=False)
class LimitedPlan(ByFields):
    """A plan with the limits of the machines that execute it."""

    plan: Plan
    slots: int
    """The tasks at once on this machine."""
    hosts: Mapping[str, int]
    """The tasks at once on each other host."""

    def scenario_hosts(self) -> dict[str, Host]:
        """Return the hosts of a simulation."""
        return {name: Host(max_concurrent=amount) for name, amount in self.hosts.items()}

    def limits(self) -> Iterator[RunLimit]:
        """Yield all limits."""
        used = {pool for node in self.plan.nodes for pool, _ in node.acquires}
        for pool in self.plan.pools:
            if pool.name in used and pool.capacity != UNLIMITED:
                yield RunLimit(kind=LimitKind.POOL, name=pool.name, amount=pool.capacity)
        yield RunLimit(kind=LimitKind.SLOTS, name="", amount=self.slots)
        for name, amount in self.hosts.items():
            yield RunLimit(kind=LimitKind.HOST, name=name, amount=amount)
        for node in self.plan.nodes:
            if node.limit:
                yield RunLimit(kind=LimitKind.TASKS, name=dotted(node.path), amount=node.limit)
            if isinstance(node, ContainerPlan) and node.repeats is not None and node.parallel > 1:
                yield RunLimit(kind=LimitKind.ITERATIONS, name=dotted(node.path), amount=node.parallel)

    def without(self, *limits: RunLimit) -> LimitedPlan:
        """Return the same without some limits."""
        lifted = {(limit.kind, limit.name) for limit in limits}

        def is_lifted(kind: LimitKind, name: str) -> bool:
            return (kind, name) in lifted

        def freed(node: NodePlan) -> NodePlan:
            name = dotted(node.path)
            node = evolve(node, limit=0) if is_lifted(LimitKind.TASKS, name) else node
            if isinstance(node, ContainerPlan) and is_lifted(LimitKind.ITERATIONS, name) and node.parallel > 1:
                return evolve(node, parallel=0)
            return node

        pools = tuple(
            evolve(pool, capacity=UNLIMITED) if is_lifted(LimitKind.POOL, pool.name) else pool
            for pool in self.plan.pools
        )
        return LimitedPlan(
            plan=evolve(self.plan, pools=pools, nodes=tuple(map(freed, self.plan.nodes))),
            slots=0 if is_lifted(LimitKind.SLOTS, "") else self.slots,
            hosts={
                name: UNLIMITED if is_lifted(LimitKind.HOST, name) else amount for name, amount in self.hosts.items()
            },
        )
