"""Finds the inputs and the requirements of every node."""

from __future__ import annotations

from attrs import define, field

from sequent.compiler.name_lookup import Names, Reader
from sequent.compiler.problems import Problems
from sequent.compiler.satisfiability import may_be_skipped
from sequent.compiler.tree import Tree, TreeNode
from sequent.compiler.values import References
from sequent.errors import Place
from sequent.model.inputs import Input, ItemsCallPlan, ItemsLiteralPlan, ItemsPlan, LiteralInput, ParamInput
from sequent.model.option_table import OPTIONS
from sequent.model.references import FlowHandle, Literal, SecretOf, Value
from sequent.model.requirements import MOST_NESTED, AllOf, Atom, Requirement, join
from sequent.model.spec import ContainerSpec, ItemsCall, ItemsLiteral, ItemsSpec, StepSpec
from sequent.model.work import Work, references_of

OF_THE_WHOLE = ("hosts", "parallel")
"""The options of a step that are evaluated once, and not in each of its iterations."""


@define
class Resolver:
    """Resolves the nodes of a tree one after the other; a container comes before its contents."""

    tree: Tree
    problems: Problems
    _names: Names = field(init=False)
    _references: References = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._names = Names(self.tree, self.problems)
        self._references = References(self._names, self.problems)

    def look_up(self, node: TreeNode) -> None:
        """Find the inputs and the requirement of a node."""
        body = node.parent
        outside = body.parent if body is not None else None
        if isinstance(node.spec, ContainerSpec):
            self._take_attributes(node, node.spec)
        else:
            node.inputs = self._inputs(node, node.spec.work, outside)
        self._take_options(node, body)
        if node.spec.requires is not None and body is not None:
            self._require(node, node.spec.requires, outside)
        node.condition = join(node.taken if node.own is None else [node.own, *node.taken], AllOf)
        node.may_be_skipped = may_be_skipped(node.condition)

    def _take(self, value: Value, use: str, reader: Reader, repeating: int | None) -> Input | None:
        before = len(self.problems.found)
        input_ = self._references.find(value, use, reader, repeating)
        if len(self.problems.found) > before:
            reader.node.is_whole = False
        return input_

    def _take_attributes(self, node: TreeNode, spec: ContainerSpec) -> None:
        reader = Reader(node, node.parent, "takes the result of", spec.place)
        node.attributes = {
            name: self._take(reference, f"attribute {name!r}", reader, node.repeating)
            for name, reference in spec.attributes
        }

    def _inputs(self, node: TreeNode, work: Work, outside: TreeNode | None) -> tuple[Input, ...]:
        reader = Reader(node, outside, "takes the result of", node.spec.place)
        given = (value for value in references_of(work) if not isinstance(value, FlowHandle | SecretOf))
        found = (self._take(reference, "argument", reader, node.repeating) for reference in given)
        return tuple(value for value in found if value is not None)

    def _take_options(self, node: TreeNode, body: TreeNode | None) -> None:
        """Resolve references in options: for a step in each iteration; for a container and a repeat from outside."""
        spec = node.spec
        around = None if body is None else body.repeating
        if spec.repeats is not None and body is not None:
            node.repeats = self._items(node, spec.repeats, body)
        if spec.values:
            is_step = isinstance(spec, StepSpec)
            found = {
                option: self._option(
                    node, option, value, node.repeating if is_step and option not in OF_THE_WHOLE else around
                )
                for option, value in spec.values.items()
            }
            node.values = {option: value for option, value in found.items() if value is not None}
            node.passed_on = {option: value for option, value in node.values.items() if OPTIONS[option].is_inherited}
        if body is not None and body.passed_on:
            node.passed_on = {**body.passed_on, **node.passed_on}
        if node.passed_on and isinstance(spec, StepSpec):
            node.values = {**node.passed_on, **node.values}

    def _option(self, node: TreeNode, option: str, value: Value, repeating: int | None) -> Input | None:
        if isinstance(value, Literal):
            # Before looking for its line, which takes a while.
            return LiteralInput(value.text)
        outside = None if node.parent is None else node.parent.parent
        verb = "repeats over the result of" if option == "repeats" else f"has as its {option} the result of"
        return self._take(value, option, Reader(node, outside, verb, node.place_of(option)), repeating)

    def _items(self, node: TreeNode, items: ItemsSpec, body: TreeNode) -> ItemsPlan | None:
        if isinstance(items, ItemsLiteral):
            return ItemsLiteralPlan(items.text)
        if isinstance(items, ItemsCall):
            return ItemsCallPlan(self.shown_on(body) if items.takes_self else ())
        return self._option(node, "repeats", items, body.repeating)

    def shown_on(self, body: TreeNode) -> tuple[tuple[str, Input], ...]:
        """Return the attributes of ``self`` in a container: its inputs; for the flow, its parameters as well."""
        shown = dict(body.attributes)
        if body.parent is None:
            for name in self._names.params():
                shown.setdefault(name, ParamInput(name))
        return tuple((name, value) for name, value in shown.items() if value is not None)

    def _require(self, node: TreeNode, requires: Requirement, outside: TreeNode | None) -> None:
        place = node.place_of("requires")
        if _is_too_deep(requires):
            self._refuse_depth(node, place)
            node.is_whole = False
            return
        reader = Reader(node, outside, "requires", place)
        node.own = self._condition(requires, reader)

    def _refuse_depth(self, node: TreeNode, place: Place | None) -> None:
        self.problems.add(
            "depth",
            f"the requirement of {node.shown} is nested more than {MOST_NESTED} deep",
            path=node.text,
            place=place,
            hint="let a step stand for a part of it",
        )

    def _condition(self, part: Requirement, reader: Reader) -> Requirement | None:
        if isinstance(part, Atom):
            node = self._names.find(part.target, reader, part.place)
            if node is None:
                reader.node.is_whole = False
                return None
            return Atom(node.path, part.claim, part.place or reader.place, tuple(sorted(set(part.values))))
        found = (self._condition(inner, reader) for inner in _parts(part))
        return join((condition for condition in found if condition is not None), type(part))


def _parts(joined: Requirement) -> list[Requirement]:
    """Return the parts of a join, including those of joins of its own kind within it."""
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


def _is_too_deep(requirement: Requirement) -> bool:
    """Return whether *and* and *or* alternate more often than allowed."""
    layer = [requirement]
    for _ in range(MOST_NESTED + 1):
        layer = [inner for part in layer if not isinstance(part, Atom) for inner in _parts(part)]
        if not layer:
            return False
    return True
