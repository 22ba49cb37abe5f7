"""Compiles a specification and parameters to a plan."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import asdict, evolve, frozen

from sequent.by_fields import ByFields
from sequent.compiler.analysis import analyse
from sequent.compiler.describing import description_of
from sequent.compiler.requirement_gates import announced_in, circuit_of, reaction_of, watches
from sequent.compiler.resolve import OF_THE_WHOLE, Resolver
from sequent.compiler.returned_claims import ReturnedClaims, returned_claims_in
from sequent.compiler.tree import TreeNode
from sequent.compiler.values import maker_of
from sequent.digests import sha256
from sequent.model.hosts import hosts_in, names_no_other
from sequent.model.inputs import Input, ItemsLiteralPlan, LiteralInput
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Status
from sequent.model.work import CommandWork, FunctionWork, NoWork, QuestionWork, Work

_NOT_CODE = ("place", "classes")
_BEGUN = frozenset({Status.READY, Status.ACTIVE})
"""Statuses that a recovery can tell apart only if the start of an attempt's code is recorded."""


def compile_flow(spec: FlowSpec, params: Mapping[str, str] | None = None) -> Plan:
    """Compile a flow to its plan.

    Args:
        spec: the author's flow.
        params: the value of each parameter, as wire text; those with a default may be left out, and all of them if the
            plan is not run.

    Raises:
        InvalidFlowError: the flow has mistakes; the error has all of them.
    """
    tree, resolver = analyse(spec)
    writer = _Writer(resolver, announced_in(tree.nodes), returned_claims_in(tree.nodes))
    nodes: list[NodePlan] = []
    for node in tree.nodes:
        if node.is_copied:
            nodes.append(writer.copies(node))
        if isinstance(node.spec, ContainerSpec):
            nodes.append(writer.container(node, node.spec))
        else:
            nodes.extend([writer.wrapping(node, node.spec)] if node.wraps else [])
            nodes.append(writer.step(node, node.spec))
    defaults = {param.name: param.default.text for param in spec.params if param.default is not None}
    reactions = {node.index: reaction_of(node) for node in tree.nodes}
    return Plan(
        name=spec.name,
        nodes=tuple(nodes),
        params={**defaults, **(params or {})},
        max_concurrent=spec.config.max_concurrent,
        pools=spec.pools,
        reactions={index: reaction for index, reaction in reactions.items() if reaction is not None},
        description=description_of(tree),
    )


@frozen(eq=False, repr=False)
class _Writer(ByFields):
    """Makes the plan of each node of a tree."""

    resolver: Resolver
    announced: set[int]
    claims: ReturnedClaims

    def container(self, node: TreeNode, spec: ContainerSpec) -> ContainerPlan:
        circuit = circuit_of(node, self.claims)
        until = None if spec.until is None else node.names[spec.until].position
        result = None if spec.result is None else node.names[spec.result].position
        return evolve(
            self._repeat(node),
            children=tuple(child.index for child in node.children),
            gates=circuit.gates,
            atoms=circuit.atoms,
            outer_atoms=circuit.outer_atoms,
            free=circuit.free,
            handlers=circuit.handlers,
            values=_without(("hosts",), node.values),
            priority=spec.priority,
            limit=_limit(spec),
            acquires=spec.acquires,
            releases=spec.releases,
            until=until,
            result=result,
        )

    def copies(self, node: TreeNode) -> ContainerPlan:
        """The container of the copies of a step or container, one on each of its hosts."""
        hosts = node.values["hosts"]
        return _container_of_one(
            ContainerPlan(
                index=node.index,
                path=node.path,
                parent=_parent(node),
                position=node.position,
                repeats=ItemsLiteralPlan(hosts.text) if isinstance(hosts, LiteralInput) else hosts,
                parallel=0,
                result=None if maker_of(node) is None else 0,
                is_copied=True,
                is_single=_is_single(hosts),
                stops=node.stops if node.parent is None else node.parent.stops,
                watches=watches(node),
                place=node.spec.place,
            )
        )

    def wrapping(self, node: TreeNode, spec: StepSpec) -> ContainerPlan:
        """The container of one in which a repeated step stands."""
        until = 0 if spec.until else None
        return _container_of_one(evolve(self._repeat(node), until=until, result=0, wraps=True))

    def _repeat(self, node: TreeNode) -> ContainerPlan:
        """Plan the common part of a container and a repeated step: its place among others, and its repeats."""
        return ContainerPlan(
            index=node.block_index,
            path=node.path,
            parent=_parent_within(node),
            position=_position_within(node),
            repeats=node.repeats,
            parallel=node.spec.parallel,
            values={option: value for option, value in node.values.items() if option == "parallel"},
            stops=node.stops if node.parent is None or node.is_copied else node.parent.stops,
            watches=not node.is_copied and watches(node),
            place=node.spec.place,
        )

    def step(self, node: TreeNode, spec: StepSpec) -> StepPlan:
        """Plan a step; if it repeats, within its container of one."""
        body = node.parent
        ends_body = body is not None and isinstance(body.spec, ContainerSpec) and body.spec.until == spec.name
        is_inside = node.wraps or node.is_copied
        is_announced = not is_inside and node.index in self.announced
        return StepPlan(
            index=node.block_index + node.wraps,
            path=node.path,
            parent=node.block_index if node.wraps else _parent_within(node),
            position=0 if node.wraps else _position_within(node),
            construct=spec.task_construct or self.resolver.tree.spec.config.task_construct,
            host=_name_of_here(node),
            is_empty=isinstance(spec.work, NoWork),
            asks=isinstance(spec.work, QuestionWork),
            inputs=node.inputs,
            attributes=self.resolver.shown_on(body) if _takes_self(spec.work) and body is not None else (),
            stops=node.stops,
            watches=not is_inside and watches(node),
            announces=is_announced or not _BEGUN.isdisjoint(spec.recovery),
            is_until=spec.until if node.wraps else ends_body,
            asked=self.claims.put_to(node.path),
            values=_without(OF_THE_WHOLE, node.values),
            retries=spec.retries,
            backoff=spec.backoff,
            retry_on=spec.retry_on,
            priority=spec.priority,
            limit=_limit(spec),
            acquires=spec.acquires,
            releases=spec.releases,
            recovery=spec.recovery,
            fingerprint=_fingerprint(spec.work),
            place=spec.place,
        )


def _limit(spec: StepSpec | ContainerSpec) -> int:
    return max(spec.max_concurrent or 0, 0)


def _without(options: tuple[str, ...], values: Mapping[str, Input]) -> Mapping[str, Input]:
    """The options of a node within its repeat or its copies, which have these themselves."""
    if not any(option in values for option in options):
        return values
    return {option: value for option, value in values.items() if option not in options}


def _takes_self(work: Work) -> bool:
    if isinstance(work, CommandWork):
        return work.computed is not None and work.computed.takes_self
    return isinstance(work, FunctionWork) and work.takes_self


def _parent(node: TreeNode) -> int:
    return -1 if node.parent is None else node.parent.block_index


def _parent_within(node: TreeNode) -> int:
    """The container around it, which is that of its copies if there are any."""
    return node.index if node.is_copied else _parent(node)


def _position_within(node: TreeNode) -> int:
    return 0 if node.is_copied else node.position


def _container_of_one(container: ContainerPlan) -> ContainerPlan:
    """A container with one child, which waits for nothing in it."""
    return evolve(container, children=(container.index + 1,), atoms=((),), free=(0,), handlers=((),))


def _is_single(hosts: Input) -> bool:
    """Whether one host was written down, so that there is one result."""
    return isinstance(hosts, LiteralInput) and len(hosts_in(hosts.text)) == 1


def _name_of_here(node: TreeNode) -> str:
    """The name that it, or a container around it, gives to the machine where the flow is started."""
    named = next((each.values["hosts"] for each in (node, *node.around) if "hosts" in each.values), None)
    return hosts_in(named.text)[0] if isinstance(named, LiteralInput) and names_no_other(named.text) else ""


def _fingerprint(work: Work) -> str:
    """Return a digest of a step's work: its function's, or one of its words."""
    if isinstance(work, FunctionWork):
        return work.fingerprint
    if isinstance(work, NoWork):
        return ""
    words = asdict(work, filter=lambda attribute, _: attribute.name not in _NOT_CODE)
    return sha256(repr(words).encode("utf-8", "backslashreplace")).hexdigest()
