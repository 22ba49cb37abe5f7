"""``@step``: the leaves of a flow, and those of them that are a function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from types import FrameType, MethodType
from typing import Any, Concatenate, Generic, Never, ParamSpec, Protocol, Self, TypeVar, Unpack, cast, overload

from attrs import evolve

from sequent.dsl.functions.step_functions import read_work
from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.option_types import HostOptions, Hosts, RepeatOptions, Repeats, StepOptions
from sequent.dsl.options.repeats import endless, is_endless
from sequent.dsl.options.written_options import NO_ITEMS, STEP_OPTIONS, WORK, WrittenOptions, read_options
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_words import ResultSource, result_or
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.source_lines import Site, body_of, frame_above, option_place, site_above
from sequent.dsl.steps.nodes import Node, Work, Written, called_by
from sequent.dsl.steps.questions import QuestionSource
from sequent.dsl.steps.returning import returned_by_node
from sequent.errors import DefinitionError

P = ParamSpec("P")
V = TypeVar("V")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)

MADE = "__sequent_made__"
"""The list in a class body of all steps defined in it, so that overwritten ones are known when it closes."""
OPEN = "__sequent_open__"
"""The list in a class body of decorators that have not been applied yet."""


class Step(Node, Generic[P, T_co, R]):
    """A leaf of a flow: one callable, or one command.

    On the class it is the step, which can be required, and has a result. On an instance of the class it is the plain
    function, so that a unit test just calls it.
    """

    __slots__ = ()

    @property
    def result(self) -> R:
        """Its result; a reference."""
        return cast("R", Reference(ResultSource(site_above(1), self)))

    def result_or(self, value: V) -> R | V:
        """Return its result, or a value if there is none, as a reference; a step that takes it handles a failure."""
        return cast("R | V", result_or(self, value, site_above(1)))

    def returned(self, *values: R) -> Requirement:
        """Require that it succeeds and returns one of these: None, bool, int, str, members of an enum."""
        return returned_by_node(self, values, site_above(1))

    @overload
    def __get__(self, instance: None, owner: type, /) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type, /) -> Callable[P, T_co]: ...
    def __get__(self, instance: object | None, owner: type, /) -> object:
        if instance is None:
            return self
        work = self.__sequent__.work
        called = called_by(work)
        if called is not None:
            return MethodType(called.function, instance) if called.takes_self else called.function
        kind = "question" if isinstance(work, QuestionSource) else "command"
        raise DefinitionError(
            f"{self.__sequent__.shown!r} is a {kind}, and cannot be called", code="command", hint="run the flow"
        )

    def __repr__(self) -> str:
        return f"<step {self.__sequent__.shown}>"


class RepeatedStep(Step[P, T_co, R]):
    """A step that runs for each of some items; its result is a list."""

    __slots__ = ()

    @property
    def result(self) -> list[R]:  # type: ignore[override]  # a list of what one gives
        """The results of its iterations, in their order; a reference."""
        return cast("list[R]", Reference(ResultSource(site_above(1), self)))

    def result_or(self, value: V) -> list[R | V]:  # type: ignore[override]  # as above
        """Return the results, with a value for each iteration without one; a step that takes them handles failures."""
        return cast("list[R | V]", result_or(self, value, site_above(1)))

    def returned(self, *values: Never) -> Requirement:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Refuse: the result of a repeat is a list."""
        return returned_by_node(self, values, site_above(1))


class Decorator(Protocol):
    """Makes a step of a function."""

    @overload
    def __call__(
        self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /
    ) -> Step[P, Awaitable[R], R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], R], /) -> Step[P, R, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Step[P, R, R]: ...


class RepeatDecorator(Protocol):
    """Makes a repeated step of a function."""

    @overload
    def __call__(
        self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /
    ) -> RepeatedStep[P, Awaitable[R], R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], R], /) -> RepeatedStep[P, R, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> RepeatedStep[P, R, R]: ...


class HostDecorator(Protocol):
    """Makes a step that runs on other hosts of a function; its result is one, or a dict by host."""

    @overload
    def __call__(
        self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /
    ) -> Step[P, Awaitable[R], Any]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], R], /) -> Step[P, R, Any]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Step[P, R, Any]: ...


@overload
def step(function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /) -> Step[P, Awaitable[R], R]: ...
@overload
def step(function: Callable[Concatenate[Any, P], R], /) -> Step[P, R, R]: ...
@overload
def step(function: Callable[P, R], /) -> Step[P, R, R]: ...
@overload
def step(*, hosts: Hosts, **options: Unpack[HostOptions]) -> HostDecorator: ...
@overload
def step(*, repeats: Repeats, **options: Unpack[RepeatOptions]) -> RepeatDecorator: ...
@overload
def step(**options: Unpack[StepOptions]) -> Decorator: ...
def step(function: object = None, /, **options: object) -> object:
    """Make a step of a function.

    Args:
        function: the step's work; it may take ``self``, its container, and other steps' results as defaults.
        **options: its options, as on the page *Options* of the documentation; ``args`` and ``kwargs``, the arguments
            of the function; ``result=Pickled`` for a result that is not data.

    Raises:
        DefinitionError: the function or an option is not one that a step can have.
    """
    frame = frame_above(1)
    site = Site(frame.f_code, frame.f_lasti)
    args, kwargs, result = options.pop("args", ()), options.pop("kwargs", None), options.pop("result", None)
    mistakes = Mistakes()
    chosen = read_options(options, site, STEP_OPTIONS, "step", mistakes)
    mistakes.settle(frame)
    if function is not None:
        return make_step(partial(read_work, function, site, args, kwargs, result=result), chosen, site, frame)
    waiting = await_use(frame, site)

    def decorate(function: object) -> object:
        if site in waiting:
            waiting.remove(site)
        return make_step(partial(read_work, function, site, args, kwargs, result=result), chosen, site, frame_above(1))

    return decorate


def make_step(read: Callable[[], Work], options: WrittenOptions, site: Site, frame: FrameType) -> Step[..., Any, Any]:
    """Make a step, and note it, or the mistakes in it, in the class body that is being executed, if any.

    Args:
        read: reads the step's work.
        options: its options.
        site: the call that makes it.
        frame: the author's frame.

    Raises:
        DefinitionError: there are mistakes, and no class body is being executed.
    """
    mistakes = Mistakes()
    work: Work | None = mistakes.told(read, None)
    if work is None:
        options = evolve(options, unread=options.unread | {WORK})
    elif is_endless(options.repeats) and not options.until and "until" not in options.unread:
        mistakes.add(endless(work.name, option_place(site, "repeats")))
        options = evolve(options, repeats=NO_ITEMS)
    mistakes.settle(frame)
    written = Written(site, options, work)
    made: Step[..., Any, Any] = Step(written) if options.repeats is None else RepeatedStep(written)
    register(made, frame)
    return made


def await_use(frame: FrameType, site: Site) -> list[Site]:
    """Note a decorator in the class body that is being executed, if any; return the list to remove it from."""
    body = body_of(frame)
    waiting: list[Site] = [] if body is None else body.setdefault(OPEN, [])
    waiting.append(site)
    return waiting


def register(node: Node, frame: FrameType) -> None:
    """Note a definition in the class body that is being executed, if any."""
    body = body_of(frame)
    if body is not None:
        body.setdefault(MADE, []).append(node)
