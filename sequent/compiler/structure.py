"""What a recovery must find unchanged of a flow, as lines that people can compare as well."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from sequent.compiler.tree import Node, Tree
from sequent.model.plan import Input, ItemInput, ItemsCallPlan, ItemsLiteralPlan, ResultInput
from sequent.model.spec import ContainerSpec, FlowSpec
from sequent.model.status import Construct

TUNING = "; "
"""Parts a line: what follows may change without a recovery resting on it."""


def structure_of(tree: Tree) -> dict[str, str]:
    """By dotted path, what each node is, requires, repeats and takes.

    Left out is what may change between a run and its recovery: places, literal arguments and items, code, and the order
    in which siblings are defined.
    """
    return {node.text: _line(tree, node) for node in tree.nodes}


def fingerprint_of(structure: Mapping[str, str]) -> str:
    """A digest of a structure."""
    digest = hashlib.sha256()
    for path in sorted(structure):
        digest.update(f"{path}\t{structure[path]}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


class ChangeKind(StrEnum):
    """How a step or container differs from what it was."""

    ADDED = "added"
    CHANGED = "changed"
    """It is something else, requires or takes something else."""
    TUNED = "tuned"
    """Only how long, how often, how soon or how many of it run at once: a recovery goes on with what is written now."""
    REMOVED = "removed"
    """It is gone; a rename is this and an addition."""


@frozen
class Difference:
    """A step or container that is not what it was."""

    path: str
    """Dotted; the flow itself is ''."""
    kind: ChangeKind
    text: str
    """One line for people."""


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Difference, ...]:
    """What has changed from one structure to another, by path.

    Whoever takes a run up again decides with the paths that have state in it: what was ``TUNED`` may go on; what was
    ``ADDED`` or ``CHANGED`` is for its user to accept; what has state and was ``REMOVED`` cannot be taken up.
    """
    return tuple(
        Difference(path, *_change(repr(path) if path else "the flow", old.get(path), new.get(path)))
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path)
    )


def _change(name: str, old: str | None, new: str | None) -> tuple[ChangeKind, str]:
    if new is None:
        return ChangeKind.REMOVED, f"{name} is gone; it was: {old}"
    if old is None:
        return ChangeKind.ADDED, f"{name} is new: {new}"
    is_same = old.partition(TUNING)[0] == new.partition(TUNING)[0]
    return ChangeKind.TUNED if is_same else ChangeKind.CHANGED, f"{name} was: {old}; and is: {new}"


def _line(tree: Tree, node: Node) -> str:
    spec = node.spec
    is_container = isinstance(spec, ContainerSpec)
    words = ["container" if is_container else "step"]
    if not node.path:
        words = ["flow", *_flow_words(tree.spec)]
    if node.condition is not None:
        words.append(f"requires {node.condition.text}")
    if node.repeats is not None:
        words.append(f"repeats {items_text(tree, node)}")
    if spec.parallel != 1:
        words.append(f"parallel {spec.parallel}" if spec.parallel > 0 else "parallel without limit")
    if spec.until:
        words.append("until its result" if spec.until is True else f"until {spec.until}")
    if isinstance(spec, ContainerSpec) and spec.result is not None:
        words.append(f"result {spec.result}")
    taken = {*node.inputs, *(value for value in node.attributes.values() if value is not None)}
    if taken:
        words.append(f"takes {', '.join(sorted(_text(tree, value) for value in taken))}")
    if not spec.handles:
        words.append("does not handle")
    if spec.stop_on_exception is not None:
        words.append("stops on exception" if spec.stop_on_exception else "does not stop on exception")
    if not isinstance(spec, ContainerSpec) and spec.task_construct is Construct.INVOKE:
        words.append("invoked")
    return ", ".join(words)


def _flow_words(spec: FlowSpec) -> list[str]:
    params = [f"parameter {param.name}: {param.type}" for param in sorted(spec.params, key=lambda param: param.name)]
    return params if spec.config.stop_on_exception else [*params, "does not stop on exception"]


def items_text(tree: Tree, node: Node) -> str:
    """What a node repeats over, but for the items themselves."""
    items = node.repeats
    if items is None or isinstance(items, ItemsLiteralPlan):
        return "a list"
    if isinstance(items, ItemsCallPlan):
        return "what a callable gives"
    return _text(tree, items)


def _text(tree: Tree, value: Input) -> str:
    if isinstance(value, ResultInput):
        return f"{tree.by_index[value.node].text}.result"
    if isinstance(value, ItemInput):
        return f"the item of {tree.by_index[value.container].text}"
    return f"the parameter {value.name}"
