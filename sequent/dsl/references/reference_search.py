"""Searches for references that cannot be filled in: in values of an author, and formatted into their strings."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, cast

from sequent.dsl.references.reference import Reference, formatted_in, reached, refuse_formatted
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.source_lines import Site, read_at
from sequent.errors import DefinitionError, Place
from sequent.model.class_shapes import shape_of

_MOST_LOOKED_AT = 10_000
"""Parts of one value: a larger one is not a collection of references, and is checked again when it is stored."""
_WHOLE = (Requirement, type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, functools.partial)


def parts_of(value: object) -> Iterator[object]:
    """Yield a value and all its parts: in lists, tuples, sets, dicts and records, and in attributes of objects."""
    pending: list[tuple[object, bool]] = [(value, True)]
    seen: set[int] = set()
    while pending and len(seen) < _MOST_LOOKED_AT:
        part, is_opened = pending.pop()
        kind = type(part)
        if id(part) in seen or part is None or kind in (bool, int, float):
            continue
        seen.add(id(part))
        yield part
        if issubclass(kind, dict):
            entries = cast("dict[object, object]", part)
            pending += ((inner, is_opened) for entry in entries.items() for inner in entry)
        elif issubclass(kind, list | tuple | set | frozenset):
            pending += ((inner, is_opened) for inner in cast("list[object]", part))
        elif not issubclass(kind, (str, bytes, Reference, *_WHOLE)) and not kind.__module__.startswith("sequent."):
            pending += _attributes(part, kind, is_opened=is_opened)


def _attributes(value: object, kind: type, *, is_opened: bool) -> Iterator[tuple[object, bool]]:
    """Yield the fields of a record, or the attributes of another object, but nothing within its attributes."""
    shape = shape_of(kind)
    if shape is not None:
        yield from ((getattr(value, name, None), is_opened) for name in shape.fields)
    elif is_opened:
        yield from ((inner, False) for inner in cast("dict[str, Any]", getattr(value, "__dict__", {})).values())


def reference_in(value: object) -> str:
    """Return the text of the first reference in a value, whole or formatted into a string; '' if there is none."""
    for part in parts_of(value):
        if isinstance(part, Reference):
            return part.__sequent__.shown
        if found := formatted_in(part):
            return found
    return ""


def text_in(value: object) -> str:
    """Return the text of the first reference that was formatted into a string in a value; '' if there is none."""
    return next((found for part in parts_of(value) if (found := formatted_in(part))), "")


def refuse_result(value: object, text: str, step: str) -> None:
    """Check that a step's result has no reference in it, which can only have bypassed the step's arguments.

    Args:
        value: the result, if it is not data; else None.
        text: the result as wire text, if it is data.
        step: its path.

    Raises:
        DefinitionError: it contains one.
    """
    refuse_formatted(text, step)
    for part in parts_of(value):
        if isinstance(part, Reference):
            raise reached(part.__sequent__, step)
        if isinstance(part, str):
            refuse_formatted(part, step)


def refuse_text(value: object, name: str, where: Site | Place) -> None:
    """Check that no reference was formatted into a string that is kept as it is.

    Args:
        value: the author's value: a string, or one that may contain strings.
        name: its name for errors: ``'config'``.
        where: the line that gives it.

    Raises:
        DefinitionError: it contains one.
    """
    found = text_in(value)
    if found:
        raise formatted_elsewhere(name, where.place if isinstance(where, Site) else where, found)


def refuse_texts(options: Mapping[str, object], site: Site) -> None:
    """Check some options of a call in this way, each with its own line."""
    for word, value in options.items():
        read_at(site, word, functools.partial(refuse_text, value, repr(word)))


def formatted_elsewhere(name: str, place: Place, reference: str = "a reference") -> DefinitionError:
    """Return the error for a reference in an f-string that is not a command's word."""
    return DefinitionError(
        f"{name} is a string with {reference} in it, which is known only while running: it can stand "
        "only in a command's words",
        code="reference-in-text",
        hint="take it as an argument of its own, or as an attribute of self, and build the string in the step",
        place=place,
    )
