"""What is around a step or container while its flow is walked, and what the containers around were given."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from attrs import define, field

from sequent.dsl.nodes import Node
from sequent.dsl.references import Reference
from sequent.model.references import Path, Value


@define(eq=False)
class EnclosingContainers:
    """The containers under way, from the flow inwards.

    A container that is used again has the children of the one it was made from, so where a child is
    depends on which of them is under way: a path leads through the innermost.
    """

    _around: list[Node] = field(factory=list[Node])
    _paths: dict[Node, Path] = field(factory=dict[Node, Path])
    _given: dict[int, Value] = field(factory=dict[int, Value])
    """What parameters stand for, by the identity of the references that name them."""

    @contextmanager
    def inside(self, node: Node, path: Path, given: Mapping[str, Value]) -> Generator[None]:
        """While what is in a container is walked.

        Args:
            node: the container.
            path: where it is.
            given: what its parameters stand for, by name, where it is used again.
        """
        written = node.__sequent__
        own = written.template or node
        values = {id(written.attributes[name]): value for name, value in given.items()}
        self._around.append(node)
        self._paths[node] = self._paths[own] = path
        self._given |= values
        try:
            yield
        finally:
            self._around.pop()
            if own is not node:
                del self._paths[own]
            for key in values:
                del self._given[key]

    def path_of(self, node: Node) -> Path | None:
        """Where a step or container is; None where it is in none that is under way."""
        names: list[str] = []
        while (around := self._paths.get(node)) is None:
            parent = node.__sequent__.parent
            if parent is None:
                return None
            names.append(node.__sequent__.name)
            node = parent
        return (*around, *reversed(names))

    def given(self, reference: Reference) -> Value | None:
        """What a parameter of a container that is used again stands for."""
        return self._given.get(id(reference))

    def hides(self, name: str) -> bool:
        """Whether the body that is being walked has something of that name itself."""
        return bool(self._around) and _has(self._around[-1], name)

    def outer_node(self, name: str) -> Node | None:
        """The step or container that a name means which is searched outside of the body that is being walked."""
        for container in reversed(self._around[:-1]):
            if _has(container, name):
                return container.__sequent__.children.get(name)
        return None

    def outer_constant(self, name: str) -> Mapping[str, object]:
        """The plain attribute of a class that such a name means, by that name; nothing where it means another thing."""
        for container in reversed(self._around[:-1]):
            written = container.__sequent__
            if _has(container, name):
                return {}
            if written.body is not None and name in vars(written.body):
                return {name: vars(written.body)[name]}
        return {}


def _has(container: Node, name: str) -> bool:
    written = container.__sequent__
    return name in written.children or name in written.attributes
