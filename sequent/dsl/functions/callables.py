"""The callable beneath its decorators: its parameters, ``self``, its code, and the names for its annotations.

All modules that look into a callable ask this one. A decorated function is read as ``inspect.signature`` reads it:
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
"""The attributes that functools.singledispatch sets on a function."""
_PARTIAL_METHODS = ("_partialmethod", "__partialmethod__")
"""The attributes in which functools.partialmethod keeps itself, in different versions of Python."""


class BoundWhenCalled:
    """A descriptor that is not a function, such as a classmethod, called with the object to bind it to."""

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
    """Return the callable for an object in a class body, which may be a descriptor around a function."""
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
    """Return whether it is a function, or an object to call like one; calling a class makes an instance of it."""
    return not isinstance(value, type) and callable(called_for(value))


def is_function(value: object) -> TypeGuard[FunctionType]:
    """Return whether it is really a function: a substitute may claim to be of its class."""
    return type(value) is FunctionType


def is_plain(function: object) -> bool:
    """Return whether it is a function as ``def`` makes it, whose code alone tells how it is called."""
    # Decorators leave attributes, such as __wrapped__ and __signature__.
    return type(function) is FunctionType and not function.__dict__


def is_alone(function: object) -> bool:
    """Return whether it is such a function, with no variables around it."""
    return is_plain(function) and not cast("FunctionType", function).__closure__


def signature_of(function: Callable[..., object]) -> inspect.Signature | None:
    """Return the parameters of a callable; None for builtins that do not tell them."""
    if isinstance(function, functools.partial):
        # A partial with ``__wrapped__`` would be read as if it had no arguments.
        whole = cast("functools.partial[object]", function)
        function = functools.partial(whole.func, *whole.args, **whole.keywords)
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return None


def begins_with_self(code: CodeType) -> bool:
    """Return whether the first parameter of a function without decorators is ``self``, by its code."""
    return code.co_argcount > 0 and code.co_varnames[0] == "self"


def takes_self(function: Callable[..., object]) -> bool:
    """Return whether its first parameter is called ``self``, and so is its container."""
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
    """Return whether a call may name this parameter, in spite of decorators."""
    if parameter.kind is parameter.POSITIONAL_ONLY:
        return False
    executed = executed_by(function)
    if not is_function(executed):
        return True
    code = executed.__code__
    if is_first and executed.__dict__.keys() >= _DISPATCHING:
        # functools.singledispatch looks at the first positional argument.
        return False
    if code.co_flags & inspect.CO_VARKEYWORDS:
        return True
    return parameter.name in code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]


def layers_of(function: object) -> Iterator[object]:
    """Yield a callable, and from the outside in those that it is known to call: wrapped, bound or completed ones."""
    seen: set[int] = set()
    pending = [function]
    while pending:
        layer = pending.pop(0)
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            pending[:0] = _beneath(layer)


def everything_in(function: object) -> Iterator[object]:
    """Yield the callable and all that it may call unseen: functions around it, kept by it, or chosen from."""
    seen: set[int] = set()
    pending = [function]
    while pending:
        for layer in layers_of(pending.pop(0)):
            if id(layer) not in seen:
                seen.add(id(layer))
                yield layer
                pending += (value for value in kept_by(layer).values() if issubclass(type(value), _FUNCTIONS))


def kept_by(layer: object) -> Mapping[str, object]:
    """Return the values that a callable keeps: variables around it, attributes, implementations by type."""
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
            # It shows the parameters of another function, which is among the variables around it.
            yield from (value for _, value in closed_over(layer) if issubclass(type(value), _FUNCTIONS))
    elif not isinstance(layer, type | BoundWhenCalled):
        # An object with __call__ executes that, even if it wraps another function.
        call = getattr(type(layer), "__call__", None)  # noqa: B004  the method itself is wanted
        yield from (call,) if is_function(call) else ()
    if not isinstance(layer, type) and inspect.getattr_static(known, "__wrapped__", None) is not None:
        yield known.__wrapped__


def executed_by(function: object) -> object:
    """Return the function that is executed first, also of a partial, a method or an object; not the wrapped one."""
    for layer in layers_of(function):
        if is_function(layer) and not any(name in vars(layer) for name in _PARTIAL_METHODS):
            return layer
    return function


def owner_of(function: object) -> object:
    """Return the function that has a callable's parameters and annotations."""
    owner = function
    for layer in layers_of(function):
        if is_function(layer):
            owner = layer
        if "__signature__" in getattr(layer, "__dict__", {}):
            break
    return owner


def name_of(function: object) -> str:
    """Return the name of a callable for messages."""
    is_made = any(name in getattr(function, "__dict__", {}) for name in _PARTIAL_METHODS)
    for known in (owner_of(function) if is_made else function, owner_of(function)):
        name = getattr(known, "__qualname__", None)
        if isinstance(name, str):
            return name
    return type(function).__qualname__


def annotations_of(function: Callable[..., object]) -> Mapping[str, object]:
    """Return the annotations of its parameters by name, and that of its result as ``return``."""
    if is_plain(function):
        return cast("FunctionType", function).__annotations__
    shape = signature_of(function)
    if shape is None:
        return cast("Mapping[str, object]", getattr(owner_of(function), "__annotations__", {}))
    written = {name: parameter.annotation for name, parameter in shape.parameters.items()}
    written["return"] = shape.return_annotation
    return {name: annotation for name, annotation in written.items() if annotation is not shape.empty}


def names_of(function: object) -> Mapping[str, object]:
    """Return the names for its annotations: those of its module, and the variables around it that it uses.

    Names that decorators in between can use count as well, after the function's own.
    """
    names: dict[str, object] = {}
    for layer in layers_of(function):
        if is_function(layer):
            names |= layer.__globals__ | dict(closed_over(layer))
    return names


def defaults_of(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Yield its own parameters that have a default, with the default."""
    values = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    # Some decorators copy the defaults of the wrapped function to theirs, which may have fewer parameters.
    yield from zip(reversed(names), reversed(values), strict=False)
    yield from (function.__kwdefaults__ or {}).items()


def closed_over(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Yield the variables of the functions around it that it uses, as far as they have a value yet."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue
