"""Fills in the words of a command. One value is one word: nothing is split, and no value becomes an option."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import PurePath
from typing import cast
from uuid import UUID

from sequent.errors import UsageError
from sequent.model.references import Compound, Literal, Value
from sequent.model.spec import MOST_LEVELS
from sequent.model.wording import described
from sequent.model.work import WORD_KINDS, Template, Word

Take = Callable[[Value], object]
"""Returns the value of a literal, or of the next reference."""

_ALLOWED = f"{WORD_KINDS}, or a list of these"
_CONVERSIONS: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}


def fill_words(words: tuple[Word, ...], take: Take) -> list[str]:
    """Fill in the words of a command.

    Raises:
        UsageError: a value cannot be a word, or the program would take it for an option.
    """
    filled: list[str] = []
    is_guarded = False
    for number, word in enumerate(words):
        name = f"word {number + 1} of the command"
        texts = _texts(word, take, name)
        if not isinstance(word, Literal) and not is_guarded:
            for text in texts:
                _refuse_option(word, text, name)
        is_guarded = is_guarded or (isinstance(word, Literal) and texts == ["--"])
        filled += texts
    return filled


def computed_words(returned: object) -> list[str]:
    """Return the words that a callable returned; like words that the author wrote, they may be options.

    Raises:
        UsageError: it did not return a list, or an item of the list cannot be a word.
    """
    if not isinstance(returned, list | tuple):
        raise UsageError(
            f"the words of the command are {described(returned)}",
            code="command",
            hint='return a list of words, ["rsync", "-a", source, target]: nothing is split',
        )
    filled: list[str] = []
    for number, value in enumerate(cast("list[object]", returned)):
        filled += _texts_of(value, f"word {number + 1} of the command", MOST_LEVELS)
    return filled


def _refuse_option(word: Word, text: str, name: str) -> None:
    if not text.startswith("-"):
        return
    if isinstance(word, Template):
        literals = [part for part in word.parts if isinstance(part, str) and part]
        starts_literally = isinstance(next((part for part in word.parts if part != ""), ""), str)
        if starts_literally or any("=" in literal for literal in literals):
            return
    raise UsageError(
        f"{name} is filled in with {text!r:.120}, which the program would take for an option",
        code="option-injection",
        hint='write the word "--" before it, or name the option in the word: f"--name={value}"',
    )


def fill_word(word: Word, take: Take, name: str) -> str:
    """Fill in a word that must not become several."""
    texts = _texts(word, take, name)
    if len(texts) != 1:
        raise UsageError(f"{name} is a list of {len(texts)}", code="command", hint="give one value")
    return texts[0]


def _texts(word: Word, take: Take, name: str) -> list[str]:
    if isinstance(word, Template):
        pieces: list[str] = []
        for part in word.parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                pieces.append(_formatted(take(part.value), part.conversion, part.format, name))
        return [_without_nul("".join(pieces), name)]
    # Lists within lists that the author wrote are words at any depth; a value is a flat list at most.
    return _texts_of(take(word), name, MOST_LEVELS if isinstance(word, Compound | Literal) else 1)


def _texts_of(value: object, name: str, depth: int) -> list[str]:
    """Return one word, or the words of a list and of the lists within it, down to that depth."""
    if depth and isinstance(value, list | tuple):
        items = enumerate(cast("list[object]", value))
        return [text for at, item in items for text in _texts_of(item, f"{name}, [{at}]", depth - 1)]
    return [text_of(value, name)]


def _formatted(value: object, conversion: str, spec: str, name: str) -> str:
    plain = text_of(value, name)
    if not conversion and not spec:
        return plain
    shown = _CONVERSIONS[conversion](value) if conversion else value
    try:
        return format(shown, spec)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{name} cannot be formatted with {spec!r}: {error}", code="command") from None


def text_of(value: object, name: str) -> str:
    """Return a value as one word."""
    match value:
        case bool():
            text = None
        case str():
            text = str(value)
        case bytes():
            text = os.fsdecode(value)
        case PurePath():
            text = os.fspath(value)
        case date() | time():
            text = value.isoformat()
        case int() | float() | Decimal() | UUID():
            text = str(value)
        case _:
            text = None
    if text is None:
        raise UsageError(f"{name} is {described(value)}", code="command", hint=_ALLOWED)
    return _without_nul(text, name)


def _without_nul(text: str, name: str) -> str:
    if "\0" in text:
        raise UsageError(f"{name} contains a NUL character: {text!r:.120}", code="command", hint="leave it out")
    return text
