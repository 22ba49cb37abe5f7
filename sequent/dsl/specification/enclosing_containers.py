"""The containers around a step or container while its flow is walked, and their parameters."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from attrs import define, field

from sequent.dsl.references.reference import Reference
from sequent.dsl.steps.nodes import Node
from sequent.model.references import Path, Value


@define(eq=False)
class EnclosingContainers:
    """The containers under way, from the flow inwards.

    A container that is used again has the children of the original one. So the place of a child depends on which of the
    two is under way: a path leads through the innermost.
    """

    _around: list[Node] = field(factory=list[Node])
    _paths: dict[Node, Path] = field(factory=dict[Node, Path])
    _given: dict[int, Value] = field(factory=dict[int, Value])
    """The values of parameters, by the identity of the references that name them."""

    @contextmanager
    def inside(self, node: Node, path: Path, given: Mapping[str, Value]) -> Generator[None]:
        """Walk the contents of a container.

        Args:
            node: the container.
            path: its path.
            given: the values of its parameters, by name, if it is used again.
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
        """Return the path of a step or container; None if it is not in a container under way."""
        names: list[str] = []
        while (around := self._paths.get(node)) is None:
            parent = node.__sequent__.parent
            if parent is None:
                return None
            names.append(node.__sequent__.name)
            node = parent
        return (*around, *reversed(names))

    def given(self, reference: Reference) -> Value | None:
        """Return the value of a parameter of a container that is used again."""
        return self._given.get(id(reference))

    def hides(self, name: str) -> bool:
        """Return whether the body that is being walked has that name itself."""
        return bool(self._around) and _has(self._around[-1], name)

    def outer_node(self, name: str) -> Node | None:
        """Return the step or container with a name that is searched outside of the body being walked."""
        for container in reversed(self._around[:-1]):
            if _has(container, name):
                return container.__sequent__.children.get(name)
        return None

    def outer_constant(self, name: str) -> Mapping[str, object]:
        """Return the plain class attribute with such a name, as a dict; {} if the name means something else."""
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
