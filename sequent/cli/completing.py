"""``completion``: lets a shell complete the commands and their options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

from cyclopts import Parameter

from sequent.cli.shells import SCRIPTS, place_of
from sequent.cli.terminal import out
from sequent.cli.text import safe
from sequent.cli.typed import DEFAULTS, TypedOptions
from sequent.errors import UsageError

Shell = Literal["bash", "zsh", "fish"]
_SHELLS = get_args(Shell)


def completion(
    action: Annotated[Literal["install", "show"], Parameter(help="Write it to where the shell looks, or print it.")],
    shell: Annotated[Shell | None, Parameter(help="bash, zsh or fish; else the one that SHELL names.")] = None,
    /,
    *,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Let a shell complete commands, options, files, runs, their steps, and flows' parameters."""
    name = _shell(shell)
    if action == "show":
        out(SCRIPTS[name].rstrip("\n"))
        return 0
    path = place_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SCRIPTS[name], encoding="utf-8")
    options.say(f"{safe(str(path))} is written; a new {name} completes sequent{_left_to_do(name, path)}")
    return 0


def _shell(named: Shell | None) -> Shell:
    """The shell that is meant.

    Raises:
        UsageError: none is named, and the user's own is another.
    """
    own = Path(os.environ.get("SHELL", "")).name
    if named is None and own not in _SHELLS:
        raise UsageError(
            f"the shell {own!r} has no completion" if own else "no shell is named, and SHELL is empty",
            hint=f"name one of {', '.join(_SHELLS)}: sequent completion show bash",
        )
    return named or cast("Shell", own)


def _left_to_do(shell: Shell, path: Path) -> str:
    if shell == "zsh":
        return f", once ~/.zshrc has, before compinit: fpath=({safe(str(path.parent))} $fpath)"
    return " (bash: the package bash-completion must be there)" if shell == "bash" else ""
