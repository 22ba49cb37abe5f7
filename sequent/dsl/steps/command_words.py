"""The words of a command: data, references, and strings with references in them; never split, never a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from pathlib import PurePath
from typing import cast
from uuid import UUID

from attrs import frozen

from sequent.dsl.references.literals import snapshot, step_as_value
from sequent.dsl.references.reference import Reference, formatted_in, has_form, split
from sequent.dsl.references.reference_words import refuse_secret
from sequent.dsl.references.requirements import Claimable
from sequent.errors import DefinitionError, Place
from sequent.model.references import Literal
from sequent.model.value_text import MAX_DEPTH
from sequent.model.wording import described, kind_of
from sequent.model.work import WORD_KINDS


@frozen(eq=False)
class TextSource:
    """A string with references in it: literal parts, and (reference, conversion, format)."""

    parts: tuple[str | tuple[Reference, str, str], ...]


PlainWord = str | bytes | int | float | Decimal | date | time | UUID | PurePath
WordSource = Literal | Reference | TextSource

_ALLOWED = f"{WORD_KINDS}, a reference, or an f-string with one"
_PROGRAM = (
    'write command("rsync", "-a", source, target), or @command, without (), above a method that returns the words'
)
_ITSELF = 'write the f-string itself, f"/data/{x}.csv", with no Path() or encode() around it'
_OPENED = "to open a file, let a step return its Path: stdin=step.result"
_SIGN = r"\|\|?|\|&|&&?|<|<<<?|(\d?|&)>>?(/dev/null|&\d)?|2>&1|\d?>&\d"
"""Words that have a meaning for a shell."""
_KNOW_SIGNS = frozenset({"expr", "test", "[", "find", "jq", "awk", "git"})
"""Programs for which such words have a meaning of their own."""
_EMPTY = ('""', '{"$b":""}')
_END = '"--"'


def read_words(values: Sequence[object], place: Place) -> tuple[WordSource, ...]:
    """Read a program and its arguments; a list among them gives several words.

    Raises:
        DefinitionError: there is no word, or one that cannot be passed to a program.
    """
    words = read_arguments(values, place)
    if not words:
        raise command_error("a command needs a program", place, _PROGRAM)
    if isinstance(words[0], Literal) and words[0].text in _EMPTY:
        raise command_error("the command's program is empty", place, _PROGRAM)
    _refuse_shell(values, place)
    for position, word in enumerate(words):
        if isinstance(word, Literal) and word.text == _END:
            break
        _check_dash(word, f"word {position + 1}", place)
    return words


def _refuse_shell(values: Sequence[object], place: Place) -> None:
    """Refuse a line for a shell, or a sign of one among the words: a program would get it as it is.

    After an option (``cut -d "|"``), in a list of words, and for programs that know such words, it is allowed.
    """
    program = values[0]
    if isinstance(program, str) and _is_line(program):
        raise command_error(
            f"the command's program is the line {program!r:.100}: nothing is split, and there is no shell",
            place,
            f"write one word for one argument, {_as_words(program)}; or use shell={program!r:.60}",
        )
    if isinstance(program, str) and str.__str__(program).rpartition("/")[2] in _KNOW_SIGNS:
        return
    for position, (before, value) in enumerate(pairwise(values), 2):
        is_argument = isinstance(before, str) and before.startswith("-")
        if isinstance(value, str) and not is_argument and re.fullmatch(_SIGN, value):
            raise command_error(
                f"word {position} of the command is {value!r}, a sign of the shell, and there is no shell",
                place,
                """use shell=: command(src, dst, shell='sort "$1" > "$2"'); """
                f"or, if it is meant as a word, put it in a list: [{value!r}]",
            )


def _is_line(program: str) -> bool:
    """Return whether a program's word is a line of several words; directories may have spaces in their names."""
    if has_form(program):
        return False
    first, *others = program.split()
    has_signs = any(re.fullmatch(_SIGN, word) or word.startswith("-") for word in others)
    return bool(others) and ("/" not in first or has_signs)


def _as_words(line: str) -> str:
    words = line.split()
    return f"command({', '.join(map(repr, words[:3]))}{', ...' if len(words) > 3 else ''})"


def read_arguments(values: Sequence[object], place: Place) -> tuple[WordSource, ...]:
    """Read words; a list among them gives several words.

    Raises:
        DefinitionError: there is one that a program cannot be given.
    """
    return tuple(
        read_word(part, f"word {position + 1}", place)
        for position, value in enumerate(values)
        for part in _flat(value, place)
    )


def _flat(value: object, place: Place, depth: int = 0) -> Iterator[object]:
    """Yield a word, or the words in a list of words, and of lists of these."""
    if not isinstance(value, list | tuple):
        yield value
        return
    if depth > MAX_DEPTH:
        raise command_error(f"the words are nested more than {MAX_DEPTH} deep, or hold themselves", place, _ALLOWED)
    for part in cast("Sequence[object]", value):
        yield from _flat(part, place, depth + 1)


def read_word(value: object, name: str, place: Place, *, secrets: bool = False) -> WordSource:
    """Read one word.

    Args:
        value: the author's value.
        name: its name for messages: ``word 2``.
        place: the line that gives it.
        secrets: whether it may be or contain a secret.

    Raises:
        DefinitionError: a program cannot be given this.
    """
    if isinstance(value, Reference):
        if not secrets:
            refuse_secret(value, f"{name} of the command", place)
        return value
    if isinstance(value, str) and has_form(value):
        return read_text(value, f"{name} of the command", place, secrets=secrets)
    if isinstance(value, Claimable):
        raise step_as_value(value, name, place)
    if isinstance(value, bool) or not isinstance(value, PlainWord):
        raise command_error(f"{name} of the command is {described(value)}", place, _ALLOWED)
    if isinstance(value, bytes | PurePath) and (found := formatted_in(value)):
        raise DefinitionError(
            f"{name} of the command is {kind_of(value)} made of a string with {found} in it",
            code="reference-in-text",
            hint=_OPENED if name == "'stdin'" else _ITSELF,
            place=place,
        )
    if isinstance(value, str | bytes | PurePath):
        _check_nul(value, f"{name} of the command", place)
    return snapshot(value, name, place)


def read_text(text: str, name: str, place: Place, *, secrets: bool = False) -> TextSource:
    """Read a string with references in it.

    Raises:
        DefinitionError: it cannot be filled in.
    """
    try:
        parts = split(text)
    except ValueError:
        raise command_error(
            f"{name} is a string with a reference in it that was changed afterwards",
            place,
            "write the f-string itself as the word; upper(), slices and !a are not supported",
        ) from None
    for part in parts:
        if isinstance(part, str):
            _check_nul(part, name, place)
        elif not secrets:
            refuse_secret(part[0], name, place)
    first = parts[0]
    if len(parts) == 1 and isinstance(first, tuple) and not first[1] and not first[2]:
        # f"{x}" alone stays one word: a list must not become several here.
        return TextSource((first,))
    return TextSource(tuple(parts))


def _check_nul(value: object, name: str, place: Place) -> None:
    if (
        ("\0" in value)
        if isinstance(value, str)
        else (b"\0" in value if isinstance(value, bytes) else "\0" in str(value))
    ):
        raise command_error(f"{name} contains NUL", place, "leave it out: no program can be given a NUL")


def _check_dash(word: WordSource, name: str, place: Place) -> None:
    """Refuse a word that looks like an option and is completed by data, unless it is clearly meant as one."""
    if not isinstance(word, TextSource):
        return
    first = word.parts[0]
    if not isinstance(first, str) or not first.startswith("-"):
        return
    if any(isinstance(part, str) and "=" in part for part in word.parts):
        return
    raise command_error(
        f"{name} of the command begins with '-' and is filled in with data, so the data could become an option",
        place,
        'write --option={x} with a =, give the option and its value as two words, or put a literal "--" before it',
    )


def command_error(message: str, place: Place, hint: str) -> DefinitionError:
    """The error of a command that cannot be."""
    return DefinitionError(message, code="command", hint=hint, place=place)
