"""Shows a flow, or a run of it, in Graphviz's language."""

from __future__ import annotations

from sequent.model.spec import capacity_text
from sequent.model.terminal import safe_block
from sequent.pictures.outline import INDENT, arrows, outline, text_of
from sequent.pictures.picture import Arrow, Box, Picture
from sequent.pictures.states import States


def dot(picture: Picture, states: States | None = None) -> str:
    """Return containers as clusters, pools as cylinders, and requirements as arrows."""
    lines = [f"digraph {_quoted(picture.flow.name)} {{", f"{INDENT}rankdir=LR; compound=true; node [shape=box];"]
    for box, depth, is_end in outline(picture.flow):
        indent = INDENT * (depth + 1)
        if is_end:
            lines.append(f"{indent}}}")
        elif box.boxes:
            lines.append(f"{indent}subgraph cluster_{box.index} {{")
            lines.append(f"{indent}{INDENT}label={_quoted(text_of(box, states))};")
        else:
            lines.append(f"{indent}n{box.index} [label={_quoted(text_of(box, states))}];")
    lines += [
        f"{INDENT}p{number} [label={_quoted(f'{pool.name}: {capacity_text(pool.capacity)}')} shape=cylinder];"
        for number, pool in enumerate(picture.pools, start=1)
    ]
    by_path = {box.path: box for box in picture.flow.walk()}
    lines += [_arrow(arrow, by_path[arrow.source], by_path[reader]) for arrow, reader in arrows(picture.flow)]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = safe_block(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _arrow(arrow: Arrow, source: Box, reader: Box) -> str:
    """Return an arrow between leaves, since Graphviz draws no others; at a container it is cut off at the frame."""
    options = [f"label={_quoted(arrow.label)}"] if arrow.label else []
    options += ["style=dashed"] if arrow.is_failure else []
    options += ["arrowhead=odot"] if arrow.is_choice else []
    options += [f"ltail=cluster_{source.index}"] if source.boxes else []
    options += [f"lhead=cluster_{reader.index}"] if reader.boxes else []
    shown = f" [{' '.join(options)}]" if options else ""
    return f"{INDENT}n{_leaf(source).index} -> n{_leaf(reader).index}{shown};"


def _leaf(box: Box) -> Box:
    while box.boxes:
        box = box.boxes[0]
    return box
