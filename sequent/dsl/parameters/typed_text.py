"""Converts strings from a command line, and JSON, to values, by annotation."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from inspect import formatannotation
from pathlib import Path, PurePath
from uuid import UUID

from sequent.dsl.parameters.type_fit import fits
from sequent.errors import NotDataError, UsageError
from sequent.model.annotations import Form, Meaning, meaning_of
from sequent.model.class_shapes import plain_default, shape_of
from sequent.model.durations import read_seconds
from sequent.model.json_text import read_json, too_deep
from sequent.model.option_readers import flag_of
from sequent.model.wording import with_article

T = typing.TypeVar("T")

_JSON_FORMS = (Form.DICT, Form.KEYS)
_LISTS = (Form.LIST, Form.PIECES)
_NUMBERS: dict[object, tuple[type, ...]] = {timedelta: (int, float), Decimal: (int,), Fraction: (int,)}
"""The numbers in JSON that are read as a value of a class."""
_NO_SUCH_VALUE = (ValueError, ArithmeticError, TypeError, KeyError)
"""The errors of reading a string that is not a value of a type."""


def shown_type(annotation: object) -> str:
    """Return an annotation, as its author would write it."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    return formatannotation(annotation)


def is_record(annotation: object) -> bool:
    """Return whether its values have fields with types of their own."""
    return meaning_of(annotation).form is Form.RECORD


def shown_fields(annotation: object) -> tuple[tuple[str, str], ...]:
    """Return the names and types of the fields of a record; none for any other type."""
    fields = meaning_of(annotation).fields if is_record(annotation) else {}
    return tuple((name, shown_type(kind)) for name, kind in fields.items())


def _one_of_type(annotation: object) -> str:
    """Return a value of a type, in words; None as it is typed."""
    is_nothing = annotation is None or annotation is type(None)
    return "null" if is_nothing else with_article(shown_type(annotation))


def is_flag(annotation: object) -> bool:
    """Return whether its values are true and false only."""
    meaning = meaning_of(annotation)
    return meaning.form is Form.SCALAR and meaning.kind is bool


def is_list(annotation: object) -> bool:
    """Return whether a string may be read as several values, which may be given one by one."""
    meaning = meaning_of(annotation)
    if meaning.form is Form.UNION:
        return any(map(is_list, meaning.parts))
    return meaning.form in _LISTS


def parse_text(annotation: object, *texts: str) -> object:
    """Return the value of a typed string as a value of a type.

    Args:
        annotation: the type, as an object.
        texts: the typed strings; several are the parts of a list.

    Raises:
        UsageError: the string is not such a value, has a key of JSON twice, or is nested too deep; the message
            begins with the string.
    """
    text = texts[0] if len(texts) == 1 else ",".join(texts)
    try:
        return _parse(annotation, text) if len(texts) == 1 else _parse_parts(annotation, texts)
    except _NO_SUCH_VALUE:
        is_choice = meaning_of(annotation).form is Form.CHOICE
        wanted = "one of its values" if is_choice else _one_of_type(annotation)
        raise UsageError(f"{text!r:.100}, which is not {wanted}", code="param", hint=_hint(annotation)) from None
    except NotDataError as error:
        raise UsageError(f"{text!r:.100}, {error.message}", code=error.code, hint=error.hint) from None
    except RecursionError:
        raise UsageError(f"{text!r:.100}, {too_deep('which').message}", code="too-deep") from None


def read_json_value(annotation: object, text: str) -> object:
    """Return a value of JSON as a value of a type; strings stand for types that JSON does not have, such as a date.

    Args:
        annotation: the type, as an object; a record is an object with its fields, of which those with defaults may be
            left out.
        text: the JSON.

    Raises:
        UsageError: it is not JSON, or not such a value; the message begins with the text.
    """
    try:
        return _typed(annotation, read_json(text, "which", unique_keys=True))
    except _NO_SUCH_VALUE:
        wanted = _one_of_type(annotation)
        raise UsageError(f"{text!r:.100}, which is not {wanted}", code="result", hint=_json_hint(annotation)) from None
    except NotDataError as error:
        raise UsageError(f"{text!r:.100}, {error.message}", code=error.code, hint=error.hint) from None
    except RecursionError:
        raise UsageError(f"{text!r:.100}, {too_deep('which').message}", code="too-deep") from None


def _json_hint(annotation: object) -> str:
    fields = ", ".join(f'"{name}": {kind}' for name, kind in shown_fields(annotation))
    return f"write JSON with its fields: {{{fields}}}" if is_record(annotation) else _hint(annotation)


def _parse(annotation: object, text: str) -> object:
    meaning = meaning_of(annotation)
    match meaning.form:
        case Form.UNION:
            return _parse_union(meaning.parts, text)
        case Form.CHOICE:
            return _choice(meaning.parts, text)
        case Form.LIST | Form.PIECES | Form.DICT | Form.KEYS:
            return _parse_collection(meaning, text)
        case Form.ANYTHING:
            return text
        case Form.ENUM:
            return _member(meaning.kind, text)
        case Form.SCALAR:
            return _parse_scalar(meaning.kind, text)
        case _:
            raise TypeError


def _parse_parts(annotation: object, texts: Sequence[str]) -> object:
    """Read a list or a tuple from several strings, each of which has a part of it."""
    meaning = meaning_of(annotation)
    if meaning.form is Form.UNION:
        return _first_of([partial(_parse_parts, part, texts) for part in meaning.parts if is_list(part)])
    pieces = [piece for text in texts for piece in _pieces_of(text)]
    return _of_parts(meaning, pieces, _typed)


def _pieces_of(text: str) -> Sequence[object]:
    if not text.lstrip().startswith("["):
        return _words(text)
    tree = read_json(text, "which", unique_keys=True)
    return typing.cast("list[object]", tree) if isinstance(tree, list) else [tree]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")] if text else []


def _choice(choices: tuple[object, ...], text: str) -> object:
    for choice in choices:
        if (choice.name if isinstance(choice, Enum) else str(choice)) == text:
            return choice
    raise ValueError(text)


def _parse_union(parts: tuple[object, ...], text: str) -> object:
    if type(None) in parts and text.lower() in ("none", "null", ""):
        return None
    # Any string fits str, so str comes last.
    kinds = sorted((part for part in parts if part is not type(None)), key=lambda part: meaning_of(part).kind is str)
    return _first_of([partial(_parse, kind, text) for kind in kinds])


def _first_of(ways: Sequence[Callable[[], object]]) -> object:
    """Return the value of the first of these that does not fail."""
    for way in ways:
        try:
            return way()
        except _NO_SUCH_VALUE:
            continue
    raise ValueError


def _parse_scalar(kind: type[object], text: str) -> object:
    if kind is bool:
        return flag_of(text)
    if kind is type(None):
        return {"none": None, "null": None, "": None}[text.lower()]
    return _SCALARS[kind](text)


def _parse_span(text: str) -> timedelta:
    try:
        return timedelta(seconds=float(text))
    except ValueError:
        return timedelta(seconds=read_seconds(text))


def _member(kind: type[Enum], text: str) -> Enum:
    if text in kind.__members__:
        return kind[text]
    for member in kind:
        if str(member.value) == text:
            return member
    raise ValueError(text)


_SCALARS: dict[type, Callable[[str], object]] = {
    str: str,
    int: int,
    float: float,
    bytes: lambda text: text.encode(),
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    timedelta: _parse_span,
    Decimal: Decimal,
    Fraction: Fraction,
    UUID: UUID,
    Path: Path,
    PurePath: PurePath,
}


def _parse_collection(meaning: Meaning, text: str) -> object:
    """Read JSON; for other types than a dict, also words separated by commas."""
    if text.lstrip().startswith(("[", "{")) or meaning.form in _JSON_FORMS:
        return _typed_as(meaning, read_json(text, "which", unique_keys=True))
    return _of_parts(meaning, _words(text), _parse)


def _typed(annotation: object, tree: object) -> object:
    """Convert a value of JSON to a type; strings are read as types that JSON does not have, such as a date."""
    if fits(annotation, tree):
        return tree
    meaning = meaning_of(annotation)
    if meaning.form is Form.UNION:
        return _first_of([partial(_typed, part, tree) for part in meaning.parts])
    if isinstance(tree, str):
        return _parse(annotation, tree)
    # A JSON number with a point has lost digits that a Decimal would keep: 1.10, or its twentieth.
    if type(tree) in _NUMBERS.get(meaning.kind, ()):
        return _parse(annotation, repr(tree))
    return _typed_as(meaning, tree)


def _typed_as(meaning: Meaning, tree: object) -> object:
    if isinstance(tree, dict):
        entries = typing.cast("dict[str, object]", tree)
        if meaning.form is Form.DICT:
            key_kind, kind = meaning.parts
            return {_typed(key_kind, key): _typed(kind, value) for key, value in entries.items()}
        if meaning.form is Form.KEYS and meaning.required <= entries.keys() <= meaning.fields.keys():
            fields = meaning.fields
            return {key: _typed(fields[key], value) for key, value in entries.items()}
        if meaning.form is Form.RECORD:
            return _record(meaning, entries)
    if isinstance(tree, list) and meaning.form in _LISTS:
        return _of_parts(meaning, typing.cast("list[object]", tree), _typed)
    raise ValueError


def _record(meaning: Meaning, entries: dict[str, object]) -> object:
    """Return an instance of a record, made without running code of its class; fields may have plain defaults."""
    fields, shape = meaning.fields, shape_of(meaning.kind)
    values = {key: _typed(fields[key], value) for key, value in entries.items() if key in fields}
    values |= {name: plain_default(meaning.kind, name) for name in fields.keys() - entries.keys()}
    if shape is None or values.keys() != fields.keys() or not entries.keys() <= fields.keys():
        raise ValueError
    return shape.put_together(values)


def _of_parts(meaning: Meaning, pieces: Sequence[T], read: Callable[[object, T], object]) -> object:
    """Make a list or a tuple, each piece of which is read by its annotation."""
    if meaning.form is Form.PIECES:
        return tuple(read(part, piece) for part, piece in zip(meaning.parts, pieces, strict=True))
    if meaning.form is not Form.LIST:
        raise ValueError
    values = [read(meaning.parts[0], piece) for piece in pieces]
    return tuple(values) if meaning.kind is tuple else values


def choices_of(annotation: object) -> list[str]:
    """Return the words that may be written, if these are limited: of an enum, or of a ``Literal``."""
    meaning = meaning_of(annotation)
    if meaning.form is Form.CHOICE:
        return [choice.name if isinstance(choice, Enum) else str(choice) for choice in meaning.parts]
    return [*meaning.kind.__members__] if meaning.form is Form.ENUM else []


def _hint(annotation: object) -> str:
    meaning = meaning_of(annotation)
    if meaning.form is Form.UNION:
        kinds = [part for part in meaning.parts if part is not type(None)]
        if len(kinds) == 1:
            return _hint(kinds[0])
    if choices := choices_of(annotation):
        return f"give one of {', '.join(choices)}"
    if meaning.form in _LISTS:
        return 'write x,y, or JSON: ["x", "y"]'
    if meaning.form in _JSON_FORMS:
        return 'write JSON: {"key": "value"}; write other types, and a Decimal with a point, as strings'
    if meaning.form is Form.RECORD:
        return f"give {with_article(meaning.kind.__name__)} in Python: flow(name=...).run()"
    return _HINTS.get(meaning.kind) or f"give {_one_of_type(annotation)}"


_HINTS: dict[object, str] = {
    date: "a date is written 2026-11-24",
    datetime: "a moment is written 2026-11-24T18:30:00+01:00",
    bool: "write true or false",
    timedelta: 'write "30s", "5m", "6h", or a number of seconds',
}
