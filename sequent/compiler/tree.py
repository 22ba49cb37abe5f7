"""The flow as a tree in which every node has its index, its place among its siblings and its container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from unicodedata import normalize

from attrs import define, field

from sequent.compiler.problems import Problems
from sequent.errors import Place
from sequent.model.hosts import names_no_other
from sequent.model.inputs import Input, ItemsPlan
from sequent.model.option_table import FLOW, OPTIONS, said
from sequent.model.plan import NO_VALUES
from sequent.model.references import Literal, Path
from sequent.model.requirements import Atom, Requirement
from sequent.model.spec import LONGEST_NAME, MOST_LEVELS, ContainerSpec, FlowSpec, StepSpec

_ROOT_HINTS = {"releases": "leave it out: when a run ends, all that it holds is given back"}


_NO_NODES: Mapping[str, TreeNode] = {}


@define(eq=False)
class TreeNode:
    """A step or a container, and the compiler's findings about it.

    A container has a lower index than its contents. A repeated step has two: its own, of the container that wraps it,
    and the next, of the step within. A step or container with copies on hosts has one more: its first index is that of
    the container of these copies.
    """

    spec: StepSpec | ContainerSpec
    parent: TreeNode | None
    path: Path
    text: str
    """The dotted path."""
    index: int
    position: int
    stops: bool
    """Whether an unhandled failure in it stops the container around it, unless a node further in decides."""
    repeating: int | None
    """The container whose item is the nearest: itself if it repeats, otherwise one around it."""
    by_path: dict[Path, TreeNode]
    """All nodes of the flow."""
    children: Sequence[TreeNode] = ()
    names: Mapping[str, TreeNode] = _NO_NODES
    attributes: Mapping[str, Input | None] = NO_VALUES
    """The inputs of its body; None for one that cannot be found."""
    repeats: ItemsPlan | None = None
    inputs: tuple[Input, ...] = ()
    values: Mapping[str, Input] = NO_VALUES
    """The options that hold for it and may be known only while running, by name."""
    passed_on: Mapping[str, Input] = NO_VALUES
    """The options that hold for the contents of a container, unless a node there has its own."""
    told_of: list[tuple[TreeNode, Place | None]] = field(factory=list["tuple[TreeNode, Place | None]"])
    """The nodes whose failures it takes, and where."""
    own: Requirement | None = None
    """Its own requirement, as written."""
    taken: list[Atom] = field(factory=list[Atom])
    """Claims on the nodes whose results it takes: success, or done if a value may stand in."""
    condition: Requirement | None = None
    """All of its requirements, resolved: its own and those on results."""
    may_be_skipped: bool = False
    is_whole: bool = True
    """Whether all names in it were found."""

    @property
    def wraps(self) -> bool:
        """Whether it is a repeated step."""
        return isinstance(self.spec, StepSpec) and self.spec.repeats is not None

    @property
    def is_copied(self) -> bool:
        """Whether it has a copy on each of some hosts; a single name that every machine has for itself says nothing."""
        hosts = self.spec.values.get("hosts")
        return hosts is not None and not (isinstance(hosts, Literal) and names_no_other(hosts.text))

    @property
    def block_index(self) -> int:
        """Its index within a copy of it; its own if there are no copies."""
        return self.index + self.is_copied

    @property
    def is_parallel(self) -> bool:
        """Whether several of its iterations may be under way at once."""
        return self.spec.parallel != 1 or "parallel" in self.spec.values

    @property
    def shown(self) -> str:
        """Its name in a message."""
        return repr(self.text) if self.path else f"the flow {self.spec.name!r}"

    def place_of(self, option: str) -> Place | None:
        """Return the line of one of its options, if it is known."""
        return self.spec.option_places.get(option, self.spec.place)

    @property
    def around(self) -> list[TreeNode]:
        """The containers around it, innermost first."""
        containers: list[TreeNode] = []
        container = self.parent
        while container is not None:
            containers.append(container)
            container = container.parent
        return containers

    def of(self, claim: Atom) -> TreeNode:
        """Return the node that a claim is about."""
        return self.by_path[claim.path]

    def is_around(self, other: TreeNode) -> bool:
        """Return whether the other is inside it, at any depth."""
        depth = len(self.path)
        return len(other.path) > depth and other.ancestor(depth) is self

    def ancestor(self, depth: int) -> TreeNode:
        """Return the node around it, or itself, whose path has this many names."""
        node = self
        while len(node.path) > depth and node.parent is not None:
            node = node.parent
        return node


@define
class Tree:
    """All nodes of a flow, each container before its contents, siblings as written."""

    spec: FlowSpec
    nodes: list[TreeNode]
    by_path: dict[Path, TreeNode]
    by_index: dict[int, TreeNode]

    @property
    def root(self) -> TreeNode:
        """The flow itself."""
        return self.nodes[0]


def named(nodes: Sequence[TreeNode]) -> str:
    """Return the first of some nodes, in a sentence: ``'a' and 'b' and 'c' and others``."""
    return " and ".join(node.shown for node in nodes[:3]) + (" and others" if len(nodes) > 3 else "")


def plant(spec: FlowSpec, problems: Problems) -> Tree:
    """Lay out the tree of a flow; clashing names, and too many levels, are problems."""
    tree = Tree(spec, [], {}, {})
    pending: list[TreeNode] = [
        TreeNode(spec.root, None, (), "", 0, 0, spec.config.stop_on_exception, None, tree.by_path)
    ]
    index = 0
    while pending:
        node = pending.pop()
        node.index = index
        if node.spec.repeats is not None:
            node.repeating = node.block_index
        elif node.parent is not None:
            node.repeating = node.parent.repeating
        index += 1 + node.is_copied + node.wraps
        tree.nodes.append(node)
        tree.by_index[node.index] = tree.by_index[node.block_index] = node
        tree.by_path.setdefault(node.path, node)
        if isinstance(node.spec, ContainerSpec):
            _add_children(node, node.spec, problems)
            if node.children and len(node.path) == MOST_LEVELS:
                _refuse_depth(node, node.spec, problems)
            else:
                pending.extend(reversed(node.children))
    _check_root(tree, problems)
    return tree


def _add_children(node: TreeNode, spec: ContainerSpec, problems: Problems) -> None:
    alike: dict[str, TreeNode] = {}
    names: dict[str, TreeNode] = {}
    children: list[TreeNode] = []
    node.names, node.children = names, children
    for position, child_spec in enumerate(spec.children):
        name = child_spec.name
        own = child_spec.stop_on_exception
        child = TreeNode(
            child_spec,
            node,
            (*node.path, name),
            f"{node.text}.{name}" if node.path else name,
            0,
            position,
            node.stops if own is None else own,
            None,
            node.by_path,
        )
        children.append(child)
        if len(name) > LONGEST_NAME:
            _refuse_length(child, problems)
        key = name.lower() if name.isascii() else normalize("NFKC", name).casefold()
        other = alike.setdefault(key, child)
        names.setdefault(name, child)
        if other is not child:
            _refuse_clash(child, other, problems)


def _refuse_length(node: TreeNode, problems: Problems) -> None:
    problems.add(
        "name",
        f"the name '{node.spec.name[:20]}...' has {len(node.spec.name)} characters",
        path=node.text,
        place=node.spec.place,
        hint=f"at most {LONGEST_NAME} are allowed",
    )


def _refuse_clash(node: TreeNode, other: TreeNode, problems: Problems) -> None:
    where = f"the container {node.parent.text!r}" if node.parent is not None and node.parent.path else "the flow"
    lines = f" (the first at {other.spec.place})" if other.spec.place else ""
    if node.spec.name == other.spec.name:
        code, message = "duplicate", f"the name {node.spec.name!r} is used twice in {where}{lines}"
    else:
        code = "similar-names"
        message = f"the names {other.spec.name!r} and {node.spec.name!r} in {where} differ only in case or form{lines}"
    problems.add(code, message, path=node.text, place=node.spec.place, hint="give each a name of its own")


def _refuse_depth(node: TreeNode, spec: ContainerSpec, problems: Problems) -> None:
    levels = len(node.path)
    layer: list[StepSpec | ContainerSpec] = list(spec.children)
    while layer:
        levels += 1
        layer = [child for part in layer if isinstance(part, ContainerSpec) for child in part.children]
    problems.add(
        "depth",
        f"the flow is nested {levels} levels deep at '{node.text[:60]}...'",
        path=node.text,
        place=spec.place,
        hint=f"at most {MOST_LEVELS} levels are allowed; the number of iterations has no limit",
    )


def _check_root(tree: Tree, problems: Problems) -> None:
    spec, root = tree.spec, tree.spec.root
    if not root.children:
        problems.add(
            "empty-flow",
            f"{spec.name!r} is an empty flow: it has no steps",
            place=root.place,
            hint="add a step",
        )
    for option in said(root):
        if FLOW not in OPTIONS[option].where and option != "until":
            problems.add(
                "flow-option",
                f"the flow {spec.name!r} has {option!r}, which is only for steps and containers inside a flow",
                place=root.option_places.get(option, root.place),
                hint=_ROOT_HINTS.get(option, "put it on a container within the flow"),
            )
