"""What a recovery must find unchanged of a flow, as lines that people can compare as well."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.compiler.texts import Name, input_text, items_text, option_words
from sequent.compiler.tree import Node, Tree
from sequent.model.inputs import LiteralInput
from sequent.model.options import IN_A_RECOVERY, OPTIONS
from sequent.model.spec import ContainerSpec, FlowSpec
from sequent.model.status import Action, Status

_KNOWN = LiteralInput("null")
TUNING = "; "
"""Parts a line: what follows may change without a recovery resting on it."""


def structure_of(tree: Tree) -> dict[str, str]:
    """By dotted path, what each node is, requires, repeats and takes; and then how long, how often and how many.

    Left out is what may change between a run and its recovery without a word: places, literal arguments and items,
    code, and the order in which siblings are defined.
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


@frozen(eq=False, repr=False)
class Difference(ByFields):
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


def reruns_successes(structure: Mapping[str, str]) -> bool:
    """Whether a step runs again in a recovery though it has succeeded."""
    directive = f"{Status.SUCCESS} {Action.RERUN}"
    parts = (part for line in structure.values() for part in line.partition(TUNING)[0].split(f", {IN_A_RECOVERY} ")[1:])
    return any(directive in part for part in parts)


def _change(name: str, old: str | None, new: str | None) -> tuple[ChangeKind, str]:
    if new is None:
        return ChangeKind.REMOVED, f"{name} is gone; it was: {old}"
    if old is None:
        return ChangeKind.ADDED, f"{name} is new: {new}"
    is_same = old.partition(TUNING)[0] == new.partition(TUNING)[0]
    before, after = _parts(old), _parts(new)
    gone = ", ".join(part for part in before if part not in after)
    more = ", ".join(part for part in after if part not in before)
    text = f"{name} was: {gone}; and is: {more}" if gone and more else f"{name} is now also: {more}"
    if not more:
        text = f"{name} is no longer: {gone}" if gone else f"{name} was: {old}; and is: {new}"
    return ChangeKind.TUNED if is_same else ChangeKind.CHANGED, text


def _parts(line: str) -> list[str]:
    """What a line says, one thing after the other; what is written in brackets is one."""
    found = re.findall(r"(?:[^,;\[({]|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|[,;](?! ))+", line.replace(TUNING, ", "))
    return [part.strip() for part in found]


def _line(tree: Tree, node: Node) -> str:
    def name(index: int) -> str:
        return tree.by_index[index].text

    is_container = isinstance(node.spec, ContainerSpec)
    words = ["container" if is_container else "step"] if node.path else ["flow", *_flow_words(tree.spec)]
    if node.condition is not None:
        words.append(f"requires {node.condition.text}")
    if node.repeats is not None:
        words.append(f"repeats {items_text(node.repeats, name)}")
    tuning: list[str] = []
    options = option_words(node.spec, node.values, name)
    if not node.path and tree.spec.config.max_concurrent is not None:
        options["max_concurrent"] = OPTIONS["max_concurrent"].words(tree.spec.config.max_concurrent)
    words += [options.pop(early) for early in ("parallel", "until") if early in options]
    if isinstance(node.spec, ContainerSpec) and node.spec.result is not None:
        words.append(f"result {node.spec.result}")
    words += _taking_words(node, name)
    for option, text in options.items():
        is_known = isinstance(node.values.get(option, _KNOWN), LiteralInput)
        (tuning if OPTIONS[option].is_tuning and is_known else words).append(text)
    line = ", ".join(words).replace(TUNING, ";")
    return f"{line}{TUNING}{', '.join(tuning)}" if tuning else line


def _flow_words(spec: FlowSpec) -> list[str]:
    params = [f"parameter {param.name}: {param.type}" for param in sorted(spec.params, key=lambda param: param.name)]
    pools = [
        f"pool {pool.name}: {pool.capacity}" + (" shared by all runs" if pool.is_shared else "")
        for pool in sorted(spec.pools, key=lambda pool: pool.name)
    ]
    return [*params, *pools, *([] if spec.config.stop_on_exception else ["does not stop on exception"])]


def _taking_words(node: Node, name: Name) -> Iterator[str]:
    taken = {*node.inputs, *(value for value in node.attributes.values() if value is not None)}
    if taken:
        yield f"takes {', '.join(sorted(input_text(value, name) for value in taken))}"
