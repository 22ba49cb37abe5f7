"""A step's callable, and the arguments it gets: references among its defaults, and what was given beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from inspect import (
    CO_ASYNC_GENERATOR,
    CO_GENERATOR,
    Parameter,
    isasyncgenfunction,
    isgeneratorfunction,
    signature,
)
from types import FunctionType, MethodType
from typing import cast

from attrs import frozen

from sequent.dsl.fingerprints import code_owner
from sequent.dsl.literals import formatted_elsewhere, snapshot, step_as_value, word_in
from sequent.dsl.places import Site
from sequent.dsl.references import MARK, Reference
from sequent.dsl.requirements import Claimable, Requirement, shown
from sequent.dsl.sources import Outer, outer_alone
from sequent.errors import DefinitionError, Place
from sequent.model.references import FlowHandle, Literal
from sequent.model.work import ModuleImport

Given = Reference | Literal | FlowHandle
_LOOKED_AT: tuple[type, ...] = (Reference, Requirement, Outer, MethodType, str, tuple, list, dict)
"""Defaults of these types matter: references and steps, or what may have them in it; and lists and dicts, which are
copied for each task, since one could otherwise change them for the next."""


@frozen(eq=False)
class FunctionSource:
    """A callable, and what it is called with."""

    function: Callable[..., object]
    name: str
    takes_self: bool
    arguments: tuple[tuple[str | None, Given], ...] = ()
    imports: tuple[ModuleImport, ...] = ()


def read_function(
    function: object,
    site: Site,
    args: object = (),
    kwargs: object = None,
    flow: object = None,
) -> FunctionSource:
    """A step's callable with its arguments.

    Args:
        function: what the author gave.
        site: the call that makes it a step.
        args: further positional arguments: data and references.
        kwargs: further arguments by name.
        flow: the flow that is being built; it may stand among the arguments.

    Raises:
        DefinitionError: it is nothing to call, or the arguments do not fit it.
    """
    if isinstance(function, staticmethod):
        function = cast("object", function.__func__)
    if type(function) is FunctionType and not args and not kwargs:
        plain = _read_plain(function, site)
        if plain is not None:
            return plain
    called = _check_callable(function, site)
    positional, named = _check_given(args, kwargs, called, site)
    takes_self = type(function) is FunctionType and _begins_with_self(function)
    arguments = _bind(called, takes_self, _read_given(positional, named, site.place, flow), site)
    return FunctionSource(called, _name(called), takes_self, arguments)


def _read_plain(function: FunctionType, site: Site) -> FunctionSource | None:
    """The usual step, read from its code alone: asking ``inspect`` for ten thousand signatures takes a second.

    None where its arguments must be looked at one by one.
    """
    code = function.__code__
    takes_self = _begins_with_self(function)
    if code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR) or code.co_posonlyargcount > takes_self:
        return None
    defaults: tuple[object, ...] = function.__defaults__ or ()
    by_name: Mapping[str, object] = function.__kwdefaults__ or {}
    count = code.co_argcount
    if count - takes_self > len(defaults) or code.co_kwonlyargcount > len(by_name):
        return None
    arguments: list[tuple[str | None, Given]] = []
    first = count - len(defaults)
    for position, value in enumerate(defaults):
        if isinstance(value, _LOOKED_AT):
            _add_default(arguments, code.co_varnames[first + position], value, site)
    for name, value in by_name.items():
        if isinstance(value, _LOOKED_AT):
            _add_default(arguments, name, value, site)
    return FunctionSource(function, function.__qualname__, takes_self, tuple(arguments))


def _add_default(arguments: list[tuple[str | None, Given]], name: str, value: object, site: Site) -> None:
    if isinstance(value, Reference):
        arguments.append((name, value))
    elif isinstance(value, Requirement):
        raise _step_given(value, f"the default of {name!r}", site.place)
    elif isinstance(value, Outer):
        raise outer_alone(f"the default of {name!r}", site.place)
    elif isinstance(value, str):
        if MARK in value:
            raise formatted_elsewhere(f"the default of {name!r}", site.place)
    elif isinstance(value, MethodType):
        if isinstance(value.__self__, Claimable):
            raise _not_called(value, value.__self__, f"the default of {name!r}", site.place)
    elif _is_copied(value):
        arguments.append((name, snapshot(value, f"the default of {name!r}", site.place)))


def _is_copied(value: object) -> bool:
    """Whether each task gets a copy; or none can be made, since there is a reference in it, which the copy tells."""
    return isinstance(value, list | dict) or word_in(value) is not None


def _begins_with_self(function: FunctionType) -> bool:
    code = function.__code__
    return code.co_argcount > 0 and code.co_varnames[0] == "self"


def _check_callable(function: object, site: Site) -> Callable[..., object]:
    if isinstance(function, Claimable) and not isinstance(function, Reference):
        raise _error(f"{shown(function)!r} is a step already", site.place, "give the function itself")
    if isinstance(function, type):
        raise _error(
            f"{function.__qualname__!r} is a class",
            site.place,
            "@container makes a container of one; a step is a function",
        )
    if isinstance(function, Reference) or not callable(function):
        given = function.__sequent__.shown if isinstance(function, Reference) else repr(function)
        raise _error(f"{given:.100} is not a function", site.place, "a step is something that can be called")
    called: Callable[..., object] = function
    _check_partial(called, site)
    target = code_owner(called)
    if isgeneratorfunction(target) or isasyncgenfunction(target):
        raise DefinitionError(
            f"{_name(called)!r} is a generator function, and a step returns once",
            code="generator",
            hint="return a list, or give the function to repeats=",
            place=site.place,
        )
    return called


def _check_partial(function: object, site: Site) -> None:
    """What was bound beforehand is handed on as it is: a reference would arrive as one."""
    while isinstance(function, functools.partial):
        whole = cast("functools.partial[object]", function)
        for value in (*whole.args, *whole.keywords.values()):
            if isinstance(value, Reference | Requirement):
                given = value.__sequent__.shown if isinstance(value, Reference) else "a requirement"
                raise DefinitionError(
                    f"a partial of {_name(whole.func)!r} has {given} among its arguments",
                    code="reference",
                    hint="give it in args= or kwargs=, or as the default of a parameter",
                    place=site.place,
                )
        function = whole.func


def _check_given(
    args: object, kwargs: object, function: Callable[..., object], site: Site
) -> tuple[Sequence[object], Mapping[str, object]]:
    if not isinstance(args, tuple | list):
        raise _error(f"'args' of {_name(function)!r} is {args!r:.100}", site.place, "it is a tuple or a list")
    named: object = {} if kwargs is None else kwargs
    if not isinstance(named, Mapping):
        raise _error(
            f"'kwargs' of {_name(function)!r} is {kwargs!r:.100}", site.place, "it is a dict by parameter name"
        )
    for key in cast("Mapping[object, object]", named):
        if not isinstance(key, str):
            raise _error(
                f"'kwargs' of {_name(function)!r} has the key {key!r:.100}", site.place, "a key is a parameter's name"
            )
    return cast("Sequence[object]", args), cast("Mapping[str, object]", named)


def _read_given(
    args: Sequence[object], kwargs: Mapping[str, object], place: Place, flow: object
) -> tuple[list[Given], dict[str, Given]]:
    positional = [read_value(value, f"args[{position}]", place, flow) for position, value in enumerate(args)]
    named = {name: read_value(value, f"kwargs[{name!r}]", place, flow) for name, value in kwargs.items()}
    return positional, named


def read_value(value: object, name: str, place: Place, flow: object = None) -> Given:
    """One argument: a reference, the flow itself, or data.

    Raises:
        DefinitionError: it is none of them.
    """
    if isinstance(value, Reference):
        return value
    if flow is not None and value is flow:
        return FlowHandle()
    if isinstance(value, Requirement):
        raise _step_given(value, name, place)
    return snapshot(value, name, place)


def _not_called(method: MethodType, node: Claimable, name: str, place: Place) -> DefinitionError:
    """The error for ``x.result_or`` where ``x.result_or(value)`` is meant."""
    word = f"{shown(node)}.{method.__name__}"
    hint = f"say what there is instead of a result: {word}(None)" if method.__name__ == "result_or" else "call it"
    return _error(f"{name} is the method {word} itself", place, hint)


def _step_given(value: Requirement, name: str, place: Place) -> DefinitionError:
    if isinstance(value, Claimable):
        return step_as_value(value, name, place)
    return _error(f"{name} is a requirement, and not data", place, "give it to requires=")


def _bind(
    function: Callable[..., object], takes_self: bool, given: tuple[list[Given], dict[str, Given]], site: Site
) -> tuple[tuple[str | None, Given], ...]:
    """The arguments that a call needs, in order: those given, and the references among the defaults."""
    args, kwargs = given
    try:
        shape = signature(function)
    except (ValueError, TypeError):
        # Some builtins do not tell their parameters: what is wrong shows when they are called.
        return (*((None, value) for value in args), *kwargs.items())
    parameters = list(shape.parameters.values())[1 if takes_self else 0 :]
    try:
        bound = shape.replace(parameters=parameters).bind_partial(*args, **kwargs).arguments
    except TypeError as error:
        raise _error(
            f"the arguments do not fit {_name(function)!r}: {error}", site.place, f"it takes {shape}"
        ) from None
    further: list[tuple[str | None, Given]] = []
    for parameter in parameters:
        if parameter.name not in bound:
            _add_further(further, parameter, _name(function), site)
    return (*((None, value) for value in args), *kwargs.items(), *further)


def _add_further(further: list[tuple[str | None, Given]], parameter: Parameter, function: str, site: Site) -> None:
    default = parameter.default
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return
    if default is parameter.empty:
        raise _error(
            f"the parameter {parameter.name!r} of {function!r} has no value",
            site.place,
            "give it a default, such as another step's result, or pass it in kwargs",
        )
    before = len(further)
    if isinstance(default, _LOOKED_AT):
        _add_default(further, parameter.name, default, site)
    if len(further) > before and parameter.kind is parameter.POSITIONAL_ONLY:
        raise _error(
            f"the parameter {parameter.name!r} of {function!r} is positional only, and gets its default by name",
            site.place,
            "leave the / out of its parameters",
        )


def _name(function: Callable[..., object]) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _error(message: str, place: Place, hint: str) -> DefinitionError:
    return DefinitionError(message, code="argument", hint=hint, place=place)
