"""Checks ``x.returned(...)``: which results a step can have, as far as its annotation tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sequent.dsl.functions.step_functions import FunctionSource
from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import shown_type
from sequent.dsl.references.reference_words import returned
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.source_lines import Site, frame_above
from sequent.dsl.steps.annotations import UNKNOWN, is_known, returned_by
from sequent.dsl.steps.nodes import Node
from sequent.errors import DefinitionError, Place
from sequent.model.annotations import Form, meaning_of
from sequent.model.wording import repr_of


def returned_by_node(node: Node, values: tuple[object, ...], site: Site) -> Requirement:
    """Require that a step or container succeeds and returns one of these values.

    Raises:
        DefinitionError: it cannot have such a result, or is repeated, so that its result is a list.
    """
    requirement = returned(node, values, site)
    check_returned(node, values, site.place, frame_above(2).f_locals)
    return requirement


def check_returned(node: Node, values: tuple[object, ...], place: Place, names: Mapping[str, object]) -> None:
    """Check that a step or container can have these results.

    Args:
        node: the step or container.
        values: the values of ``returned()``.
        place: the author's line.
        names: the names at that line; types may be defined in a function.

    Raises:
        DefinitionError: it cannot have one of them.
    """
    shown = node.__sequent__.shown
    maker = _maker_of(node)
    if maker is None:
        raise _error(
            f"{shown!r} is repeated: its result is a list, so it has no returned()",
            place,
            "let a step take the list and return the value to ask for",
        )
    kind = _result_type(maker, names)
    if not is_known(kind):
        return
    for value in values:
        if not fits(kind, value):
            raise _error(
                f"{shown!r} cannot return {repr_of(value)}: its result is annotated {shown_type(kind)}",
                place,
                f"it can return {', '.join(_possible(kind))}: ask for that, or correct the annotation",
            )


def _maker_of(node: Node) -> Node | None:
    """Return the step whose result a node's result is, as far as known; None if it is a list of results."""
    while True:
        if node.__sequent__.is_repeated:
            return None
        inner = node.__sequent__.result
        if inner is None:
            return node
        node = inner


def _result_type(maker: Node, names: Mapping[str, object]) -> object:
    work = maker.__sequent__.work
    if work is None:
        return UNKNOWN
    if not isinstance(work, FunctionSource):
        return work.result_type
    if work.pickles:
        return UNKNOWN
    kind = returned_by(work.function)
    return kind if is_known(kind) else returned_by(work.function, names=names)


def _possible(kind: object) -> Iterator[str]:
    """Yield the values or types that a type allows, as they would be written."""
    meaning = meaning_of(kind)
    match meaning.form:
        case Form.UNION:
            for part in meaning.parts:
                yield from _possible(part)
        case Form.CHOICE:
            yield from map(repr, meaning.parts)
        case Form.ENUM:
            yield from (f"{meaning.kind.__name__}.{name}" for name in meaning.kind.__members__)
        case Form.SCALAR if meaning.kind in (bool, type(None)):
            yield from ("True", "False") if meaning.kind is bool else ("None",)
        case _:
            yield shown_type(kind)


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="returned", hint=hint, place=place)
