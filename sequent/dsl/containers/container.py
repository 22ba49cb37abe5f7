"""``@container``: makes a container of a class whose body is a block of a flow, or a whole flow."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol, TypeVar, Unpack, overload

from sequent.dsl.containers.class_bodies import adopt, check_until, close_body
from sequent.dsl.containers.container_nodes import Container, RepeatedContainer
from sequent.dsl.containers.reuse import write_again
from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.option_types import (
    ContainerOptions,
    HostContainerOptions,
    Hosts,
    RepeatContainerOptions,
    Repeats,
)
from sequent.dsl.options.written_options import (
    CONTAINER_OPTIONS,
    WrittenOptions,
    read_options,
    refusal_of_attempts,
    without_attempts,
)
from sequent.dsl.source_lines import Site, frame_above, is_decorator, names_around, option_place
from sequent.dsl.steps.nodes import Node
from sequent.dsl.steps.step import await_use, register
from sequent.errors import DefinitionError
from sequent.model.wording import repr_of

T = TypeVar("T")

_OnHosts = Callable[[Container[Any] | type[Any]], Container[Any]]


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
