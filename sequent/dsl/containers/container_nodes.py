"""Containers: blocks of a flow, written as classes; their results, and their instances with values."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Never, Protocol, TypeVar, cast

from sequent.dsl.containers.flow_run import BoundRun
from sequent.dsl.containers.instances import instance_of
from sequent.dsl.parameters.param import defaults_of
from sequent.dsl.references.literals import decoded
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_words import ResultSource, result_or
from sequent.dsl.references.requirements import Requirement, not_now
from sequent.dsl.source_lines import Site, body_of, frame_above, site_above
from sequent.dsl.steps.nodes import MissingWordError, Node, Written
from sequent.dsl.steps.returning import returned_by_node
from sequent.errors import DefinitionError, UsageError
from sequent.model.outcome import Failures
from sequent.model.references import Literal
from sequent.model.showing import shown
from sequent.model.wording import did_you_mean

C_co = TypeVar("C_co", covariant=True)
R = TypeVar("R")
V = TypeVar("V")
R_co = TypeVar("R_co", covariant=True)


class HasResult(Protocol[R_co]):
    """A step or container with a result."""

    @property
    def result(self) -> R_co: ...


class BodyWithResult(Protocol[R_co]):
    """A body that names the step or container whose result is its own."""

    @property
    def result(self) -> HasResult[R_co]: ...


class HasOneResult(Protocol[R]):
    """A step or container whose result a requirement can name: not a repeat."""

    @property
    def result(self) -> R: ...
    def returned(self, *values: R) -> Requirement: ...


class BodyWithOneResult(Protocol[R]):
    """A body that names the step or container whose one result is its own."""

    @property
    def result(self) -> HasOneResult[R]: ...


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
    def result(self: Container[BodyWithResult[R]]) -> R:
        """The result of the step or container that its body names; a reference."""
        return cast("R", _result_of(self, site_above(1)))

    def result_or(self: Container[BodyWithResult[R]], value: V) -> R | V:
        """Return the result, or a value if there is none, as a reference; a step that takes it handles a failure."""
        return cast("R | V", _result_or(self, value, site_above(1)))

    def returned(self: Container[BodyWithOneResult[R]], *values: R) -> Requirement:
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
    def result(self: RepeatedContainer[BodyWithResult[R]]) -> list[R]:  # type: ignore[override]  # a list of what one gives
        """The results of the step or container that its body names, in the order of iterations; a reference."""
        return cast("list[R]", _result_of(self, site_above(1)))

    def result_or(self: RepeatedContainer[BodyWithResult[R]], value: V) -> list[R | V]:  # type: ignore[override]  # as above
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
