"""Text from a command line to values, by the annotation; and whether a value is what an annotation says."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from inspect import formatannotation
from pathlib import Path, PurePath
from uuid import UUID

from sequent.errors import UsageError
from sequent.model.wording import with_article

T = typing.TypeVar("T")

_UNIONS: tuple[object, ...] = (typing.Union, types.UnionType)
_DICTS: tuple[object, ...] = (dict, Mapping)
_LISTS: tuple[object, ...] = (list, Sequence, tuple)
_NO_SUCH_VALUE = (ValueError, ArithmeticError, TypeError, KeyError)
"""What goes wrong where a text means nothing of a type."""
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def shown_type(annotation: object) -> str:
    """An annotation, as its author would write it."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    return formatannotation(annotation)


def parse_text(annotation: object, text: str) -> object:
    """The value that a text means where that type is wanted.

    Args:
        annotation: the type, as an object.
        text: what somebody typed.

    Raises:
        UsageError: the text is not one of these; the message begins with the text.
    """
    try:
        return _parse(annotation, text)
    except _NO_SUCH_VALUE:
        is_choice = typing.get_origin(annotation) is typing.Literal
        wanted = "one of its values" if is_choice else with_article(shown_type(annotation))
        raise UsageError(f"{text!r:.100}, which is not {wanted}", code="param", hint=_hint(annotation)) from None


def _parse(annotation: object, text: str) -> object:
    annotation = _plain(annotation)
    origin = typing.get_origin(annotation)
    parts = typing.get_args(annotation)
    if origin in _UNIONS:
        return _parse_union(parts, text)
    if origin is typing.Literal:
        return _choice(parts, text)
    if _kind_of(annotation) in (*_LISTS, *_DICTS):
        return _parse_collection(annotation, text)
    if annotation is typing.Any:
        return text
    if isinstance(annotation, type) and origin is None:
        return _parse_scalar(annotation, text)
    raise TypeError


def _plain(annotation: object) -> object:
    """What an annotation says of values: ``Annotated`` and ``NewType`` add nothing to it."""
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


def _choice(choices: tuple[object, ...], text: str) -> object:
    for choice in choices:
        if (choice.name if isinstance(choice, Enum) else str(choice)) == text:
            return choice
    raise ValueError(text)


def _parse_union(parts: tuple[object, ...], text: str) -> object:
    if type(None) in parts and text.lower() in ("none", "null", ""):
        return None
    # Text fits str whatever it says, so str comes last.
    kinds = sorted((part for part in parts if part is not type(None)), key=lambda part: part is str)
    return _first_of([partial(_parse, kind, text) for kind in kinds])


def _first_of(ways: Sequence[Callable[[], object]]) -> object:
    """What the first of these gives that does not fail."""
    for way in ways:
        try:
            return way()
        except _NO_SUCH_VALUE:
            continue
    raise ValueError


def _parse_scalar(kind: type[object], text: str) -> object:
    if kind is bool:
        return _FLAGS[text.lower()]
    if kind is timedelta:
        return _parse_span(text)
    if issubclass(kind, Enum):
        return kind[text] if text in kind.__members__ else _member(kind, text)
    read = _SCALARS.get(kind)
    if read is None:
        raise TypeError
    return read(text)


def _parse_span(text: str) -> timedelta:
    # Reading lengths of time takes a parser of some size: most parameters do without.
    from sequent.model.durations import read_seconds

    try:
        return timedelta(seconds=float(text))
    except ValueError:
        return timedelta(seconds=read_seconds(text))


def _member(kind: type[Enum], text: str) -> Enum:
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
    Decimal: Decimal,
    UUID: UUID,
    Path: Path,
    PurePath: PurePath,
    object: str,
}


def _parse_collection(annotation: object, text: str) -> object:
    """JSON; of what is no dict, also words with commas between them."""
    if text.lstrip().startswith(("[", "{")) or _kind_of(annotation) in _DICTS:
        return _typed(annotation, json.loads(text))
    words = [word.strip() for word in text.split(",")] if text else []
    return _of_parts(annotation, words, _parse)


def _typed(annotation: object, tree: object) -> object:
    """What JSON holds, as an annotation has it: a text stands for what JSON has no form for, such as a date."""
    annotation = _plain(annotation)
    if fits(annotation, tree):
        return tree
    if isinstance(tree, str):
        return _parse(annotation, tree)
    parts = typing.get_args(annotation)
    if typing.get_origin(annotation) in _UNIONS:
        return _first_of([partial(_typed, part, tree) for part in parts])
    kind = _kind_of(annotation)
    if isinstance(tree, dict) and kind in _DICTS and len(parts) == 2:
        entries = typing.cast("dict[str, object]", tree)
        return {_typed(parts[0], key): _typed(parts[1], value) for key, value in entries.items()}
    if isinstance(tree, list) and kind in _LISTS:
        return _of_parts(annotation, typing.cast("list[object]", tree), _typed)
    raise ValueError


def _of_parts(annotation: object, pieces: Sequence[T], read: Callable[[object, T], object]) -> object:
    """A list or a tuple, of which each piece is read as the annotation has it."""
    kind, parts = _kind_of(annotation), typing.get_args(annotation)
    if kind is tuple and parts and parts[-1] is not ...:
        return tuple(read(part, piece) for part, piece in zip(parts, pieces, strict=True))
    values = [read(parts[0] if parts else typing.Any, piece) for piece in pieces]
    return tuple(values) if kind is tuple else values


def _kind_of(annotation: object) -> object:
    return typing.get_origin(annotation) or annotation


def _hint(annotation: object) -> str:
    otherwise = f"give {with_article(shown_type(annotation))}"
    origin = typing.get_origin(annotation)
    if annotation is date:
        return "a date is written 2026-11-24"
    if annotation is datetime:
        return "a moment is written 2026-11-24T18:30:00+01:00"
    if annotation is bool:
        return "write true or false"
    if annotation is timedelta:
        return 'write "30s", "5m", "6h", or a number of seconds'
    if origin is typing.Literal:
        return f"it is one of {', '.join(str(choice) for choice in typing.get_args(annotation))}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return f"it is one of {', '.join(annotation.__members__)}"
    return otherwise


def fits(annotation: object, value: object) -> bool:
    """Whether a value is what an annotation says, as far as that can be told."""
    annotation = _plain(annotation)
    origin = typing.get_origin(annotation)
    parts = typing.get_args(annotation)
    if annotation is None or annotation is type(None):
        return value is None
    if annotation is typing.Any:
        return True
    if origin in _UNIONS:
        return any(fits(part, value) for part in parts)
    if origin is typing.Literal:
        return any(type(choice) is type(value) and choice == value for choice in parts)
    if isinstance(origin, type):
        # A text is meant as one value, never as a sequence of its letters.
        return isinstance(value, origin) and not isinstance(value, str | bytes) and _parts_fit(origin, parts, value)
    if not isinstance(annotation, type):
        return True
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if annotation is date:
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, annotation)


def _parts_fit(origin: type, parts: tuple[object, ...], value: object) -> bool:
    if isinstance(value, dict) and len(parts) == 2:
        entries = typing.cast("dict[object, object]", value)
        return all(fits(parts[0], key) and fits(parts[1], entry) for key, entry in entries.items())
    if isinstance(value, list) and len(parts) == 1:
        return all(fits(parts[0], entry) for entry in typing.cast("list[object]", value))
    if isinstance(value, tuple) and origin is tuple:
        pieces = typing.cast("tuple[object, ...]", value)
        if len(parts) == 2 and parts[1] is ...:
            return all(fits(parts[0], entry) for entry in pieces)
        return len(parts) == len(pieces) and all(map(fits, parts, pieces))
    return True
