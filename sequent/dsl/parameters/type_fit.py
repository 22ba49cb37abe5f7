"""Checks values against annotations."""

from __future__ import annotations

import typing
from datetime import date, datetime

from sequent.model.annotations import Form, Meaning, meaning_of


def fits(annotation: object, value: object) -> bool:
    """Return whether a value fits an annotation, as far as that can be told."""
    meaning = meaning_of(annotation)
    match meaning.form:
        case Form.UNION:
            return any(fits(part, value) for part in meaning.parts)
        case Form.CHOICE:
            return any(type(choice) is type(value) and choice == value for choice in meaning.parts)
        case Form.LIST | Form.PIECES | Form.DICT:
            # A string is meant as one value, never as a sequence of its letters.
            return isinstance(value, meaning.kind) and not isinstance(value, str | bytes) and _parts_fit(meaning, value)
        case Form.KEYS:
            return isinstance(value, dict) and _keys_fit(meaning, typing.cast("dict[object, object]", value))
        case Form.SCALAR:
            return _is_of(meaning.kind, value)
        case Form.ENUM | Form.RECORD | Form.OTHER:
            return isinstance(value, meaning.kind)
        case _:
            return True


def _is_of(kind: type[object], value: object) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is date:
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, kind)


def _keys_fit(meaning: Meaning, value: dict[object, object]) -> bool:
    fields = meaning.fields
    return meaning.required <= value.keys() <= fields.keys() and all(
        fits(fields[str(key)], entry) for key, entry in value.items()
    )


def _parts_fit(meaning: Meaning, value: object) -> bool:
    parts = meaning.parts
    if meaning.form is Form.PIECES:
        pieces = typing.cast("tuple[object, ...]", value)
        return len(parts) == len(pieces) and all(map(fits, parts, pieces))
    if isinstance(value, dict) and len(parts) == 2:
        entries = typing.cast("dict[object, object]", value)
        return all(fits(parts[0], key) and fits(parts[1], entry) for key, entry in entries.items())
    if isinstance(value, list | tuple | dict) and len(parts) == 1:
        return all(fits(parts[0], entry) for entry in typing.cast("list[object]", value))
    return True
