"""Text from a command line to values, by the annotation; and whether a value is what an annotation says."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from inspect import formatannotation
from pathlib import Path, PurePath
from uuid import UUID

from sequent.errors import UsageError
from sequent.model.wording import with_article

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
    except (ValueError, ArithmeticError, TypeError, KeyError):
        is_choice = typing.get_origin(annotation) is typing.Literal
        wanted = "one of its values" if is_choice else with_article(shown_type(annotation))
        raise UsageError(f"{text!r:.100}, which is not {wanted}", code="param", hint=_hint(annotation)) from None


def _parse(annotation: object, text: str) -> object:
    origin = typing.get_origin(annotation)
    parts = typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return _parse_union(parts, text)
    if origin is typing.Literal:
        return _choice(parts, text)
    if origin is typing.Annotated:
        return _parse(parts[0], text)
    if origin in (list, Sequence, tuple, dict, Mapping):
        return _parse_json(annotation, text)
    if isinstance(annotation, type):
        return _parse_scalar(annotation, text)
    return text


def _choice(choices: tuple[object, ...], text: str) -> object:
    for choice in choices:
        if (choice.name if isinstance(choice, Enum) else str(choice)) == text:
            return choice
    raise ValueError(text)


def _parse_union(parts: tuple[object, ...], text: str) -> object:
    if type(None) in parts and text.lower() in ("none", "null", ""):
        return None
    # Text fits str whatever it says, so str comes last.
    for part in sorted((part for part in parts if part is not type(None)), key=lambda part: part is str):
        try:
            return _parse(part, text)
        except (ValueError, ArithmeticError, TypeError, KeyError):
            continue
    raise ValueError(text)


def _parse_scalar(kind: type[object], text: str) -> object:
    if kind in (list, dict, tuple):
        return _parse_json(kind, text)
    if kind is bool:
        return _FLAGS[text.lower()]
    if kind is timedelta:
        return timedelta(seconds=float(text))
    if issubclass(kind, Enum):
        return kind[text] if text in kind.__members__ else _member(kind, text)
    read = _SCALARS.get(kind)
    if read is None:
        raise TypeError
    return read(text)


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


def _parse_json(annotation: object, text: str) -> object:
    """JSON; of a list of plain things, also words with commas between them."""
    origin = typing.get_origin(annotation) or annotation
    parts = typing.get_args(annotation)
    if not text.lstrip().startswith(("[", "{")) and origin not in (dict, Mapping):
        inner = parts[0] if parts else str
        values: list[object] = [_parse(inner, word.strip()) for word in text.split(",")] if text else []
        return tuple(values) if origin is tuple else values
    value = json.loads(text)
    if origin is tuple:
        value = tuple(value)
    if not fits(annotation, value):
        raise ValueError(text)
    return value


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
        return "write a number of seconds"
    if origin is typing.Literal:
        return f"it is one of {', '.join(str(choice) for choice in typing.get_args(annotation))}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return f"it is one of {', '.join(annotation.__members__)}"
    return otherwise


def fits(annotation: object, value: object) -> bool:
    """Whether a value is what an annotation says, as far as that can be told."""
    origin = typing.get_origin(annotation)
    parts = typing.get_args(annotation)
    if annotation is None or annotation is type(None):
        return value is None
    if annotation is typing.Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(fits(part, value) for part in parts)
    if origin is typing.Literal:
        return any(type(choice) is type(value) and choice == value for choice in parts)
    if origin is typing.Annotated:
        return fits(parts[0], value)
    if isinstance(origin, type):
        return isinstance(value, origin) and _parts_fit(origin, parts, value)
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
