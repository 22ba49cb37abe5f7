"""The style sheet of reports and pages: light and dark, for screens, phones and paper."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sequent.html.timeline_svg import RULES
from sequent.pictures.style import FONT, colours, picture_rules

_FILE = Path(__file__).parent / "page.css"


@cache
def stylesheet() -> str:
    """Return all rules. The reader's system chooses the colours, unless the reader does with the switch."""
    light, dark = (f"color-scheme: {name}; {colours(is_dark=name == 'dark')}" for name in ("light", "dark"))
    return "\n".join(
        (
            f":root {{ {light} --font: {FONT}; }}",
            f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}",
            f"@media screen {{ :root:has(#theme-light:checked) {{ {light} }} }}",
            f"@media screen {{ :root:has(#theme-dark:checked) {{ {dark} }} }}",
            picture_rules(),
            RULES.strip(),
            _FILE.read_text("utf-8"),
        )
    )
