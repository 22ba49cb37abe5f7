"""Shows a flow, or a run of it, as a Mermaid flowchart."""

from __future__ import annotations

from sequent.model.spec import capacity_text
from sequent.model.terminal import safe
from sequent.pictures.outline import INDENT, arrows, outline, text_of
from sequent.pictures.picture import Picture
from sequent.pictures.states import States


def mermaid(picture: Picture, states: States | None = None) -> str:
    """Return nested containers, repeats, pools, and requirements."""
    lines = ["flowchart LR"]
    for box, depth, is_end in outline(picture.flow):
        indent = INDENT * (depth + 1)
        shown = f'n{box.index}["{_text(text_of(box, states))}"]'
        lines.append(f"{indent}end" if is_end else f"{indent}{'subgraph ' if box.boxes else ''}{shown}")
    lines += [
        f'{INDENT}p{number}[("{_text(pool.name)}: {capacity_text(pool.capacity)}")]'
        for number, pool in enumerate(picture.pools, start=1)
    ]
    by_path = {box.path: box for box in picture.flow.walk()}
    for arrow, reader in arrows(picture.flow):
        line = ("-.-" if arrow.is_failure else "--") + ("o" if arrow.is_choice else ">")
        label = f"|{_label(arrow.label)}|" if arrow.label else ""
        lines.append(f"{INDENT}n{by_path[arrow.source].index} {line}{label} n{by_path[reader].index}")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    """Return text within quotes: Mermaid has entities, written with a number sign, and no escapes."""
    return "".join(f"#{ord(letter)};" if letter in '"#<>&`' else letter for letter in safe(text))


def _label(text: str) -> str:
    """Return text between bars: in quotes if it is more than a word."""
    return text if text.isidentifier() else f'"{_text(text)}"'
