"""Literal values: a snapshot is taken at the definition, so that later changes do not matter."""

from __future__ import annotations

from sequent.dsl.references.reference import Reference, has_form
from sequent.dsl.references.reference_search import formatted_elsewhere, parts_of, refuse_text
from sequent.dsl.references.requirements import Claimable, Requirement, shown
from sequent.errors import DefinitionError, NotDataError, Place
from sequent.model.references import Literal
from sequent.model.value_text import decode, encode_with_classes

_BYTES = '"$b"'
"""The beginning of bytes in wire text, which cannot be searched for strings."""
MAX_SIZE = 16 * 2**20
"""The most characters that a literal may have, as wire text."""


def snapshot(value: object, name: str, place: Place) -> Literal:
    """Make a literal of a value.

    Args:
        value: data, without references and steps.
        name: its name for errors: ``kwargs['db']``.
        place: the line that gives it.

    Raises:
        DefinitionError: it is not data, is too large, or contains a reference.
    """
    try:
        text, classes = encode_with_classes(value, name)
    except NotDataError as error:
        raise _explained(value, name, place, error) from None
    if len(text) > MAX_SIZE:
        raise DefinitionError(
            f"{name} has {len(text):,} characters, and {MAX_SIZE:,} are allowed",
            code="size",
            hint="give the path of a file that holds it",
            place=place,
        )
    refuse_written(text, value, name, place)
    return Literal(text, classes)


def refuse_written(text: str, value: object, name: str, place: Place) -> None:
    """Check that no reference was formatted into a string of a value, by its wire text, which is quick to search.

    Raises:
        DefinitionError: there is one.
    """
    if has_form(text) or _BYTES in text:
        refuse_text(value, name, place)
    if has_form(text):
        raise formatted_elsewhere(name, place)


def decoded(literal: Literal) -> object:
    """Return a copy of a literal's value."""
    return decode(literal.text, {kind.__qualname__: kind for kind in literal.classes})


def _explained(value: object, name: str, place: Place, error: NotDataError) -> DefinitionError:
    refuse_text(value, name, place)
    inner = next((part for part in parts_of(value) if isinstance(part, Reference | Requirement)), None)
    if isinstance(inner, Reference):
        return DefinitionError(
            f"{name} has the reference {inner.__sequent__.shown} inside it",
            code="reference",
            hint="a reference stands alone, or in lists, tuples and dicts' values: give it as an argument of its own",
            place=place,
        )
    if isinstance(inner, Claimable):
        return step_as_value(inner, name, place)
    if isinstance(inner, Requirement):
        return DefinitionError(
            f"{name} is a requirement, not data", code="not-data", hint="give it to requires=", place=place
        )
    return DefinitionError(error.message, code=error.code, hint=error.hint, place=place)


def step_as_value(node: Claimable, name: str, place: Place) -> DefinitionError:
    """Return the error for a step that is given instead of its result."""
    step = shown(node)
    return DefinitionError(
        f"{name} is the step {step!r} itself", code="not-data", hint=f"write {step}.result", place=place
    )
