"""Finds, for every node, what it takes and what it waits for."""

from __future__ import annotations

from attrs import define, field

from sequent.compiler.conditions import Condition, ask, join
from sequent.compiler.names import Names, Reader
from sequent.compiler.problems import Problems
from sequent.compiler.reach import may_be_skipped
from sequent.compiler.tree import Node, Tree
from sequent.compiler.values import Values
from sequent.errors import Place
from sequent.model.plan import Input, ItemsCallPlan, ItemsLiteralPlan, ItemsPlan, ParamInput, ResultInput
from sequent.model.references import FlowHandle, Reference, ResultOf
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import ContainerSpec, ItemsCall, ItemsLiteral, Work, references_of
from sequent.model.status import Claim

MOST_NESTED = 100


@define
class Resolver:
    """Resolves the nodes of a tree one after the other; a container comes before what is in it."""

    tree: Tree
    problems: Problems
    _names: Names = field(init=False)
    _values: Values = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._names = Names(self.tree, self.problems)
        self._values = Values(self._names, self.problems)

    def look_up(self, node: Node) -> None:
        """Find what a node takes and waits for."""
        body = node.parent
        outside = body.parent if body is not None else None
        if isinstance(node.spec, ContainerSpec):
            self._take_attributes(node, node.spec)
        else:
            node.inputs = self._inputs(node, node.spec.work, outside)
        if node.spec.repeats is not None and body is not None:
            node.repeats = self._items(node, body)
        if node.spec.requires is not None and body is not None:
            self._require(node, node.spec.requires, outside)
        node.condition = join(node.taken if node.own is None else [node.own, *node.taken], is_all=True)
        node.may_be_skipped = may_be_skipped(node.condition)

    def _take(self, reference: Reference, reader: Reader, repeating: int | None) -> Input | None:
        before = len(self.problems.found)
        found = self._values.find(reference, reader, repeating)
        if len(self.problems.found) > before:
            reader.node.is_whole = False
        if isinstance(reference, ResultOf) and isinstance(found, ResultInput):
            reader.node.taken.append(
                ask(self.tree.by_index[found.node], Claim.SUCCESS, reference.place or reader.place)
            )
        return found

    def _take_attributes(self, node: Node, spec: ContainerSpec) -> None:
        reader = Reader(node, node.parent, "takes the result of", spec.place)
        for name, reference in spec.attributes:
            node.attributes[name] = self._take(reference, reader, node.repeating)

    def _inputs(self, node: Node, work: Work, outside: Node | None) -> tuple[Input, ...]:
        reader = Reader(node, outside, "takes the result of", node.spec.place)
        found = (self._take(reference, reader, node.repeating) for reference in references_of(work))
        return tuple(value for value in found if value is not None)

    def _items(self, node: Node, body: Node) -> ItemsPlan | None:
        items = node.spec.repeats
        if isinstance(items, ItemsLiteral):
            return ItemsLiteralPlan(items.text)
        if isinstance(items, ItemsCall):
            return ItemsCallPlan(self.shown_on(body) if items.takes_self else ())
        if items is None:
            return None
        reader = Reader(node, body.parent, "repeats over the result of", node.place_of("repeats"))
        found = self._take(items, reader, body.repeating)
        if isinstance(items, FlowHandle):
            self.problems.add(
                "repeats",
                f"{node.shown} repeats over the flow itself",
                path=node.text,
                place=node.place_of("repeats"),
                hint="give a list, a range, a parameter, a result, or a function that returns items",
            )
        return found

    def shown_on(self, body: Node) -> tuple[tuple[str, Input], ...]:
        """What ``self`` shows of a container: what its body takes; of the flow, its parameters as well."""
        shown = dict(body.attributes)
        if body.parent is None:
            for name in self._names.params():
                shown.setdefault(name, ParamInput(name))
        return tuple((name, value) for name, value in shown.items() if value is not None)

    def _require(self, node: Node, requires: Requirement, outside: Node | None) -> None:
        place = node.place_of("requires")
        if _is_nested_deeper(requires, MOST_NESTED):
            self._refuse_depth(node, place)
            node.is_whole = False
            return
        reader = Reader(node, outside, "requires", place)
        node.own = self._condition(requires, reader)

    def _refuse_depth(self, node: Node, place: Place | None) -> None:
        self.problems.add(
            "depth",
            f"the requirement of {node.shown} is nested more than {MOST_NESTED} deep",
            path=node.text,
            place=place,
            hint="let a step stand for a part of it",
        )

    def _condition(self, part: Requirement, reader: Reader) -> Condition | None:
        if isinstance(part, Atom):
            node = self._names.find(part.target, reader, part.place)
            if node is None:
                reader.node.is_whole = False
                return None
            return ask(node, part.claim, part.place or reader.place)
        is_all = isinstance(part, AllOf)
        found = (self._condition(inner, reader) for inner in _parts(part))
        return join((condition for condition in found if condition is not None), is_all=is_all)


def _parts(joined: Requirement) -> list[Requirement]:
    """The parts of a join, those of joins of its own kind within it included."""
    kind = type(joined)
    parts: list[Requirement] = []
    pending: list[Requirement] = [joined]
    while pending:
        part = pending.pop()
        if isinstance(part, Atom) or type(part) is not kind:
            parts.append(part)
        else:
            pending.extend(reversed(part.parts))
    return parts


def _is_nested_deeper(requirement: Requirement, most: int) -> bool:
    """Whether *and* and *or* alternate more often than that."""
    layer = [requirement]
    for _ in range(most + 1):
        layer = [inner for part in layer if not isinstance(part, Atom) for inner in _parts(part)]
        if not layer:
            return False
    return True
