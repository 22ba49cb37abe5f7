"""A step's callable and its arguments: references among its defaults, and those given beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import (
    CO_ASYNC_GENERATOR,
    CO_GENERATOR,
    Parameter,
    Signature,
    isasyncgenfunction,
    isgeneratorfunction,
)
from types import FunctionType, MethodType
from typing import cast

from attrs import evolve, field, frozen

from sequent.dsl.functions.callables import (
    begins_with_self,
    called_for,
    executed_by,
    is_plain,
    is_taken_by_name,
    name_of,
    signature_of,
    takes_self,
)
from sequent.dsl.references.compounds import Given, argument_error, holds_reference, read_value
from sequent.dsl.references.reference import Reference, has_form
from sequent.dsl.references.reference_search import reference_in, refuse_text
from sequent.dsl.references.requirements import Claimable, shown
from sequent.dsl.source_lines import Site, read_at
from sequent.errors import DefinitionError, Place
from sequent.model.pickles import Pickled
from sequent.model.wording import repr_of
from sequent.model.work import ModuleImport

Called = Callable[..., object]
_SIMPLE = frozenset({type(None), bool, int, float})
"""Defaults of these types are plain values; others may be a reference, or contain one."""


@frozen(eq=False)
class FunctionSource:
    """A callable, and the arguments of its call."""

    function: Callable[..., object]
    name: str
    takes_self: bool
    arguments: tuple[tuple[str | None, Given], ...] = ()
    imports: tuple[ModuleImport, ...] = ()
    pickles: bool = False
    """Whether its result is pickled."""


def read_work(
    function: object,
    site: Site,
    args: object = (),
    kwargs: object = None,
    flow: object = None,
    *,
    result: object = None,
) -> FunctionSource:
    """Read a step's callable and its arguments, as ``read_function``, and the form of its result.

    Raises:
        DefinitionError: they cannot be those of a step.
    """
    source = read_function(function, site, args, kwargs, flow)
    return source if result is None else evolve(source, pickles=read_at(site, "result", partial(_read_result, result)))


def _read_result(result: object, place: Place) -> bool:
    if result is not Pickled:
        raise DefinitionError(
            f"'result' is {repr_of(result)}",
            code="option",
            hint="annotate the function's return with the type; result=Pickled is for a result that is not data",
            place=place,
        )
    return True


def read_function(
    function: object,
    site: Site,
    args: object = (),
    kwargs: object = None,
    flow: object = None,
) -> FunctionSource:
    """Read a step's callable and its arguments.

    Args:
        function: the author's object.
        site: the call that makes it a step.
        args: further positional arguments: data and references.
        kwargs: further arguments by name.
        flow: the flow that is being built; it may be among the arguments.

    Raises:
        DefinitionError: it cannot be called, or the arguments do not fit it.
    """
    # The builder's containers have no class, so self is a parameter like any other.
    is_of_class = flow is None
    if is_plain(function) and not args and not kwargs and (is_of_class or not takes_self(cast("Called", function))):
        plain = _read_plain(cast("FunctionType", function), site)
        if plain is not None:
            return plain
    called = _check_callable(called_for(function), site)
    positional, named = _check_given(args, kwargs, called, site)
    is_method = is_of_class and takes_self(called)
    arguments = _bind(called, is_method, _read_given(positional, named, site.place, flow), site)
    return FunctionSource(called, name_of(called), is_method, arguments)


def _read_plain(function: FunctionType, site: Site) -> FunctionSource | None:
    """Read the usual step, from its code alone: asking ``inspect`` for ten thousand signatures takes a second.

    Return None if its arguments must be read one by one.
    """
    code = function.__code__
    is_method = begins_with_self(code)
    if code.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR) or code.co_posonlyargcount > is_method:
        return None
    defaults: tuple[object, ...] = function.__defaults__ or ()
    by_name: Mapping[str, object] = function.__kwdefaults__ or {}
    count = code.co_argcount
    if not count - is_method <= len(defaults) <= count or code.co_kwonlyargcount > len(by_name):
        return None
    arguments: list[tuple[str | None, Given]] = []
    names = code.co_varnames[count - len(defaults) : count]
    for name, value in (*zip(names, defaults, strict=True), *by_name.items()):
        if type(value) not in _SIMPLE:
            argument = _read_default(name, value, site)
            if argument is not None:
                arguments.append((name, argument))
    return FunctionSource(function, function.__qualname__, is_method, tuple(arguments))


def _read_default(name: str, value: object, site: Site) -> Given | None:
    """Read a default as an argument; return None if Python fills it in itself."""
    if isinstance(value, Reference):
        return value
    shown_name = f"the default of {name!r}"
    if isinstance(value, str):
        if has_form(value):
            refuse_text(value, shown_name, site)
        return None
    if isinstance(value, MethodType) and not isinstance(value.__self__, Claimable):
        return None
    inner: object = value
    # Lists and dicts are copied for each task, since one task could change them for the next.
    if isinstance(value, list | dict) or holds_reference(inner) or reference_in(inner):
        return read_value(inner, shown_name, site.place)
    return None


def _check_callable(function: object, site: Site) -> Callable[..., object]:
    if isinstance(function, Claimable) and not isinstance(function, Reference):
        written: object = getattr(function, "__sequent__", None)
        if getattr(written, "body", None) is not None:
            raise argument_error(f"{shown(function)!r} is a container already", site.place, "leave @step out")
        raise argument_error(f"{shown(function)!r} is a step already", site.place, "give the function itself")
    if isinstance(function, type):
        raise argument_error(
            f"{function.__qualname__!r} is a class",
            site.place,
            "give a function; @container makes a container of a class",
        )
    if isinstance(function, Reference) or not callable(function):
        given = function.__sequent__.shown if isinstance(function, Reference) else repr_of(function)
        raise argument_error(f"{given:.100} is not a function", site.place, "give a function, or another callable")
    called: Callable[..., object] = function
    target = executed_by(called)
    if isgeneratorfunction(target) or isasyncgenfunction(target):
        raise DefinitionError(
            f"{name_of(called)!r} is a generator function, but a step returns once",
            code="generator",
            hint="return a list, or give the function to repeats=",
            place=site.place,
        )
    return called


def _check_given(
    args: object, kwargs: object, function: Callable[..., object], site: Site
) -> tuple[Sequence[object], Mapping[str, object]]:
    if not isinstance(args, tuple | list):
        raise argument_error(
            f"'args' of {name_of(function)!r} is {repr_of(args)}", site.place, "give a tuple or a list"
        )
    named: object = {} if kwargs is None else kwargs
    if not isinstance(named, Mapping):
        raise argument_error(
            f"'kwargs' of {name_of(function)!r} is {repr_of(kwargs)}", site.place, "give a dict by parameter name"
        )
    for key in cast("Mapping[object, object]", named):
        if not isinstance(key, str):
            raise argument_error(
                f"'kwargs' of {name_of(function)!r} has the key {repr_of(key)}",
                site.place,
                "use the names of parameters as keys",
            )
    return cast("Sequence[object]", args), cast("Mapping[str, object]", named)


def _read_given(
    args: Sequence[object], kwargs: Mapping[str, object], place: Place, flow: object
) -> tuple[list[Given], dict[str, Given]]:
    positional = [read_value(value, f"args[{position}]", place, flow) for position, value in enumerate(args)]
    named = {name: read_value(value, f"kwargs[{name!r}]", place, flow) for name, value in kwargs.items()}
    return positional, named


def _bind(
    function: Callable[..., object], is_method: bool, given: tuple[list[Given], dict[str, Given]], site: Site
) -> tuple[tuple[str | None, Given], ...]:
    """Return the arguments of a call, in order: those given, and the references among the defaults."""
    args, kwargs = given
    shape = signature_of(function)
    if shape is None:
        # Some builtins do not tell their parameters; a mistake shows when they are called.
        return (*((None, value) for value in args), *kwargs.items())
    parameters = list(shape.parameters.values())[is_method:]
    try:
        bound = shape.replace(parameters=parameters).bind_partial(*args, **kwargs).arguments
    except TypeError as error:
        raise argument_error(
            f"the arguments do not fit {name_of(function)!r}: {error}", site.place, f"it takes {_shown(shape)}"
        ) from None
    passed = [
        _Passed(
            parameter,
            None if parameter.name in bound else _default_of(parameter, name_of(function), site),
            is_given=parameter.name in bound,
            takes_name=is_taken_by_name(function, parameter, is_first=position == 0),
        )
        for position, parameter in enumerate(parameters)
    ]
    # If a parameter can only be given by position, so must be all before it.
    last = max((at for at, one in enumerate(passed) if one.needs_position), default=-1)
    leading = [
        (None, kwargs.pop(one.parameter.name) if one.is_given else one.by_position(name_of(function), site))
        for one in passed[len(args) : last + 1]
    ]
    further = [(one.parameter.name, one.default) for one in passed[last + 1 :] if one.default is not None]
    return (*((None, value) for value in args), *leading, *kwargs.items(), *further)


@frozen(eq=False)
class _Passed:
    """A parameter, and its value."""

    parameter: Parameter
    default: Given | None
    """The value if no argument is given; None if Python fills in the default, or if an argument is given."""
    is_given: bool = field(kw_only=True)
    takes_name: bool = field(kw_only=True)

    @property
    def needs_position(self) -> bool:
        """Whether a call must give it, and cannot name it."""
        is_one = self.parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
        return is_one and not self.takes_name and (self.is_given or self.default is not None)

    def by_position(self, function: str, site: Site) -> Given:
        """Return the argument of a call that does not name the parameter.

        Raises:
            DefinitionError: it must be named, or its default is not data.
        """
        name = self.parameter.name
        if self.parameter.kind is Parameter.KEYWORD_ONLY:
            raise argument_error(
                f"the parameter {name!r} of {function!r} is keyword-only, "
                "but the decorator above it takes no keyword arguments",
                site.place,
                "let the decorator's function take **kwargs as well, and pass them on",
            )
        if self.default is not None:
            return self.default
        try:
            return read_value(self.parameter.default, f"the default of {name!r}", site.place)
        except DefinitionError:
            raise argument_error(
                f"the parameter {name!r} of {function!r} stands before one taken by position alone, but its "
                "default is not data",
                site.place,
                "give it a value in kwargs, or let the decorator's function take **kwargs as well, and pass them on",
            ) from None


def _default_of(parameter: Parameter, function: str, site: Site) -> Given | None:
    """Return the value of a parameter without an argument, unless Python fills in the default itself."""
    default = parameter.default
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return None
    if default is parameter.empty:
        raise argument_error(
            f"the parameter {parameter.name!r} of {function!r} has no value",
            site.place,
            "give it a default, such as another step's result, or pass it in kwargs",
        )
    return None if type(default) in _SIMPLE else _read_default(parameter.name, default, site)


def _shown(shape: Signature) -> str:
    """Return the parameters as they are written; only their names, if a default cannot be shown."""
    try:
        return str(shape)
    except Exception:  # noqa: BLE001 - a class of the author's may raise anything in its __repr__
        return f"({', '.join(shape.parameters)})"
