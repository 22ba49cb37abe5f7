"""Reads the names of steps and containers, of their copies and iterations, as people type them."""

from __future__ import annotations

from sequent.errors import UsageError
from sequent.model.directives import Selection
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import split_host
from sequent.model.wording import guess


def read_selection(text: str, plan: Plan, option: str) -> Selection:
    """Return the selection of a path, or of a path with a sequence.

    Raises:
        UsageError: the plan has no such step, container or sequence.
    """
    typed, slash, numbers = text.partition("/")
    name, host = split_host(typed, {dotted(each.path) for each in plan.nodes})
    if "@" in typed and not host:
        raise UsageError(f"{option} {text!r} names no host", code="unknown-host", path=name, hint="write it after '@'")
    path = tuple(name.split(".")) if name else ()
    node = plan.node_at(path) if path else None
    if node is None:
        known = [dotted(each.path) for each in plan.nodes if each.path]
        raise UsageError(
            f"{option} {text!r}: the flow has no step or container {name!r}",
            code="unknown-path",
            path=name,
            hint=f"{guess(name, known)}write names joined by dots (s1.s11), "
            "and for a single task '/' and its iterations (s1.s11/1.2)",
        )
    if host and not _has_copies(node, plan):
        raise UsageError(
            f"{option} {text!r}: '{name}' has no copies on hosts",
            code="unknown-host",
            path=name,
            hint=f"write {name}" + (f"/{numbers}" if slash else ""),
        )
    return Selection(path, _sequence(text, numbers, node, option, plan) if slash else (), host)


def _has_copies(node: NodePlan, plan: Plan) -> bool:
    """Return whether a node has copies on hosts, or is in a copy."""
    return any(
        each.is_copied
        for each in ([node] if isinstance(node, ContainerPlan) else []) + containers_around(plan, node.index)
    )


def _sequence(text: str, numbers: str, node: NodePlan, option: str, plan: Plan) -> tuple[int, ...]:
    try:
        sequence = tuple(map(int, numbers.split(".")))
    except ValueError:
        sequence = ()
    longest = _depth(node, plan)
    if sequence[:1] != (1,) or min(sequence) < 1 or len(sequence) > longest:
        shape = ".".join(["1", *("n" for _ in range(longest - 1))])
        raise UsageError(
            f"{option} {text!r}: {numbers!r} is not a sequence of '{dotted(node.path)}'",
            code="sequence",
            path=dotted(node.path),
            hint="give a number for each enclosing iteration, beginning with the flow's own 1: "
            f"{shape}, or the first of these",
        )
    return sequence


def _depth(node: NodePlan, plan: Plan) -> int:
    """Return how many numbers there are in the sequence of a step, or of the contents of a container."""
    while isinstance(node, ContainerPlan) and node.is_copied:
        node = plan.nodes[node.children[0]]
    return len(node.path) + (1 if isinstance(node, ContainerPlan) else 0)


def containers_around(plan: Plan, index: int) -> list[ContainerPlan]:
    """Return the containers around a node, innermost first."""
    containers: list[ContainerPlan] = []
    parent = plan.nodes[index].parent
    while parent >= 0:
        containers.append(plan.container(parent))
        parent = containers[-1].parent
    return containers


def read_task(text: str, plan: Plan, word: str) -> tuple[StepPlan, Selection]:
    """Return the step and the whole place of one task; numbers of containers that do not repeat may be left out.

    Raises:
        UsageError: the plan has no such task, or several tasks may be meant.
    """
    selection = read_selection(text, plan, word)
    node = plan.node_at(selection.path)
    if not isinstance(node, StepPlan) and not _is_wrapped(node, plan):
        raise UsageError(f"{word} {text!r}: {dotted(selection.path)!r} is a container", hint="name a step in it")
    levels = [each for each in reversed(containers_around(plan, _step_in(node, plan).index)) if not each.is_copied]
    if not selection.host and _has_copies(_step_in(node, plan), plan):
        raise UsageError(
            f"{word} {text!r}: it has a copy on each host", hint=f"name one: {dotted(selection.path)}@HOST"
        )
    numbers = selection.sequence
    for level in levels[len(numbers) :]:
        if level.repeats is not None:
            shape = ".".join(["1", *("n" for _ in range(len(levels) - 1))])
            raise UsageError(
                f"{word} {text!r}: it runs in several iterations",
                hint=f"name one: {dotted(selection.path)}/{shape}",
            )
        numbers = (*numbers, 1)
    return _step_in(node, plan), Selection(selection.path, numbers, selection.host)


def _is_wrapped(node: NodePlan | None, plan: Plan) -> bool:
    """Return whether a container is that of a repeated step, or of a step with copies."""
    while isinstance(node, ContainerPlan) and (node.wraps or node.is_copied):
        node = plan.nodes[node.children[0]]
    return isinstance(node, StepPlan)


def _step_in(node: NodePlan | None, plan: Plan) -> StepPlan:
    while isinstance(node, ContainerPlan):
        node = plan.nodes[node.children[0]]
    if node is None:
        raise AssertionError("a path that was read has a node")
    return node
