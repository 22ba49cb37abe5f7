"""What a callable is beneath its decorators: its parameters, ``self``, its code, and what its annotations may name.

Everything that looks into a callable asks here. A decorated function is read as ``inspect.signature`` reads it:
through ``functools.wraps``, ``functools.partial``, bound methods and ``__signature__``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any, TypeGuard, cast

_FUNCTIONS: tuple[type, ...] = (FunctionType, MethodType, functools.partial)
_DISPATCHING = {"dispatch", "registry"}
"""What functools.singledispatch leaves on a function."""
_PARTIAL_METHODS = ("_partialmethod", "__partialmethod__")
"""Where functools.partialmethod notes itself, in different versions of Python."""


class BoundWhenCalled:
    """A descriptor that is no function, such as a classmethod, called with the object that it is to be bound to."""

    def __init__(self, method: Any, function: Any) -> None:
        functools.update_wrapper(cast("Any", self), function)
        self.method = method
        own = signature_of(function)
        if own is not None and own.parameters:
            first, *others = own.parameters.values()
            self.__signature__ = own.replace(parameters=[first.replace(name="self"), *others])

    def __call__(self, instance: object, /, *args: object, **kwargs: object) -> object:
        return self.method.__get__(instance, type(instance))(*args, **kwargs)


def called_for(function: object) -> object:
    """What is called for something that stands in a class body, which may be a descriptor around a function."""
    if isinstance(function, staticmethod):
        return cast("object", function.__func__)
    if isinstance(function, functools.partialmethod):
        return cast("object", function.__get__(None, object))
    if isinstance(function, classmethod):
        return BoundWhenCalled(function, cast("Any", function).__func__)
    if isinstance(function, functools.singledispatchmethod):
        return BoundWhenCalled(function, cast("Any", function).func)
    return function


def is_called(value: object) -> bool:
    """Whether it is a function, or an object that is called as one; a class is called for an instance of it."""
    return not isinstance(value, type) and callable(called_for(value))


def is_function(value: object) -> TypeGuard[FunctionType]:
    """Whether it is a function itself: what stands in for one may say that it is of its class."""
    return type(value) is FunctionType


def is_plain(function: object) -> bool:
    """Whether it is a function as ``def`` makes it, whose code alone says how it is called."""
    # What decorators leave, such as __wrapped__ and __signature__, is among its attributes.
    return type(function) is FunctionType and not function.__dict__


def is_alone(function: object) -> bool:
    """Whether it is such a function, with no variables around it."""
    return is_plain(function) and not cast("FunctionType", function).__closure__


def signature_of(function: Callable[..., object]) -> inspect.Signature | None:
    """The parameters of a callable; None for builtins that do not tell them."""
    if isinstance(function, functools.partial):
        # One that was also told what it wraps would be read as if nothing was given to it.
        whole = cast("functools.partial[object]", function)
        function = functools.partial(whole.func, *whole.args, **whole.keywords)
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return None


def begins_with_self(code: CodeType) -> bool:
    """The same, of a function without decorators, by its code."""
    return code.co_argcount > 0 and code.co_varnames[0] == "self"


def takes_self(function: Callable[..., object]) -> bool:
    """Whether its first parameter is called ``self``, and so its container."""
    if is_plain(function):
        return begins_with_self(cast("FunctionType", function).__code__)
    shape = signature_of(function)
    first = next(iter(shape.parameters.values()), None) if shape is not None else None
    return (
        first is not None
        and first.name == "self"
        and first.kind in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD)
        and any(is_function(layer) for layer in layers_of(function))
    )


def is_taken_by_name(function: Callable[..., object], parameter: inspect.Parameter, *, is_first: bool) -> bool:
    """Whether a call may name this parameter, for all that decorators make of it."""
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return False
    executed = executed_by(function)
    if not is_function(executed):
        return True
    code = executed.__code__
    if is_first and executed.__dict__.keys() >= _DISPATCHING:
        # functools.singledispatch looks at the first that has no name.
        return False
    if code.co_flags & inspect.CO_VARKEYWORDS:
        return True
    return parameter.name in code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]


def layers_of(function: object) -> Iterator[object]:
    """A callable, and from the outside in all that it is known to call: what is wrapped, bound or completed by it."""
    seen: set[int] = set()
    pending = [function]
    while pending:
        layer = pending.pop(0)
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            pending[:0] = _beneath(layer)


def everything_in(function: object) -> Iterator[object]:
    """The same, and the functions that it has around it, keeps, or chooses from: all that it may call unseen."""
    seen: set[int] = set()
    pending = [function]
    while pending:
        for layer in layers_of(pending.pop(0)):
            if id(layer) not in seen:
                seen.add(id(layer))
                yield layer
                pending += (value for value in kept_by(layer).values() if issubclass(type(value), _FUNCTIONS))


def kept_by(layer: object) -> Mapping[str, object]:
    """What a function or an object holds beside its code: variables around it, attributes, implementations by type."""
    if is_function(layer):
        names: Mapping[str, Any] = layer.__dict__
        chosen: Mapping[type, object] = names["registry"] if names.keys() >= _DISPATCHING else {}
        return {**dict(closed_over(layer)), **{kind.__qualname__: function for kind, function in chosen.items()}}
    if issubclass(type(layer), (*_FUNCTIONS, type)):
        return {}
    return cast("Mapping[str, object]", getattr(layer, "__dict__", {}))


def _beneath(layer: object) -> Iterator[object]:
    known: Any = layer
    if isinstance(layer, functools.partial | functools.partialmethod):
        yield known.func
    elif isinstance(layer, MethodType | staticmethod | classmethod):
        yield known.__func__
    elif is_function(layer):
        attributes = layer.__dict__
        yield from (attributes[name] for name in _PARTIAL_METHODS if name in attributes)
        if "__signature__" in attributes and "__wrapped__" not in attributes:
            # It shows the parameters of a function that it does not name, which is among the variables around it.
            yield from (value for _, value in closed_over(layer) if issubclass(type(value), _FUNCTIONS))
    elif not isinstance(layer, type | BoundWhenCalled):
        # An object with __call__ is executed there, even where it wraps another.
        call = getattr(type(layer), "__call__", None)  # noqa: B004  the method itself is wanted
        yield from (call,) if is_function(call) else ()
    if not isinstance(layer, type) and inspect.getattr_static(known, "__wrapped__", None) is not None:
        yield known.__wrapped__


def executed_by(function: object) -> object:
    """The function that is executed first: of a partial, a method or an object as well, and not what is wrapped."""
    for layer in layers_of(function):
        if is_function(layer) and not any(name in vars(layer) for name in _PARTIAL_METHODS):
            return layer
    return function


def owner_of(function: object) -> object:
    """The function whose parameters and annotations a callable has."""
    owner = function
    for layer in layers_of(function):
        if is_function(layer):
            owner = layer
        if "__signature__" in getattr(layer, "__dict__", {}):
            break
    return owner


def name_of(function: object) -> str:
    """What to call a callable in a message."""
    is_made = any(name in getattr(function, "__dict__", {}) for name in _PARTIAL_METHODS)
    for known in (owner_of(function) if is_made else function, owner_of(function)):
        name = getattr(known, "__qualname__", None)
        if isinstance(name, str):
            return name
    return type(function).__qualname__


def annotations_of(function: Callable[..., object]) -> Mapping[str, object]:
    """What is written beside its parameters, by their names, and beside its result, as ``return``."""
    if is_plain(function):
        return cast("FunctionType", function).__annotations__
    shape = signature_of(function)
    if shape is None:
        return cast("Mapping[str, object]", getattr(owner_of(function), "__annotations__", {}))
    written = {name: parameter.annotation for name, parameter in shape.parameters.items()}
    written["return"] = shape.return_annotation
    return {name: annotation for name, annotation in written.items() if annotation is not shape.empty}


def names_of(function: object) -> Mapping[str, object]:
    """What its annotations may name: what is in its module, and the variables around it that it uses.

    Where decorators come between, what they can name counts as well, after the function's own.
    """
    names: dict[str, object] = {}
    for layer in layers_of(function):
        if is_function(layer):
            names |= layer.__globals__ | dict(closed_over(layer))
    return names


def defaults_of(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Its own parameters that have a default, and that."""
    values = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    # Some decorators give what they make the defaults of what it wraps, which may have more parameters.
    yield from zip(reversed(names), reversed(values), strict=False)
    yield from (function.__kwdefaults__ or {}).items()


def closed_over(function: FunctionType) -> Iterator[tuple[str, object]]:
    """The variables of the functions around it that it uses, as far as they have a value yet."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue
