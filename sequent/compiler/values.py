"""Where the values of references come from: results, items and parameters, with every name resolved."""

from __future__ import annotations

from attrs import define

from sequent.compiler.names import Names, Reader
from sequent.compiler.problems import Problems
from sequent.compiler.tree import Node
from sequent.errors import Place
from sequent.model.plan import Input, ItemInput, ParamInput, ResultInput
from sequent.model.references import FlowHandle, ItemOf, OuterValue, ParamOf, Path, Reference, ResultOf
from sequent.model.spec import ContainerSpec


@define
class Values:
    """Finds what a reference means, and says of each that means nothing why."""

    names: Names
    problems: Problems

    def find(self, reference: Reference, reader: Reader, repeating: int | None) -> Input | None:
        """The input that a reference means.

        Args:
            reference: what is written.
            reader: who takes it.
            repeating: the container whose item ``item()`` is, if there is one.

        Returns:
            None for a handle of the flow; and, with a problem, for what cannot be found.
        """
        match reference:
            case ResultOf():
                node = self.names.find(reference.target, reader, reference.place)
                return None if node is None else self._result(node, reader, reference.place or reader.place)
            case ItemOf():
                if repeating is None:
                    self._refuse_item(reader, reference.place or reader.place)
                return None if repeating is None else ItemInput(repeating)
            case ParamOf():
                return self._param(reference.name, reader, reference.place or reader.place)
            case OuterValue():
                return self._outer(reference.name, reader, reference.place or reader.place)
            case FlowHandle():
                return None

    def _result(self, node: Node, reader: Reader, place: Place | None) -> ResultInput | None:
        maker = maker_of(node)
        if maker is not None:
            return ResultInput(node.index, maker)
        self.problems.add(
            "no-result",
            f"{reader.node.shown} takes the result of the container {node.shown}, which names none",
            path=reader.node.text,
            place=place,
            hint=_result_hint(node),
        )
        return None

    def _refuse_item(self, reader: Reader, place: Place | None) -> None:
        around = [container.shown for container in _around(reader.node) if container.path]
        inside = f": neither it nor {', '.join(around)} repeats" if around else ": it does not repeat"
        self.problems.add(
            "item",
            f"{reader.node.shown} takes item() outside any repeat{inside}",
            path=reader.node.text,
            place=place,
            hint="give repeats= to it or to a container around it",
        )

    def _param(self, name: str, reader: Reader, place: Place | None) -> ParamInput | None:
        if name in self.names.params():
            return ParamInput(name)
        self.problems.add(
            "unknown-param",
            f"{reader.node.shown} takes the parameter {name!r}, which the flow does not have",
            path=reader.node.text,
            place=place,
            hint=self.problems.nearest(name, self.names.params()),
        )
        return None

    def _outer(self, name: str, reader: Reader, place: Place | None) -> Input | None:
        for container in reader.levels():
            if name in container.attributes:
                return container.attributes[name]
            if not container.path and name in self.names.params():
                return ParamInput(name)
            if name in container.names:
                self.problems.add(
                    "outer-value",
                    f"{reader.node.shown} takes outer.{name}, which is {container.names[name].shown}, as a value",
                    path=reader.node.text,
                    place=place,
                    hint=f"write outer.{name}.result",
                )
                return None
        self.names.refuse_outer(name, reader, place)
        return None


def maker_of(node: Node) -> Path | None:
    """The path of the step whose result a node's result is; None where a container names none."""
    while isinstance(node.spec, ContainerSpec):
        inner = node.names.get(node.spec.result) if node.spec.result is not None else None
        if inner is None:
            return None
        node = inner
    return node.path


def _around(node: Node) -> list[Node]:
    containers: list[Node] = []
    while node.parent is not None:
        node = node.parent
        containers.append(node)
    return containers


def _result_hint(node: Node) -> str:
    names = list(node.names)
    return f"write result = {names[0]} in its body; it has: {', '.join(names[:20])}" if names else "it has no steps"
