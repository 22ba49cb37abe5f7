"""Finds the node of a name, as seen from where it is written."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, frozen

from sequent.by_fields import ByFields
from sequent.compiler.problems import Problems
from sequent.compiler.tree import Tree, TreeNode
from sequent.errors import Place
from sequent.model.references import OuterName, Path, Target, dotted
from sequent.model.wording import listed


@frozen(eq=False, repr=False)
class Reader(ByFields):
    """The user of a name: a node, and the container from which ``outer`` is searched outwards."""

    node: TreeNode
    outside: TreeNode | None
    verb: str = "requires"
    place: Place | None = None

    def levels(self) -> Iterator[TreeNode]:
        """Yield the containers that ``outer`` searches, innermost first."""
        container = self.outside
        while container is not None:
            yield container
            container = container.parent


@define
class Names:
    """Finds nodes by their names, and explains each name that cannot be used."""

    tree: Tree
    problems: Problems

    def find(self, target: Target, reader: Reader, place: Place | None) -> TreeNode | None:
        """Return the node of a target; None, with a problem, if the reader may not name it."""
        where = place or reader.place
        node = (
            self._outer(target.name, reader, where)
            if isinstance(target, OuterName)
            else self._at(target, reader, where)
        )
        if node is None or self._would_wait_for_itself(node, reader, where):
            return None
        return node

    def _at(self, path: Path, reader: Reader, place: Place | None) -> TreeNode | None:
        node = self.tree.by_path.get(path)
        if node is None:
            self._unknown(path, reader, place)
            return None
        if node.parent is None or node.parent.is_around(reader.node):
            return node
        if reader.node.is_around(node) or node.is_around(reader.node):
            return node
        self._reaches_in(node, reader, place)
        return None

    def _outer(self, name: str, reader: Reader, place: Place | None) -> TreeNode | None:
        for container in reader.levels():
            if name in container.names:
                return container.names[name]
            if name in container.attributes:
                self.problems.add(
                    "outer-value",
                    f"{reader.node.shown} {reader.verb} outer.{name}, which is an attribute of {container.shown}",
                    path=reader.node.text,
                    place=place,
                    hint=f"only a step or container can be required; take outer.{name} itself as a value",
                )
                return None
        self.refuse_outer(name, reader, place)
        return None

    def refuse_outer(self, name: str, reader: Reader, place: Place | None) -> None:
        """Report that a name exists at no level further out, and list the names that do."""
        own_body = reader.node.parent if reader.node.parent is not reader.outside else None
        if own_body is not None and name == reader.node.spec.name:
            self._refuse_itself(reader, place)
            return
        found: dict[str, str] = {}
        for level in reader.levels():
            own = reader.node.path[len(level.path)] if len(level.path) < len(reader.node.path) else ""
            for other in (*level.names, *level.attributes, *(() if level.path else self.params())):
                if other != own:
                    found.setdefault(other, f"{other} (in {level.text or self.tree.spec.name})")
        known = f"the enclosing bodies have: {listed(list(found.values()))}" if found else "no body encloses it"
        self.problems.add(
            "unknown-outer",
            f"{reader.node.shown} names outer.{name}, which no enclosing body has",
            path=reader.node.text,
            place=place,
            hint=self._beside(name, own_body, reader) or self.problems.guess(name, found) + known,
        )

    def _beside(self, name: str, body: TreeNode | None, reader: Reader) -> str:
        """Return the hint for ``outer`` if a name of the same body is meant; '' otherwise."""
        if body is None:
            return ""
        if name in body.names:
            return f"{name!r} is in the same body: define it further up, and write {name} alone"
        if name in body.attributes or (not body.path and name in self.params()):
            return f"{name!r} is in the same body: write {name} alone"
        guess = self.problems.guess(name, (other for other in body.names if other != reader.node.spec.name))
        return f"{guess}It is in the same body, and named without outer" if guess else ""

    def _refuse_itself(self, reader: Reader, place: Place | None) -> None:
        own = reader.node
        message = f"{own.shown} {reader.verb} itself"
        self.problems.add("self-requirement", message, path=own.text, place=place, hint="leave it out")

    def params(self) -> tuple[str, ...]:
        """Return the flow's parameters."""
        return tuple(param.name for param in self.tree.spec.params)

    def _unknown(self, path: Path, reader: Reader, place: Place | None) -> None:
        container = self.tree.by_path.get(path[:-1]) or reader.node.parent or self.tree.root
        self.problems.add(
            "unknown-name",
            f"{reader.node.shown} {reader.verb} {dotted(path)!r}, which does not exist",
            path=reader.node.text,
            place=place,
            hint=self.problems.nearest(path[-1], (name for name in container.names if name != reader.node.spec.name)),
        )

    def _would_wait_for_itself(self, node: TreeNode, reader: Reader, place: Place | None) -> bool:
        own = reader.node
        if node is own:
            self._refuse_itself(reader, place)
            return True
        if node.is_around(own):
            code, message = "own-container", f"{own.shown} is inside {node.shown}, and would wait for itself"
            hint = "require the step that must come first inside the container"
        elif own.is_around(node):
            code, message = (
                "own-child",
                f"{own.shown} {reader.verb} {node.shown}, which is inside it: it would wait for itself",
            )
            hint = f"let the steps inside {own.shown} require it"
        else:
            return False
        self.problems.add(code, message, path=own.text, place=place, hint=hint)
        return True

    def _reaches_in(self, node: TreeNode, reader: Reader, place: Place | None) -> None:
        own = reader.node
        shared = 0
        while node.path[: shared + 1] == own.path[: shared + 1]:
            shared += 1
        container = node.ancestor(shared + 1)
        self.problems.add(
            "into-container",
            f"{own.shown} {reader.verb} {node.shown}, which is inside the container {container.shown}",
            path=own.text,
            place=place,
            hint=f"require the container {container.shown} instead",
        )
