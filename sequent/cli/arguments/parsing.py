"""Parses the typed words with cyclopts, with errors of our own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, cast

from cyclopts import App, CycloptsError, MissingArgumentError, RepeatArgumentError, UnusedCliTokensError

from sequent.cli.command_table import HELP
from sequent.cli.output.terminal import Display, writing
from sequent.errors import UsageError


def parsed(app: App, words: Sequence[str], *, asks_for_help: bool | None = None) -> int:
    """Parse the words with cyclopts and call the command; errors of cyclopts become a ``UsageError``.

    Args:
        app: the command.
        words: the typed words.
        asks_for_help: whether it prints its help; None: if one of the words asks for it.
    """
    try:
        if asks_for_help is None and ({*words} & HELP or not words):
            return _helped(app, words)
        code: object = app(list(words))
    except CycloptsError as error:
        raise usage_error(error) from error
    return code if isinstance(code, int) else 0


def _helped(app: App, words: Sequence[str]) -> int:
    """Print the help of the command, filtered like all output."""
    from rich.console import Console

    with writing():
        app.console = Console(file=cast("IO[str]", Display(sys.stdout)))
        app(list(words))
        return 0


def print_help(app: App) -> None:
    """Print the help of a command that has already read its words."""
    from rich.console import Console

    with writing():
        app.help_print([], console=Console(file=cast("IO[str]", Display(sys.stdout))))


def usage_error(error: CycloptsError) -> UsageError:
    """Return an error of cyclopts as one of ours."""
    hint = "see sequent --help, or --help after a command"
    if isinstance(error, UnusedCliTokensError):
        return UsageError(f"unexpected words: {' '.join(map(repr, error.unused_tokens or ()))}", hint=hint)
    message = " ".join(str(error).split())
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        message = f"{error.argument.name} needs a value"
    elif isinstance(error, RepeatArgumentError):
        message = f"{error.token.keyword} is given twice"
    return UsageError(message, hint=hint)
