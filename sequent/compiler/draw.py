"""Draws a flow: nested containers, repeats, and what waits for what."""

from __future__ import annotations

import json
from collections.abc import Iterator

from attrs import frozen

from sequent.compiler.compile import read
from sequent.compiler.conditions import Asked, Joined
from sequent.compiler.tree import Node, Tree
from sequent.compiler.words import items_text
from sequent.model.spec import CommandWork, ContainerSpec, FlowSpec, NoWork
from sequent.model.status import Claim

_INDENT = "    "


@frozen(eq=False)
class Arrow:
    """One node waits for a claim about another; perhaps as one of several, of which any is enough."""

    source: Node
    target: Node
    claim: Claim
    is_choice: bool


def mermaid(spec: FlowSpec) -> str:
    """The flow as a Mermaid flowchart.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    tree, _ = read(spec)
    lines = ["flowchart LR"]
    for node, depth, is_end in _outline(tree):
        indent = _INDENT * (depth + 1)
        if is_end:
            lines.append(f"{indent}end")
        elif node.children:
            lines.append(f'{indent}subgraph n{node.index}["{_mermaid_text(_label(node))}"]')
        else:
            lines.append(f'{indent}n{node.index}["{_mermaid_text(_label(node))}"]')
    for arrow in _arrows(tree):
        line = "-.->" if arrow.is_choice else "-->"
        label = "" if arrow.claim is Claim.SUCCESS else f"|{arrow.claim}|"
        lines.append(f"{_INDENT}n{arrow.source.index} {line}{label} n{arrow.target.index}")
    return "\n".join(lines) + "\n"


def dot(spec: FlowSpec) -> str:
    """The flow in Graphviz's language.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    tree, _ = read(spec)
    lines = [f"digraph {_quoted(spec.name)} {{", f"{_INDENT}rankdir=LR; compound=true; node [shape=box];"]
    for node, depth, is_end in _outline(tree):
        indent = _INDENT * (depth + 1)
        if is_end:
            lines.append(f"{indent}}}")
        elif node.children:
            lines.append(f"{indent}subgraph cluster_{node.index} {{")
            lines.append(f"{indent}{_INDENT}label={_quoted(_label(node))};")
        else:
            lines.append(f"{indent}n{node.index} [label={_quoted(_label(node))}];")
    lines.extend(_dot_arrow(arrow) for arrow in _arrows(tree))
    return "\n".join([*lines, "}"]) + "\n"


def as_json(spec: FlowSpec) -> str:
    """The flow as a JSON document: its nodes in order, each container before what is in it, and its arrows.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    tree, _ = read(spec)
    nodes = [
        {
            "path": node.text,
            "kind": _kind(node),
            "repeats": items_text(node.repeats, lambda index: tree.by_index[index].text)
            if node.repeats is not None
            else None,
            "parallel": node.spec.parallel,
            "requires": node.condition.text if node.condition is not None else None,
            "place": None if node.spec.place is None else node.spec.place._asdict(),
        }
        for node in tree.nodes[1:]
    ]
    arrows = [
        {"from": arrow.source.text, "to": arrow.target.text, "status": arrow.claim.value, "choice": arrow.is_choice}
        for arrow in _arrows(tree)
    ]
    return json.dumps({"flow": spec.name, "nodes": nodes, "arrows": arrows}, ensure_ascii=False, indent=2) + "\n"


def _outline(tree: Tree) -> Iterator[tuple[Node, int, bool]]:
    """Each node with its depth; of a container with children, once more at its end."""
    pending = [(child, 0, False) for child in reversed(tree.root.children)]
    while pending:
        node, depth, is_end = pending.pop()
        yield node, depth, is_end
        if node.children and not is_end:
            pending.append((node, depth, True))
            pending.extend((child, depth + 1, False) for child in reversed(node.children))


def _arrows(tree: Tree) -> Iterator[Arrow]:
    for node in tree.nodes:
        pending = [] if node.condition is None else [(node.condition, False)]
        seen: set[str] = set()
        while pending:
            part, is_choice = pending.pop()
            if isinstance(part, Joined):
                pending.extend((inner, is_choice or not part.is_all) for inner in reversed(part.parts))
            elif part.text not in seen:
                seen.add(part.text)
                yield _arrow(node, part, is_choice=is_choice)


def _arrow(node: Node, asked: Asked, *, is_choice: bool) -> Arrow:
    return Arrow(asked.node, node, asked.claim, is_choice)


def _label(node: Node) -> str:
    if node.repeats is None:
        return node.spec.name
    at_once = {0: " at once", 1: ""}.get(node.spec.parallel, f" {node.spec.parallel} at once")
    return f"{node.spec.name} (repeats{at_once})"


def _kind(node: Node) -> str:
    if isinstance(node.spec, ContainerSpec):
        return "container"
    if isinstance(node.spec.work, NoWork):
        return "nothing"
    return "command" if isinstance(node.spec.work, CommandWork) else "step"


def _mermaid_text(text: str) -> str:
    """Text within quotes: Mermaid knows entities, written with a number sign, and no escapes."""
    return "".join(f"#{ord(letter)};" if letter in '"#<>&`' else letter for letter in text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _dot_arrow(arrow: Arrow) -> str:
    """Graphviz draws arrows between leaves only: those of a container are cut off at its frame."""
    options = [] if arrow.claim is Claim.SUCCESS else [f'label="{arrow.claim}"']
    options += ["style=dashed"] if arrow.is_choice else []
    options += [f"ltail=cluster_{arrow.source.index}"] if arrow.source.children else []
    options += [f"lhead=cluster_{arrow.target.index}"] if arrow.target.children else []
    shown = f" [{' '.join(options)}]" if options else ""
    return f"{_INDENT}n{_leaf(arrow.source).index} -> n{_leaf(arrow.target).index}{shown};"


def _leaf(node: Node) -> Node:
    while node.children:
        node = node.children[0]
    return node
