"""What a recovery must find unchanged of a flow, as lines that people can compare as well."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.compiler.texts import Name, attempt_words, input_text, items_text, resource_words, wait_text
from sequent.compiler.tree import Node, Tree
from sequent.model.inputs import LiteralInput
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Action, Construct, Status

_CONSTRUCTS = {Construct.INVOKE: "invoked", Construct.THREAD: "in a thread"}
_IN_A_RECOVERY = "in a recovery"
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
    parts = (
        part for line in structure.values() for part in line.partition(TUNING)[0].split(f", {_IN_A_RECOVERY} ")[1:]
    )
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
    words += _container_words(node, name)
    words += _taking_words(node, name)
    words += resource_words(node.spec.acquires, node.spec.releases)
    words += _failure_words(node.spec)
    tuning = ", ".join(_tuning_words(tree, node, name))
    return ", ".join(words).replace(TUNING, ";") + (f"{TUNING}{tuning}" if tuning else "")


def _flow_words(spec: FlowSpec) -> list[str]:
    params = [f"parameter {param.name}: {param.type}" for param in sorted(spec.params, key=lambda param: param.name)]
    pools = [
        f"pool {pool.name}: {pool.capacity}" + (" shared by all runs" if pool.is_shared else "")
        for pool in sorted(spec.pools, key=lambda pool: pool.name)
    ]
    return [*params, *pools, *([] if spec.config.stop_on_exception else ["does not stop on exception"])]


def _container_words(node: Node, name: Name) -> Iterator[str]:
    """What it waits for and how it repeats."""
    spec = node.spec
    if node.condition is not None:
        yield f"requires {node.condition.text}"
    if node.repeats is not None:
        yield f"repeats {items_text(node.repeats, name)}"
    if node.parallel_from is not None:
        yield f"parallel {input_text(node.parallel_from, name)}"
    elif spec.parallel != 1:
        yield f"parallel {spec.parallel}" if spec.parallel > 0 else "parallel without limit"
    if spec.until:
        yield "until its result" if spec.until is True else f"until {spec.until}"
    if isinstance(spec, ContainerSpec) and spec.result is not None:
        yield f"result {spec.result}"


def _taking_words(node: Node, name: Name) -> Iterator[str]:
    taken = {*node.inputs, *(value for value in node.attributes.values() if value is not None)}
    if taken:
        yield f"takes {', '.join(sorted(input_text(value, name) for value in taken))}"
    for option, value in (("delay", node.delay), ("timeout", node.timeout)):
        if value is not None and not isinstance(value, LiteralInput):
            yield f"{option} {input_text(value, name)}"


def _failure_words(spec: StepSpec | ContainerSpec) -> Iterator[str]:
    """What becomes of its failures, now and in a recovery."""
    if not spec.handles:
        yield "does not handle"
    if spec.stop_on_exception is not None:
        yield "stops on exception" if spec.stop_on_exception else "does not stop on exception"
    if isinstance(spec, StepSpec):
        directives = sorted(spec.recovery.items())
        if directives:
            yield f"{_IN_A_RECOVERY} {', '.join(f'{status} {action}' for status, action in directives)}"
        if spec.task_construct is not None and spec.task_construct in _CONSTRUCTS:
            yield _CONSTRUCTS[spec.task_construct]


def _tuning_words(tree: Tree, node: Node, name: Name) -> Iterator[str]:
    """How long, how often, how soon and how many at once."""
    spec = node.spec
    for option, value in (("delay", node.delay), ("timeout", node.timeout)):
        if isinstance(value, LiteralInput):
            yield f"{option} {wait_text(value, name)}"
    if isinstance(spec, StepSpec):
        yield from attempt_words(spec.retries, spec.backoff, spec.retry_on)
    if spec.priority:
        yield f"priority {spec.priority}"
    most = spec.max_concurrent if node.path else tree.spec.config.max_concurrent
    if most is not None:
        yield f"at most {most} at once" if most > 0 else "any number at once"
