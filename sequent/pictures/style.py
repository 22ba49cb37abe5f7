"""The style of pictures: a light and a dark set of colours, and the font."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from unicodedata import east_asian_width

FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"

_LIGHT: Mapping[str, str] = {
    "page": "#ffffff",
    "frame": "#e7e5e1",
    "block": "#f7f6f4",
    "block-line": "#dedbd6",
    "step": "#ffffff",
    "step-line": "#cfcbc5",
    "text": "#1c1917",
    "faint": "#6b655e",
    "line": "#8f8982",
    "failure": "#c62020",
    "failure-fill": "#fdf0ef",
    "success": "#15803d",
    "success-line": "#8fcfa6",
    "success-fill": "#f0faf3",
    "active": "#1d5fd6",
    "active-fill": "#eef4fe",
    "cancelled": "#a35a05",
}
_DARK: Mapping[str, str] = {
    "page": "#161514",
    "frame": "#35322f",
    "block": "#201e1d",
    "block-line": "#3d3a36",
    "step": "#2a2826",
    "step-line": "#524e49",
    "text": "#f2efec",
    "faint": "#aca59d",
    "line": "#8d867e",
    "failure": "#ff7b74",
    "failure-fill": "#3a2120",
    "success": "#5fd087",
    "success-line": "#35734c",
    "success-fill": "#1d3024",
    "active": "#74a7ff",
    "active-fill": "#1e2a40",
    "cancelled": "#eaa84c",
}

_RULES = f"""
{{0}} {{{{ font-family: {FONT}; }}}}
{{0}} .page {{{{ fill: var(--sequent-page); stroke: var(--sequent-frame); }}}}
{{0}} .block {{{{ fill: var(--sequent-block); stroke: var(--sequent-block-line); }}}}
{{0}} .step {{{{ fill: var(--sequent-step); stroke: var(--sequent-step-line); }}}}
{{0}} .nothing {{{{ stroke-dasharray: 2 3; }}}}
{{0}} text {{{{ fill: var(--sequent-text); }}}}
{{0}} .note {{{{ fill: var(--sequent-faint); }}}}
{{0}} .strong {{{{ font-weight: 600; }}}}
{{0}} .badge {{{{ fill: var(--sequent-step); stroke: var(--sequent-block-line); }}}}
{{0}} .mark {{{{ fill: none; stroke: var(--sequent-faint); stroke-width: 1.3; }}}}
{{0}} .wire {{{{ fill: none; stroke: var(--sequent-line); stroke-width: 1.3; }}}}
{{0}} .head {{{{ fill: var(--sequent-line); stroke: none; }}}}
{{0}} .choice {{{{ fill: var(--sequent-page); stroke: var(--sequent-line); stroke-width: 1.3; }}}}
{{0}} .dashed {{{{ stroke-dasharray: 5 3.5; }}}}
{{0}} .dotted {{{{ stroke-dasharray: 1.5 3; }}}}
{{0}} .wire.failure, {{0}} .choice.failure {{{{ stroke: var(--sequent-failure); }}}}
{{0}} .head.failure, {{0}} text.failure {{{{ fill: var(--sequent-failure); }}}}
{{0}} .dot {{{{ fill: none; stroke: var(--sequent-line); stroke-width: 1.3; }}}}
{{0}} .glyph {{{{ fill: none; stroke: var(--sequent-page); stroke-width: 1.5; stroke-linecap: round; }}}}
"""
_COLOUR = re.compile(r"(fill|stroke): var\(--sequent-([\w-]+)\)")
_STATES = {"failure": "failure", "success": "success", "active": "active", "ready": "active", "cancelled": "cancelled"}
"""The colour of each status that has one."""

_THEMES = (
    ("[data-jp-theme-light='true'] {0}, .vscode-light {0}", _LIGHT),
    ("[data-jp-theme-light='false'] {0}, .vscode-dark {0}", _DARK),
)
"""The themes that notebooks declare, over the reader's system setting."""


_PAGE = f"""
{{0}} {{{{ font-family: {FONT}; color: var(--sequent-text); max-width: 100%; overflow-x: auto; }}}}
{{0}} p {{{{ margin: .3em 0; white-space: pre-line; }}}}
{{0}} .failure {{{{ color: var(--sequent-failure); }}}}
{{0}} td, {{0}} th {{{{ text-align: left; vertical-align: top; color: var(--sequent-text); }}}}
{{0}} pre, {{0}} code {{{{ background: var(--sequent-block); color: var(--sequent-text); }}}}
{{0}} .sequent-sign {{{{ vertical-align: -2px; }}}}
"""
_GROUPS = (
    (222, "'ijl|"),
    (278, " !,./:;I[\\]ft·"),
    (333, "()-`r\u201c\u201d"),
    (389, '"*'),
    (500, "Jckstvxyz_"),
    (584, "+<=>~\u00d7"),
    (667, "ABEKPSVXY&"),
    (722, "CDHNRUw"),
    (778, "GOQ"),
    (833, "Mm"),
    (944, "W%"),
    (1015, "@\u2026"),
)
_WIDTHS = {letter: width for width, letters in _GROUPS for letter in letters}
_ORDINARY = 556
"""The width of digits, most small letters, and letters that are not in the table."""
_WIDE = 1000
_BOLD = 1.07
_SLACK = 1.06
"""Extra width, since readers may have other fonts than the one in the table."""
_CUT = "\u2026"
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that XML does not allow, or that would reorder the text around them."""


def picture_style(*, is_in_notebook: bool = False) -> str:
    """Return the style sheet of a picture; in a notebook it follows the notebook's theme."""
    scope = ".sequent-picture"
    rules = [_beside_plain(line) for line in picture_rules().splitlines()]
    return "\n".join([*_schemes(scope, is_in_notebook=is_in_notebook), *rules])


def picture_rules() -> str:
    """Return the rules of a picture whose colours are defined around it."""
    scope = ".sequent-picture"
    return "\n".join([_RULES.format(scope).strip(), *_states(scope)])


def colours(*, is_dark: bool) -> str:
    """Return the definitions of a scheme's colours: ``--sequent-page: #ffffff;`` and others."""
    return _variables(_DARK if is_dark else _LIGHT)


def _beside_plain(rules: str) -> str:
    """Return the rules with each colour of the light theme before its variable, for readers that know no variables."""
    return _COLOUR.sub(lambda found: f"{found[1]}: {_LIGHT[found[2]]}; {found[0]}", rules)


def plainly(rules: str) -> str:
    """Return rules with the colours of the light theme in place of variables, for readers that know no variables."""
    return _COLOUR.sub(lambda found: f"{found[1]}: {_LIGHT[found[2]]}", rules)


def page_style() -> str:
    """Return the style sheet of a notebook's output beside pictures."""
    scope = ".sequent-shown"
    rules = _RULES.format(f"{scope} .sequent-sign").strip()
    return "\n".join([*_schemes(scope, is_in_notebook=True), _PAGE.format(scope).strip(), rules, *_states(scope)])


def _schemes(scope: str, *, is_in_notebook: bool) -> list[str]:
    lines = [f"{scope} {{ {_variables(_LIGHT)} }}"]
    lines.append(f"@media (prefers-color-scheme: dark) {{ {scope} {{ {_variables(_DARK)} }} }}")
    if is_in_notebook:
        lines += [f"{theme.format(scope)} {{ {_variables(colours)} }}" for theme, colours in _THEMES]
    return lines


def _states(scope: str) -> list[str]:
    lines: list[str] = []
    for status, colour in _STATES.items():
        lines.append(f"{scope} .{status} > .dot {{ fill: var(--sequent-{colour}); stroke: none; }}")
        if f"{colour}-fill" in _LIGHT:
            fill = f"fill: var(--sequent-{colour}-fill); " if status != "ready" else ""
            line = f"{colour}-line" if f"{colour}-line" in _LIGHT else colour
            lines.append(f"{scope} .{status} > .step {{ {fill}stroke: var(--sequent-{line}); }}")
            lines.append(f"{scope} .{status} > .block {{ stroke: var(--sequent-{line}); }}")
    return lines


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--sequent-{name}: {colour};" for name, colour in colours.items())


def width_of(text: str, size: float, *, is_bold: bool = False) -> float:
    """Return the width of a line of text, in the unit of the font's size."""
    units = sum(_WIDTHS.get(letter, _ORDINARY) if letter < "\u1100" else _width_far(letter) for letter in text)
    return units * size * _SLACK * (_BOLD if is_bold else 1.0) / 1000


def _width_far(letter: str) -> int:
    known = _WIDTHS.get(letter)
    if known is not None:
        return known
    return _WIDE if east_asian_width(letter) in "WF" else _ORDINARY


def shortened(text: str, most: int) -> str:
    """Return text of at most this many letters, with a mark at its end if it was longer."""
    return text if len(text) <= most else f"{text[: most - 1]}{_CUT}"


def plain(text: str) -> str:
    """Return text that is safe within an element or a quoted attribute."""
    return escape(_ILLEGAL.sub("\ufffd", text), quote=True)


def number(value: float) -> str:
    """Return a length, as short as it can be written to a tenth."""
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 0.05 else "0"
