"""Finds annotations that promise values which can be stored."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.annotations import Form, Meaning, meaning_of, meanings_in
from sequent.model.class_shapes import has_default


def never_stored(annotation: object) -> tuple[Meaning, str] | None:
    """Return a type in an annotation that can never be stored or found, and the record field that contains it.

    A type in the annotation of a result is meant to be returned, wherever it stands. A record's field counts only if it
    cannot hold anything else: a field of type ``Connection | None`` may be None, and a list may be empty.
    """
    for meaning in meanings_in(annotation, enters=lambda _: False):
        if meaning.form is Form.OTHER:
            return meaning, ""
        if meaning.form in (Form.RECORD, Form.KEYS):
            found = next(_in_fields(meaning, ()), None)
            if found is not None:
                return found
    return None


def _in_fields(record: Meaning, around: tuple[type, ...]) -> Iterator[tuple[Meaning, str]]:
    if record.kind in around:
        return
    fields = record.fields
    for name, field in fields.items():
        if record.form is Form.RECORD or name in record.required:
            for meaning, inner in _always(field, (*around, record.kind)):
                if meaning.form is Form.UNFOUND and has_default(record.kind, name):
                    # The default may be of a type that the annotation does not name: ``day: date = None``.
                    continue
                yield meaning, inner or f"{record.kind.__qualname__}.{name}"


def _always(annotation: object, around: tuple[type, ...]) -> Iterator[tuple[Meaning, str]]:
    meaning = meaning_of(annotation)
    match meaning.form:
        case Form.OTHER | Form.UNFOUND:
            yield meaning, ""
        case Form.UNION:
            parts = [next(_always(part, around), None) for part in meaning.parts]
            if parts and parts[0] is not None and None not in parts:
                yield parts[0]
        case Form.PIECES:
            for part in meaning.parts:
                yield from _always(part, around)
        case Form.RECORD | Form.KEYS:
            yield from _in_fields(meaning, around)
        case _:
            pass
