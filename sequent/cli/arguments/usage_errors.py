"""Turns errors of cyclopts into errors of ours."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from difflib import get_close_matches
from enum import Enum

from cyclopts import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
    ValidationError,
)

from sequent.cli.command_table import COMMANDS, usage_of
from sequent.cli.familiar_words import option_like
from sequent.errors import UsageError

_YES_OR_NO = frozenset({"yes", "no", "true", "false", "on", "off", "1", "0"})
_KINDS: dict[object, str] = {int: "a whole number", float: "a number"}


def usage_error(error: CycloptsError) -> UsageError:
    """Return an error of cyclopts as one of ours; its hint names the help of the command that was typed."""
    title = _title(error)
    see = f"see {title} --help"
    match error:
        case UnusedCliTokensError():
            words = error.unused_tokens or ()
            message = f"unexpected word{'s' * (len(words) != 1)}: {' '.join(map(repr, words))}"
            hint = f"{_meant_by(words, title)}{see}"
        case UnknownOptionError():
            option = (error.token.keyword or error.token.value).partition("=")[0]
            known = frozenset(name for argument in error.argument_collection for name in argument.names)
            message, hint = f"{title} has no option {option!r}", f"{_meant(title, option, known)}{see}"
        case MissingArgumentError() if error.argument is not None:
            message, hint = _missing(error.argument.name, title, see)
        case CoercionError() if error.target_type is bool and error.argument:
            message, hint = f"{error.argument.name} takes no value", f"write {' or '.join(error.argument.names)}; {see}"
        case CoercionError() if (allowed := _allowed(error.target_type)) and error.token and error.argument:
            message, hint = f"{error.argument.name} is {error.token.value!r}", f"{allowed}; {see}"
        case ValidationError() if error.argument and error.argument.tokens:
            word = error.argument.tokens[-1].value
            message, hint = f"{error.argument.name} is {word!r}", f"{error.exception_message}; {see}"
        case RepeatArgumentError():
            message, hint = f"{error.token.keyword} is given twice", see
        case _:
            message, hint = " ".join(str(error).split()), see
    return UsageError(message, hint=hint)


def _meant_by(words: Sequence[str], title: str) -> str:
    """Return the beginning of a hint about words that belong to no option."""
    if any(word.lower() in _YES_OR_NO for word in words):
        return "an option that is on or off takes no value: write --name or --no-name; "
    is_of_flow = title.startswith("sequent run ")
    return "write parameters of the flow as options, such as --day 2026-11-24; " if is_of_flow else ""


def _title(error: CycloptsError) -> str:
    """Return the command, as typed: ``sequent ls``, ``sequent run nightly.py:nightly``."""
    if error.command_chain:
        return " ".join(("sequent", *error.command_chain))
    return error.app.name[0] if error.app else "sequent"


def _meant(title: str, option: str, known: frozenset[str]) -> str:
    """Return the beginning of a hint: the option that was probably meant, or the command."""
    command = title.split()[1]
    if elsewhere := option_like(command, option, known):
        return elsewhere
    names = {name.lstrip("-"): name for name in sorted(known, reverse=True)}
    close = get_close_matches(option.lstrip("-"), names, n=1)
    if close:
        return f"did you mean {names[close[0]]}? "
    takes_params = command != "run" and "--param" in known and option.startswith("--")
    return f"give a parameter of the flow as -p {option[2:]}=VALUE; " if takes_params else ""


def _missing(name: str, title: str, see: str) -> tuple[str, str]:
    if name.startswith("-"):
        return f"{name} needs a value", see
    command = title.split()[1]
    usage = usage_of(command).removeprefix("Usage: ") if command in COMMANDS else title
    return f"{name} is missing", f"write {usage}; {see}"


def _allowed(kind: object) -> str:
    """Return the hint for a value that is not of this type; '' if the type has no simple words."""
    if typing.get_origin(kind) is typing.Literal:
        return f"choose {', '.join(map(str, typing.get_args(kind)))}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"choose {', '.join(str(member.value) for member in kind)}"
    return f"give {_KINDS[kind]}" if kind in _KINDS else ""
