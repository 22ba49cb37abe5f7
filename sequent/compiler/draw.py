"""Draws a flow as text: nested containers, repeats, pools, and what waits for what."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sequent.compiler.picture import Arrow, Box, picture_of
from sequent.model.spec import FlowSpec

_INDENT = "    "


def mermaid(spec: FlowSpec) -> str:
    """The flow as a Mermaid flowchart.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    picture = picture_of(spec)
    lines = ["flowchart LR"]
    for box, depth, is_end in _outline(picture.flow):
        indent = _INDENT * (depth + 1)
        shown = f'n{box.index}["{_mermaid_text(_text(box))}"]'
        lines.append(f"{indent}end" if is_end else f"{indent}{'subgraph ' if box.boxes else ''}{shown}")
    lines += [
        f'{_INDENT}p{number}[("{_mermaid_text(pool.name)}: {pool.capacity}")]'
        for number, pool in enumerate(picture.pools, start=1)
    ]
    by_path = {box.path: box for box in picture.flow.walk()}
    for arrow, reader in _arrows(picture.flow):
        line = ("-.-" if arrow.is_failure else "--") + ("o" if arrow.is_choice else ">")
        label = f"|{_mermaid_label(arrow.label)}|" if arrow.label else ""
        lines.append(f"{_INDENT}n{by_path[arrow.source].index} {line}{label} n{by_path[reader].index}")
    return "\n".join(lines) + "\n"


def dot(spec: FlowSpec) -> str:
    """The flow in Graphviz's language.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    picture = picture_of(spec)
    lines = [f"digraph {_quoted(spec.name)} {{", f"{_INDENT}rankdir=LR; compound=true; node [shape=box];"]
    for box, depth, is_end in _outline(picture.flow):
        indent = _INDENT * (depth + 1)
        if is_end:
            lines.append(f"{indent}}}")
        elif box.boxes:
            lines.append(f"{indent}subgraph cluster_{box.index} {{")
            lines.append(f"{indent}{_INDENT}label={_quoted(_text(box))};")
        else:
            lines.append(f"{indent}n{box.index} [label={_quoted(_text(box))}];")
    lines += [
        f"{_INDENT}p{number} [label={_quoted(f'{pool.name}: {pool.capacity}')} shape=cylinder];"
        for number, pool in enumerate(picture.pools, start=1)
    ]
    by_path = {box.path: box for box in picture.flow.walk()}
    lines += [_dot_arrow(arrow, by_path[arrow.source], by_path[reader]) for arrow, reader in _arrows(picture.flow)]
    return "\n".join([*lines, "}"]) + "\n"


def as_json(spec: FlowSpec) -> str:
    """The flow as a JSON document: its nodes in order, each container before what is in it, arrows, and pools.

    Raises:
        InvalidFlowError: the flow has mistakes.
    """
    picture = picture_of(spec)
    nodes = [
        {
            "path": box.path,
            "kind": box.kind,
            "repeats": box.repeats or None,
            "parallel": int(box.parallel) if box.parallel.isdecimal() else box.parallel,
            "requires": box.requires or None,
            "acquires": dict(box.acquires),
            "place": None if box.place is None else box.place._asdict(),
        }
        for box in picture.flow.walk()
        if box.path
    ]
    arrows = [
        {
            "from": arrow.source,
            "to": reader,
            "status": arrow.claim.value,
            "label": arrow.label or None,
            "choice": arrow.is_choice,
        }
        for arrow, reader in _arrows(picture.flow)
    ]
    pools = [{"name": pool.name, "capacity": pool.capacity, "shared": pool.is_shared} for pool in picture.pools]
    document = {"flow": spec.name, "nodes": nodes, "arrows": arrows, "pools": pools}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _outline(flow: Box, depth: int = 0) -> Iterator[tuple[Box, int, bool]]:
    """Each box in the flow with its depth; of those with boxes in them, once more at its end."""
    for box in flow.boxes:
        yield box, depth, False
        if box.boxes:
            yield from _outline(box, depth + 1)
            yield box, depth, True


def _arrows(flow: Box) -> Iterator[tuple[Arrow, str]]:
    """Each arrow, once for each that it ends at."""
    for box in flow.walk():
        for arrow in box.arrows:
            yield from ((arrow, reader) for reader in arrow.readers)


def _text(box: Box) -> str:
    return f"{box.name} ({', '.join(box.notes)})" if box.notes else box.name


def _mermaid_text(text: str) -> str:
    """Text within quotes: Mermaid knows entities, written with a number sign, and no escapes."""
    return "".join(f"#{ord(letter)};" if letter in '"#<>&`' else letter for letter in text)


def _mermaid_label(text: str) -> str:
    """Text between bars: in quotes where it is more than a word."""
    return text if text.isidentifier() else f'"{_mermaid_text(text)}"'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _dot_arrow(arrow: Arrow, source: Box, reader: Box) -> str:
    """Graphviz draws arrows between leaves only: those of a container are cut off at its frame."""
    options = [f"label={_quoted(arrow.label)}"] if arrow.label else []
    options += ["style=dashed"] if arrow.is_failure else []
    options += ["arrowhead=odot"] if arrow.is_choice else []
    options += [f"ltail=cluster_{source.index}"] if source.boxes else []
    options += [f"lhead=cluster_{reader.index}"] if reader.boxes else []
    shown = f" [{' '.join(options)}]" if options else ""
    return f"{_INDENT}n{_leaf(source).index} -> n{_leaf(reader).index}{shown};"


def _leaf(box: Box) -> Box:
    while box.boxes:
        box = box.boxes[0]
    return box
