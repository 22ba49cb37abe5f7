"""``@container``: a class whose body is a block of a flow, or a whole flow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, Never, Protocol, TypeVar, Unpack, cast, overload

from sequent.dsl.class_bodies import adopt, check_until, close_body
from sequent.dsl.flow_run import BoundRun
from sequent.dsl.instances import instance_of
from sequent.dsl.literals import decoded
from sequent.dsl.mistakes import Mistakes
from sequent.dsl.nodes import MissingWordError, Node, Written
from sequent.dsl.option_types import ContainerOptions, HostContainerOptions, Hosts, RepeatContainerOptions, Repeats
from sequent.dsl.options import CONTAINER_OPTIONS, WrittenOptions, read_options, refusal_of_attempts, without_attempts
from sequent.dsl.parameters import defaults_of
from sequent.dsl.reference_words import ResultSource, result_or
from sequent.dsl.references import Reference
from sequent.dsl.requirements import Requirement, not_now
from sequent.dsl.returning import returned_by_node
from sequent.dsl.reuse import write_again
from sequent.dsl.source_lines import Site, body_of, frame_above, is_decorator, names_around, option_place, site_above
from sequent.dsl.steps import await_use, register
from sequent.errors import DefinitionError, UsageError
from sequent.model.outcome import Failures
from sequent.model.references import Literal
from sequent.model.showing import shown
from sequent.model.wording import did_you_mean, repr_of

C_co = TypeVar("C_co", covariant=True)
T = TypeVar("T")
R = TypeVar("R")
V = TypeVar("V")
R_co = TypeVar("R_co", covariant=True)

_OnHosts = Callable[["Container[Any] | type[Any]"], "Container[Any]"]


class HasResult(Protocol[R_co]):
    """A step or container with a result."""

    @property
    def result(self) -> R_co: ...


class Gives(Protocol[R_co]):
    """A body that names the step or container whose result is its own."""

    @property
    def result(self) -> HasResult[R_co]: ...


class Answers(Protocol[R]):
    """A step or container whose result a requirement can name: not a repeat."""

    @property
    def result(self) -> R: ...
    def returned(self, *values: R) -> Requirement: ...


class GivesOne(Protocol[R]):
    """A body that names the step or container whose one result is its own."""

    @property
    def result(self) -> Answers[R]: ...


class Container(Node, Generic[C_co]):
    """A block of a flow, written as a class; it starts, repeats and ends as one.

    The plain class stays the type of ``self`` in its steps. Calling the container returns an instance of it with those
    values, which can be run, or whose steps a unit test calls.
    """

    def __init__(self, written: Written) -> None:
        super().__init__(written)
        if written.body is None:
            raise AssertionError("a container is written as a class")
        body = written.body
        self.__doc__ = body.__doc__
        self.__name__ = body.__name__
        self.__qualname__ = body.__qualname__
        self.__module__ = body.__module__
        self.__wrapped__ = body

    @property
    def result(self: Container[Gives[R]]) -> R:
        """The result of the step or container that its body names; a reference."""
        return cast("R", _result_of(self, site_above(1)))

    def result_or(self: Container[Gives[R]], value: V) -> R | V:
        """Return the result, or a value if there is none, as a reference; a step that takes it handles a failure."""
        return cast("R | V", _result_or(self, value, site_above(1)))

    def returned(self: Container[GivesOne[R]], *values: R) -> Requirement:
        """Require that it succeeds and returns one of these: None, bool, int, str, members of an enum."""
        return _returned(self, values, site_above(1))

    def __call__(self, **values: Any) -> Any:
        """Return an instance with these values of the body's attributes: parameters, items and outer values."""
        written = self.__sequent__
        for name in values:
            if name not in written.attributes:
                hint = did_you_mean(name, written.attributes)
                raise UsageError(f"{self.__name__!r} has no parameter {name!r}", code="param", hint=hint)
        given = {**defaults_of(written.attributes), **written.given}
        known = {name: decoded(value) for name, value in given.items() if isinstance(value, Literal)}
        instance = cast("Any", instance_of(self.__wrapped__, known | values))
        instance.__dict__.update(run=BoundRun(self, values), __sequent_flow__=self)
        if written.parent is None and not hasattr(self.__wrapped__, "_repr_html_"):
            # A notebook shows the flow of the instance, with these values.
            instance.__dict__["_repr_html_"] = partial(shown, instance)
        return instance

    @property
    def run(self) -> BoundRun:
        """Run it as a flow."""
        return BoundRun(self, {})

    def __mro_entries__(self, bases: tuple[object, ...]) -> Never:
        raise DefinitionError(
            f"{self.__name__!r} is a container, from which no class can inherit",
            code="container",
            hint=f"use it as a block of another: block = container(...)({self.__name__})",
            place=site_above(1).place,
        )

    def __getattr__(self, name: str) -> Any:
        if name == "__sequent__":
            raise AttributeError(name)
        written = self.__sequent__
        if name in written.children:
            return written.children[name]
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "result":
            raise _no_result(written, site_above(1))
        if name in vars(self.__wrapped__):
            return getattr(self.__wrapped__, name)
        raise AttributeError(f"{written.name!r} has no {name!r}; {did_you_mean(name, written.children)}")

    def __bool__(self) -> Any:
        frame = frame_above(1)
        # Tools that inspect a module may do this; an author's condition is in a class body.
        if body_of(frame) is not None:
            raise not_now(Site(frame.f_code, frame.f_lasti).place)
        return True

    def _repr_html_(self) -> str | None:
        return shown(self)

    def __repr__(self) -> str:
        return f"<container {self.__qualname__}>"


class RepeatedContainer(Container[C_co]):
    """A container that runs for each of some items; its result is a list."""

    @property
    def result(self: RepeatedContainer[Gives[R]]) -> list[R]:  # type: ignore[override]  # a list of what one gives
        """The results of the step or container that its body names, in the order of iterations; a reference."""
        return cast("list[R]", _result_of(self, site_above(1)))

    def result_or(self: RepeatedContainer[Gives[R]], value: V) -> list[R | V]:  # type: ignore[override]  # as above
        """Return the results, with a value for each iteration without one; a step that takes them handles failures."""
        return cast("list[R | V]", _result_or(self, value, site_above(1)))

    def returned(self, *values: Never) -> Requirement:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Refuse: the result of a repeat is a list."""
        return _returned(self, values, site_above(1))


def _result_of(node: Node, site: Site) -> object:
    written = node.__sequent__
    if written.result is None:
        # Python then calls __getattr__, which explains.
        raise AttributeError("result")
    return Reference(ResultSource(site, node))


def _result_or(node: Node, value: object, site: Site) -> object:
    if node.__sequent__.result is None:
        raise _no_result(node.__sequent__, site)
    return result_or(node, value, site)


def _returned(node: Node, values: tuple[object, ...], site: Site) -> Requirement:
    if node.__sequent__.result is None:
        raise _no_result(node.__sequent__, site)
    return returned_by_node(node, values, site)


def _no_result(written: Written, site: Site) -> MissingWordError:
    return MissingWordError(
        f"{written.name!r} names no result",
        code="designated",
        hint=f"name the step in its body: result = {next(iter(written.children))}",
        place=site.place,
    )


if TYPE_CHECKING:

    class ContainerType(type, Requirement):
        """The type that mypy gives the class of a container, since it ignores the return type of a decorator."""

        ready: Requirement
        active: Requirement
        failed: Requirement
        complete: Requirement
        skipped: Requirement
        done: Requirement
        failures: Failures

        def result_or(cls, value: Any) -> Any: ...
        def returned(cls, *values: Any) -> Requirement: ...
        def __or__(cls, other: Any) -> Any: ...


class ContainerDecorator(Protocol):
    """Makes a container of a class, or of a container that is used again."""

    @overload
    def __call__(self, body: Container[T], /) -> Container[T]: ...
    @overload
    def __call__(self, body: type[T], /) -> Container[T]: ...


class RepeatContainerDecorator(Protocol):
    """Makes a repeated container of a class, or of a container that is used again."""

    @overload
    def __call__(self, body: Container[T], /) -> RepeatedContainer[T]: ...
    @overload
    def __call__(self, body: type[T], /) -> RepeatedContainer[T]: ...


@overload
def container(body: type[T], /) -> Container[T]: ...
@overload
def container(*, hosts: Hosts, **options: Unpack[HostContainerOptions]) -> _OnHosts: ...
@overload
def container(*, repeats: Repeats, **options: Unpack[RepeatContainerOptions]) -> RepeatContainerDecorator: ...
@overload
def container(**options: Unpack[ContainerOptions]) -> ContainerDecorator: ...
def container(body: object = None, /, **options: object) -> object:
    """Make a container of a class: its body contains steps and containers; at the top of a module it is a flow.

    Args:
        body: the class, or a container that is used again.
        **options: its options, as on the page *Options* of the documentation; ``kwargs``, the parameters of
            a container that is used again.

    Raises:
        DefinitionError: a part of the body or an option is not one that a container can have.
    """
    frame = frame_above(1)
    site = Site(frame.f_code, frame.f_lasti)
    kwargs = options.pop("kwargs", None)
    mistakes = Mistakes()
    chosen = read_options(options, site, CONTAINER_OPTIONS, "container", mistakes)
    if body is not None:
        return _make(body, kwargs, chosen, site, frame, mistakes)

    waiting = await_use(frame, site)

    def decorate(body: object) -> object:
        if site in waiting:
            waiting.remove(site)
        return _make(body, kwargs, chosen, site, frame_above(1), mistakes)

    return decorate


def _refuse_twice(body: Node, site: Site) -> None:
    """Refuse a second decorator above a class; a container is used again by a call."""
    if is_decorator(site.place) and is_decorator(body.__sequent__.site.place):
        raise DefinitionError(
            f"{body.__sequent__.name!r} is a container already: @container stands above it twice",
            code="container",
            hint="keep one of them, with all options",
            place=site.place,
        )


def _make(
    body: object, kwargs: object, options: WrittenOptions, site: Site, frame: FrameType, mistakes: Mistakes
) -> Container[Any]:
    if isinstance(body, Node) and body.__sequent__.body is not None:
        _refuse_twice(body, site)
        written = write_again(body, {} if kwargs is None else kwargs, options, site, mistakes)
    elif isinstance(body, type):
        if kwargs is not None:
            hint = "write the values in the class; kwargs= is for a container that is used again"
            message, place = f"{body.__name__!r} is a class, and has 'kwargs'", option_place(site, "kwargs")
            mistakes.add(DefinitionError(message, code="option", hint=hint, place=place))
        written = close_body(body, options, site, mistakes)
        written.around = names_around(body, frame)
    else:
        raise DefinitionError(
            f"{repr_of(getattr(body, '__qualname__', body))} is not a class",
            code="container",
            hint="put @container directly above the class; or give it a container that is used again. "
            "@step makes a step of a function",
            place=site.place,
        )
    check_until(written, mistakes)
    refusal = refusal_of_attempts(written.options, written.site, written.name, written.children)
    if refusal is not None:
        mistakes.add(refusal)
        written.options = without_attempts(written.options)
    made: Container[Any] = Container(written) if written.options.repeats is None else RepeatedContainer(written)
    if written.template is None:
        adopt(made, mistakes)
    register(made, frame)
    mistakes.settle(frame, made)
    return made
