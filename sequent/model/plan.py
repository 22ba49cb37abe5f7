"""The plan: the specification with every name resolved to an index, and requirements as circuits.

A container's requirements are one circuit. Each *atom* is an input that the fate of a child (or of a node further
out) decides once: true, or never. Each *gate* has a number of inputs, and a target that its own decision feeds. A
target is a gate (0 and up) or the start of a child: ``start_of(position)``. So the cost of a fact is that of its
changes, and a requirement on ten thousand steps takes ten thousand in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.description import Description, Part
from sequent.model.durations import AT_ONCE, Backoff
from sequent.model.inputs import Input, ItemsCallPlan, ItemsPlan
from sequent.model.references import Path
from sequent.model.scope import Sequence
from sequent.model.spec import Amounts, PoolSpec
from sequent.model.status import Action, Claim, Construct, Status

NO_VALUES: Mapping[str, Input] = {}


def start_of(position: int) -> int:
    """Return the target that stands for the start of the child at this position."""
    return -1 - position


@frozen(eq=False, repr=False)
class Gate(ByFields):
    """Joins its inputs: all of them, or any of them."""

    is_all: bool
    size: int
    target: int


@frozen(eq=False, repr=False)
class AtomPlan(ByFields):
    """An input; it is decided once its claim is true, or can never be."""

    claim: Claim
    target: int
    question: int = -1
    """For a claim on a returned value: the index of the deciding question in its maker's ``asked``."""


@frozen(eq=False, repr=False)
class OuterAtom(ByFields):
    """An input that is decided further out: by the child ``node`` of a container around this one."""

    node: int
    claim: Claim
    target: int
    question: int = -1


@frozen(kw_only=True, eq=False, repr=False)
class StepPlan(ByFields):
    """A leaf that will run, once in each iteration of its container."""

    index: int
    path: Path
    parent: int
    position: int
    """Its place among its container's children."""
    construct: Construct
    host: str = ""
    """The name of this machine that it gives, if any; a step on another host has a copy there."""
    is_empty: bool = False
    """Whether there is nothing to do: the step succeeds at once."""
    asks: bool = False
    """Whether it asks a question, and a person settles it: nothing is executed."""
    inputs: tuple[Input, ...] = ()
    """The values of the references among its arguments, in its words, env, cwd and stdin, or in its question, in the
    order of ``work.references_of``, without secrets and handles of the flow; literals stay with the definition.
    """
    attributes: tuple[tuple[str, Input], ...] = ()
    """The attributes of ``self``, if the callable takes it."""
    stops: bool = True
    """Whether its unhandled failure stops its container."""
    watches: bool = False
    """Whether it still starts in a container that has stopped."""
    announces: bool = False
    """Whether a requirement needs to know if it is active, so that its beginning is a fact of its own."""
    is_until: bool = False
    """Whether a truthy result of it ends its container's repeat."""
    asked: tuple[tuple[str, ...], ...] = ()
    """The questions about its result, or that of a container with its result: whether it is one of these wire texts."""
    values: Mapping[str, Input] = NO_VALUES
    """The options whose values are computed by a run, by name."""
    retries: int = 0
    backoff: Backoff = AT_ONCE
    retry_on: tuple[str | int, ...] = ()
    priority: int = 0
    limit: int = 0
    """The maximum number of its tasks that run at once; 0: no limit."""
    acquires: Amounts = ()
    releases: Amounts | None = None
    recovery: Mapping[Status, Action] = field(factory=dict[Status, Action])
    fingerprint: str = ""
    place: Place | None = field(default=None, eq=False)


@frozen(kw_only=True, eq=False, repr=False)
class ContainerPlan(ByFields):
    """A block that will run. A repeated step is a container of one step, with the step's path (``wraps``).

    A step or container with copies on hosts is in a container of its own, with its path (``is_copied``).
    """

    index: int
    path: Path
    parent: int
    """The index of the container around; -1 for the root."""
    position: int = 0
    children: tuple[int, ...] = ()
    gates: tuple[Gate, ...] = ()
    atoms: tuple[tuple[AtomPlan, ...], ...] = ()
    """Per child position: the inputs among its siblings that it decides."""
    outer_atoms: tuple[OuterAtom, ...] = ()
    free: tuple[int, ...] = ()
    """The positions of children that wait for nothing."""
    handlers: tuple[tuple[int, ...], ...] = ()
    """Per child position: the siblings whose start would handle its failure."""
    repeats: ItemsPlan | None = None
    parallel: int = 1
    """The maximum number of iterations at once; 0: no limit."""
    values: Mapping[str, Input] = NO_VALUES
    """As for a step; ``parallel`` if it is known only when the repeat opens."""
    priority: int = 0
    limit: int = 0
    """The maximum number of tasks within it that run at once; 0: no limit."""
    acquires: Amounts = ()
    releases: Amounts | None = None
    until: int | None = None
    """The position of the child whose truthy result ends the repeat."""
    result: int | None = None
    """The position of the child whose result is the container's."""
    wraps: bool = False
    is_copied: bool = False
    """Whether its iterations are copies, one on each host: ``repeats`` has the names. They count in no sequence."""
    is_single: bool = False
    """Whether it has one copy, as its author wrote: then its result is that of the copy, and else a dict by host."""
    stops: bool = True
    watches: bool = False
    place: Place | None = field(default=None, eq=False)

    def sequence_within(self, around: Sequence, number: int, hosts: tuple[str, ...]) -> Sequence:
        """The sequence in one of its iterations; ``hosts`` has those of its copies."""
        return (*around, hosts[number - 1] if self.is_copied else number)


NodePlan = StepPlan | ContainerPlan


def taken_by(node: NodePlan) -> Iterator[Input]:
    """Yield all values that a node itself takes: a step as arguments and options, a container as options."""
    yield from node.values.values()
    if isinstance(node, StepPlan):
        yield from node.inputs
        yield from (value for _, value in node.attributes)
    elif isinstance(node.repeats, ItemsCallPlan):
        yield from (value for _, value in node.repeats.attributes)
    elif isinstance(node.repeats, Input):
        yield node.repeats


@frozen(kw_only=True, eq=False, repr=False)
class Reaction(ByFields):
    """The reasons to run a kept success again in a recovery, by node index (siblings or further out)."""

    to_failure_of: tuple[int, ...] = ()
    """The nodes whose failure it handled or watched: it runs again if they fail again."""
    to_run_of: tuple[int, ...] = ()
    """The nodes that it awaited by ``done``: it runs again if they ran again."""


@frozen(kw_only=True, eq=False, repr=False)
class Plan(ByFields):
    """The plan of a flow. ``nodes[0]`` is the root; a container stands before its children."""

    name: str
    nodes: tuple[NodePlan, ...]
    params: Mapping[str, str] = field(factory=dict[str, str])
    """The value of each parameter, as wire text."""
    max_concurrent: int | None = None
    pools: tuple[PoolSpec, ...] = ()
    reactions: Mapping[int, Reaction] = field(factory=dict[int, Reaction])
    """The reactions by node index, for nodes that have any."""
    description: Description = field(factory=dict[str, Part])
    """The flow as data: described, drawn, and compared with the description of the run."""

    @cached_property
    def has_priorities(self) -> bool:
        """Whether any part has a priority."""
        return any(node.priority for node in self.nodes[1:])

    def step(self, index: int) -> StepPlan:
        """Return the step with this index."""
        node = self.nodes[index]
        if not isinstance(node, StepPlan):
            raise AssertionError(f"{node.path} is not a step")
        return node

    def container(self, index: int) -> ContainerPlan:
        """Return the container with this index."""
        node = self.nodes[index]
        if not isinstance(node, ContainerPlan):
            raise AssertionError(f"{node.path} is not a container")
        return node

    def node_at(self, path: Path) -> NodePlan | None:
        """Return the node with this path; for a repeated step, the container that wraps it."""
        for node in self.nodes:
            if node.path == path:
                return node
        return None

    def maker_of(self, index: int) -> Path:
        """Return the path of the step whose result is that of a node.

        Raises:
            ValueError: the node is a container that names no result.
        """
        node = self.nodes[index]
        while isinstance(node, ContainerPlan):
            if node.result is None:
                raise ValueError(f"{node.path} names no result")
            node = self.nodes[node.children[node.result]]
        return node.path
