"""The help of the program itself: its usage, and a table of the commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

from sequent.cli.command_table import COMMANDS, PURPOSE, USAGE
from sequent.cli.output.terminal import out
from sequent.cli.output.text import is_coloured

_TITLE = "Commands"
_LEAST, _USUAL = 30, 80
_OPTIONS = (("--help (-h)", "Display this message and exit."), ("--version", "Display application version."))
_TABLE = (*((name, purpose) for name, (_, purpose, _, _) in COMMANDS.items()), *_OPTIONS)
_NAMES = max(len(name) for name, _ in _TABLE)
"""The width of the first column."""


def write_help() -> int:
    """Print it, as wide as the terminal, and coloured on one that shows colours."""
    out("\n".join(help_lines(_width(), is_painted=is_coloured(sys.stdout))))
    return 0


def help_lines(width: int, *, is_painted: bool) -> Iterator[str]:
    """Yield its lines, in the form of the parser's help of a command."""
    width = max(width, _LEAST)
    yield from (f"\x1b[1m{line}\x1b[0m" if is_painted else line for line in _wrapped(USAGE.split(), width))
    yield ""
    yield from _wrapped(PURPOSE.split(), width)
    yield ""
    yield f"╭─ {_TITLE} {'─' * (width - len(_TITLE) - 5)}╮"
    inner = width - _NAMES - 6
    for name, purpose in _TABLE:
        for at, line in enumerate(_wrapped(purpose.split(), inner)):
            cell, gap = f"{'' if at else name:{_NAMES}}", "  "
            if is_painted:
                cell, gap = (
                    (f"\x1b[36m{cell}\x1b[0m", f"\x1b[36m{gap}\x1b[0m")
                    if not at
                    else (f"\x1b[36m{cell}{gap}\x1b[0m", "")
                )
            yield f"│ {cell}{gap}{line:{inner}} │"
    yield f"╰{'─' * (width - 2)}╯"


def _wrapped(words: Iterable[str], width: int) -> Iterator[str]:
    """Yield lines of whole words; those before the last end in a blank if there is room for it."""
    line = ""
    for word in words:
        if len(line) + len(word) > width:
            yield line[:width]
            line = ""
        line += f"{word} "
    yield line[:-1]


def _width() -> int:
    """Return the columns of the terminal: as COLUMNS has them, else those of a standard stream that leads to one."""
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"])
    for descriptor in (0, 1, 2):
        try:
            return os.get_terminal_size(descriptor).columns or _USUAL
        except OSError:
            continue
    return _USUAL
