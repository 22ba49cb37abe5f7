"""Arguments: data, references, and lists, tuples and dicts that contain references, at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from types import MethodType
from typing import cast

from attrs import frozen

from sequent.dsl.references.literals import snapshot, step_as_value
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_words import Outer, outer_alone
from sequent.dsl.references.requirements import Claimable, Requirement, shown
from sequent.errors import DefinitionError, Place
from sequent.model.references import CompoundForm, FlowHandle, Literal
from sequent.model.value_text import MAX_DEPTH
from sequent.model.wording import repr_of

_FORMS: dict[type, CompoundForm] = {list: CompoundForm.LIST, tuple: CompoundForm.TUPLE, dict: CompoundForm.DICT}


@frozen(eq=False)
class CompoundSource:
    """A list, a tuple or a dict that contains references."""

    form: CompoundForm
    parts: tuple[Given, ...]
    keys: tuple[str, ...] = ()
    """The keys of a dict, as wire text."""


Given = Reference | Literal | FlowHandle | CompoundSource


def read_value(value: object, name: str, place: Place, flow: object = None, depth: int = 0) -> Given:
    """Read one argument.

    Args:
        value: the author's value: data, a reference, the flow itself, or a list, tuple or dict of these.
        name: its name for errors: ``kwargs['db']``.
        place: the line that gives it.
        flow: the flow that is being built, if it may be among the arguments.
        depth: the number of values around it.

    Raises:
        DefinitionError: it is none of them.
    """
    if isinstance(value, Reference):
        return value
    if flow is not None and value is flow:
        return FlowHandle()
    _refuse_meant(value, name, place)
    form = _FORMS.get(type(value))
    if form is None or not holds_reference(value, flow):
        return snapshot(value, name, place)
    if depth > MAX_DEPTH:
        raise DefinitionError(
            f"{name:.60}... is nested more than {MAX_DEPTH} deep, or holds itself",
            code="not-data",
            hint="give its parts as separate arguments",
            place=place,
        )
    named = _named_parts(value, name)
    parts = tuple(read_value(part, part_name, place, flow, depth + 1) for part_name, part in named)
    keys = cast("dict[object, object]", value) if form is CompoundForm.DICT else ()
    return CompoundSource(form, parts, tuple(snapshot(key, f"a key of {name}", place).text for key in keys))


def references_within(given: Given) -> Iterator[Reference]:
    """Yield a reference, or those in a compound."""
    if isinstance(given, Reference):
        yield given
    elif isinstance(given, CompoundSource):
        for part in given.parts:
            yield from references_within(part)


def holds_reference(value: object, flow: object = None) -> bool:
    """Return whether the values of a list, tuple or dict contain a reference, or a mistake for one."""
    pending = [value]
    seen: set[int] = set()
    while pending:
        part = pending.pop()
        if type(part) in _FORMS:
            if id(part) not in seen:
                seen.add(id(part))
                inner = cast("dict[object, object]", part).values() if type(part) is dict else part
                pending += cast("list[object]", inner)
        elif isinstance(part, Reference | Requirement | Outer | MethodType) or (flow is not None and part is flow):
            return True
    return False


def _named_parts(value: object, name: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        entries = cast("dict[object, object]", value)
        yield from ((f"{name}[{repr_of(key, 60)}]", part) for key, part in entries.items())
    else:
        yield from ((f"{name}[{at}]", part) for at, part in enumerate(cast("list[object]", value)))


def _refuse_meant(value: object, name: str, place: Place) -> None:
    """Refuse an object given by mistake: a step for its result, a method for its value, ``outer`` alone."""
    if isinstance(value, Claimable):
        raise step_as_value(value, name, place)
    if isinstance(value, Requirement):
        raise argument_error(f"{name} is a requirement, not data", place, "give it to requires=")
    if isinstance(value, Outer):
        raise outer_alone(name, place)
    if isinstance(value, MethodType) and isinstance(value.__self__, Claimable):
        word = f"{shown(value.__self__)}.{value.__name__}"
        hint = (
            f"give the value to use if there is no result: {word}(None)" if value.__name__ == "result_or" else "call it"
        )
        raise argument_error(f"{name} is the method {word} itself", place, hint)


def argument_error(message: str, place: Place, hint: str) -> DefinitionError:
    """Return the error for a value that is not an argument."""
    return DefinitionError(message, code="argument", hint=hint, place=place)
