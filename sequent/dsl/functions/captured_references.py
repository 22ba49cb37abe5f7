"""References of a step's callable that are never filled in: in variables, hidden defaults, attributes."""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable, Iterator, Mapping
from inspect import CO_VARARGS, CO_VARKEYWORDS
from types import CodeType, FunctionType, MethodType
from typing import cast

from attrs import define, field

from sequent.dsl.functions.callables import (
    closed_over,
    defaults_of,
    everything_in,
    is_alone,
    is_function,
    kept_by,
    layers_of,
    name_of,
    signature_of,
)
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_search import reference_in

_LOOKED_AT: tuple[type, ...] = (Reference, str, list, tuple, dict)
_HINT = "give it as an argument: as the default of a visible parameter, or in args= or kwargs="
_WRAPS = f"put @functools.wraps(function) above the function that the decorator returns; or {_HINT}"


@define(eq=False)
class CapturedReferences:
    """Searches the callables of one flow; the variables of a module are searched once."""

    _modules: dict[int, Mapping[str, str]] = field(factory=dict[int, Mapping[str, str]])

    def found_in(self, function: Callable[..., object]) -> Iterator[tuple[str, str]]:
        """Yield each reference that would arrive unfilled, with its place and a hint."""
        if is_alone(function) and not self._holding(cast("FunctionType", function).__globals__):
            # The usual step: its parameters have been read.
            return
        for reference, where, hint in self._found(function):
            yield f"{reference} by {where}", hint

    def _found(self, function: Callable[..., object]) -> Iterator[tuple[str, str, str]]:
        """Yield each such reference, its place, and a hint."""
        chain = [layer for layer in layers_of(function) if is_function(layer)]
        shape = signature_of(function)
        shown = set[str]() if shape is None else set(shape.parameters)
        # A layer that takes any arguments passes them on.
        passes_on = any(layer.__code__.co_flags & (CO_VARARGS | CO_VARKEYWORDS) for layer in chain)
        for layer in everything_in(function):
            if is_function(layer):
                is_beneath = any(layer is other for other in chain)
                if is_beneath or passes_on:
                    yield from _defaults(layer, shown if is_beneath else set())
                yield from self._globals(layer)
            yield from _kept(layer)

    def _globals(self, function: FunctionType) -> Iterator[tuple[str, str, str]]:
        holding = self._holding(function.__globals__)
        for code in _codes_in(function.__code__) if holding else ():
            for name in code.co_names:
                if name in holding and _reads(code, name):
                    yield holding[name], f"the variable {name!r} of its module", _HINT

    def _holding(self, names: Mapping[str, object]) -> Mapping[str, str]:
        """Return the variables of a module that contain a reference, and its text."""
        if id(names) not in self._modules:
            found = {name: reference_in(value) for name, value in list(names.items()) if not name.startswith("__")}
            self._modules[id(names)] = {name: shown for name, shown in found.items() if shown}
        return self._modules[id(names)]


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function, and of functions defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)


def _reads(code: CodeType, name: str) -> bool:
    """Return whether the name is a variable of the module there, and not an attribute."""
    loads = (step for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    return any(step.argval == name for step in loads)


def _defaults(function: FunctionType, shown: set[str]) -> Iterator[tuple[str, str, str]]:
    """Yield references among the defaults of parameters that a decorator hides."""
    for name, found in hidden_defaults(function):
        if name not in shown:
            yield found, f"the default of {name!r} of {function.__qualname__!r}, which a decorator hides", _WRAPS


def hidden_defaults(function: FunctionType) -> Iterator[tuple[str, str]]:
    """Yield parameters whose default is a reference or contains one, and its text."""
    for name, value in defaults_of(function):
        if found := _argument_in(value):
            yield name, found


def _argument_in(value: object) -> str:
    """Search a value as a default is searched: alone, or in a list, tuple or dict."""
    return reference_in(value) if isinstance(value, _LOOKED_AT) else ""


def _kept(layer: object) -> Iterator[tuple[str, str, str]]:
    """Yield references among the variables around a function, and the attributes of an object."""
    if isinstance(layer, functools.partial):
        whole = cast("functools.partial[object]", layer)
        if found := reference_in([*whole.args, *whole.keywords.values()]):
            yield found, f"a partial of {name_of(whole.func)!r}", "give it in args= or kwargs=, or as a default"
    elif isinstance(layer, MethodType):
        for name, value in getattr(layer.__self__, "__dict__", {}).items():
            if found := _argument_in(value):
                yield found, f"the attribute {name!r} of the object whose method it is", _HINT
    elif is_function(layer):
        for name, value in closed_over(layer):
            if found := reference_in(value):
                yield found, f"the variable {name!r} of the function around {layer.__qualname__!r}", _HINT
    else:
        for name, value in kept_by(layer).items():
            if found := _argument_in(value):
                yield found, f"its attribute {name!r}", _HINT
