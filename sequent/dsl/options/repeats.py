"""The items of a repeat, as written."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any, cast

from attrs import frozen

from sequent.dsl.functions.callables import called_for, name_of, signature_of, takes_self
from sequent.dsl.functions.fingerprints import fingerprint
from sequent.dsl.references.literals import refuse_written
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_search import reference_in, refuse_text
from sequent.dsl.references.reference_words import refuse_secret
from sequent.dsl.references.requirements import Claimable, Requirement, shown
from sequent.errors import DefinitionError, NotDataError, Place
from sequent.model.record_text import MOST
from sequent.model.spec import ItemsCall, ItemsLiteral
from sequent.model.value_text import encode_with_classes
from sequent.model.wording import kind_of, repr_of, with_article


@frozen(eq=False)
class CallSource:
    """A callable that returns the items."""

    function: Callable[..., object]
    takes_self: bool

    @property
    def is_endless(self) -> bool:
        """Whether it is known never to end."""
        function: object = self.function
        bound = 0
        while isinstance(function, functools.partial):
            whole = cast("functools.partial[object]", function)
            bound += len(whole.args) + len(whole.keywords)
            function = whole.func
        # repeat(x) yields x for ever, repeat(x, 3) three times.
        return function in (itertools.count, itertools.cycle) or (function is itertools.repeat and bound < 2)

    @property
    def spec(self) -> ItemsCall:
        """Its specification."""
        digest = fingerprint(self.function)
        return ItemsCall(name_of(self.function), self.takes_self, is_endless=self.is_endless, fingerprint=digest)


RepeatSource = ItemsLiteral | CallSource | Reference


def read_repeats(value: object, place: Place) -> RepeatSource | None:
    """Read the items of a repeat, in any of their forms; None without repeats.

    Raises:
        DefinitionError: the value cannot be repeated over, or not twice.
    """
    if value is None:
        return None
    if type(value) in (list, tuple, range):
        return _literal(cast("Iterable[object]", value), place)
    if isinstance(value, Reference):
        refuse_secret(value, "'repeats'", place)
        return value
    _refuse_unclear(value, place)
    value = called_for(value)
    if callable(value):
        return _call(value, place)
    if isinstance(value, Iterable):
        return _literal(cast("Iterable[object]", value), place)
    raise _error(f"'repeats' is {kind_of(value)}, which has no items", place, "give a list or a range")


def _refuse_unclear(value: object, place: Place) -> None:
    """Refuse a value that cannot be repeated over, with a hint to what is probably meant."""
    if isinstance(value, Claimable):
        step = shown(value)
        raise _error(f"'repeats' is the step {step!r} itself", place, f"write repeats={step}.result")
    if isinstance(value, Requirement):
        raise _error("'repeats' is a requirement, which has no items", place, "give it to requires=")
    if isinstance(value, str | bytes | bytearray):
        raise _error(
            f"'repeats' is {repr_of(value)}: a string would repeat per character",
            place,
            f"write repeats=[{repr_of(value, 60)}]",
        )
    if isinstance(value, int):
        raise _error(f"'repeats' is the {type(value).__name__} {value!r}", place, f"use range({int(value)})")
    if isinstance(value, set | frozenset):
        raise _error("'repeats' is a set: its order is not stable", place, "write repeats=sorted(...)")
    if isinstance(value, dict):
        raise _error("'repeats' is a dict: are its keys or its items meant?", place, "write list(d) or list(d.items())")
    if hasattr(value, "__next__") and not isinstance(value, type):
        kind = "generator" if hasattr(value, "gi_frame") else type(value).__name__
        raise _error(
            f"'repeats' is {with_article(kind)}, which can be read only once: a recovery could not read it again",
            place,
            "pass the function that makes it, or a list",
        )


def endless(name: str, place: Place) -> DefinitionError:
    """Return the error for a repeat that never ends."""
    return _error(f"'repeats' of {name!r} never ends", place, "name a step that ends it: until = check")


def is_endless(source: RepeatSource | None) -> bool:
    """Return whether the items never end."""
    return isinstance(source, CallSource) and source.is_endless


def _literal(items: Iterable[object], place: Place) -> ItemsLiteral:
    if not isinstance(items, range):
        items = _listed(items, place)
    try:
        text, classes = encode_with_classes(items, "repeats")
    except NotDataError as error:
        refuse_text(items, "'repeats'", place)
        inner = reference_in(items)
        if inner:
            raise _error(
                f"'repeats' has the reference {inner} inside it",
                place,
                "repeat over it alone, or over the result of a step that takes it",
            ) from None
        raise DefinitionError(error.message, code=error.code, hint=error.hint, place=place) from None
    refuse_written(text, items, "'repeats'", place)
    if items[MOST:]:
        raise _error(f"'repeats' is {items!r}", place, "give a range of fewer than 2**53 items")
    return ItemsLiteral(text, classes)


def _listed(items: Iterable[object], place: Place) -> list[object]:
    entries: list[object] = []
    try:
        for entry in items:
            entries.append(entry)  # noqa: PERF402  their number is in the error
    except Exception as error:
        raise _error(f"'repeats' failed at index {len(entries)}: {repr_of(error)}", place, "give a list") from error
    return entries


def _call(function: Callable[..., object], place: Place) -> CallSource:
    is_method = takes_self(function)
    _check_open(function, is_method=is_method, place=place)
    return CallSource(function, is_method)


def _check_open(function: Callable[..., Any], *, is_method: bool, place: Place) -> None:
    shape = signature_of(function)
    for parameter in () if shape is None else list(shape.parameters.values())[is_method:]:
        if parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            raise _error(
                f"'repeats' is a callable whose parameter {parameter.name!r} has no value",
                place,
                "let it take nothing but self, the container around",
            )


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="repeats", hint=hint, place=place)
