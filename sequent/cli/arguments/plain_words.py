"""Reads the words of a command that needs no parser: plain words, and options that every command takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.command_table import PLAIN_WORDS, VALUED, function_of

_FLAGS: dict[str, dict[str, Any]] = {
    "--json": {"json": True},
    "--quiet": {"quiet": True},
    "-q": {"quiet": True},
    "--verbose": {"verbose": 1},
    "-v": {"verbose": 1},
    "--debug": {"debug": True},
}


def plain_command(typed: Sequence[str]) -> Callable[[], int] | None:
    """Return the call that the typed words stand for; None if the parser is needed to read or refuse them."""
    command, *words = typed
    most = PLAIN_WORDS.get(command)
    if most is None:
        return None
    given: list[str] = []
    options: dict[str, Any] = {}
    left = iter(words)
    for word in left:
        if word and not word.startswith("-"):
            given.append(word)
            continue
        option = _FLAGS.get(word) or _valued(word, left)
        if option is None or option.keys() & options.keys():
            return None
        options |= option
    if len(given) > most:
        return None
    return partial(function_of(command), *given, options=GlobalOptions(**options))


def _valued(word: str, left: Iterator[str]) -> dict[str, Any] | None:
    """Return an option and its value; None if the word is no such option, or has no value."""
    option, equals, value = word.partition("=")
    if option not in VALUED:
        return None
    value = value if equals else next(left, "")
    return {option[2:].replace("-", "_"): value} if value and not value.startswith("-") else None
