"""The sources of values that are known only while the flow runs, as the author names them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from attrs import define

from sequent.dsl.references.literals import snapshot, step_as_value
from sequent.dsl.references.reference import PartSource, Reference, SecretSource, Source
from sequent.dsl.references.reference_search import refuse_text
from sequent.dsl.references.requirements import Claimable, Claimed, Requirement, join_two, shown
from sequent.dsl.source_lines import Site, site_above
from sequent.errors import DefinitionError, Place
from sequent.model.outcome import Failures
from sequent.model.references import Literal
from sequent.model.status import Claim
from sequent.model.wording import described, repr_of

V = TypeVar("V")


@define(eq=False)
class TargetSource(Source):
    """A value of a step, a container or a name further out."""

    target: Claimable

    @property
    def is_of_step(self) -> bool:
        written = getattr(self.target, "__sequent__", None)
        return self.was_made_in_step and bool(written is None or written.is_of_step)


@define(eq=False)
class ResultSource(TargetSource):
    """``x.result``: the result of a step or container."""

    @property
    def shown(self) -> str:
        return f"{shown(self.target)}.result"

    @property
    def label(self) -> str:
        return f"{shown(self.target, read=False)}.result"


@define(eq=False)
class ResultOrSource(TargetSource):
    """``x.result_or(v)``: its result, or a value if there is none."""

    default: Literal

    @property
    def shown(self) -> str:
        return f"{shown(self.target)}.result_or(...)"

    @property
    def label(self) -> str:
        return f"{shown(self.target, read=False)}.result_or(...)"


@define(eq=False)
class FailuresSource(TargetSource):
    """``x.failures``: the failures in a step or container."""

    @property
    def shown(self) -> str:
        return f"{shown(self.target)}.failures"

    @property
    def label(self) -> str:
        return f"{shown(self.target, read=False)}.failures"


@define(eq=False)
class ItemSource(Source):
    """``item()``: the value of the nearest repeat's iteration."""

    @property
    def shown(self) -> str:
        return self.name or "item()"


@define(eq=False)
class PreviousSource(Source):
    """``previous(start)``: the result of the iteration before, or the start in the first."""

    start: Reference | Literal

    @property
    def shown(self) -> str:
        return self.name or "previous(...)"


@define(eq=False)
class OuterSource(Source):
    """``outer.x``: a parameter or an attribute further out, or a step or container there."""

    target: str

    @property
    def shown(self) -> str:
        return f"outer.{self.target}"


class OuterReference(Reference, Claimable):
    """``outer.x``: a parameter or an attribute further out, or a step or container there, to be required."""

    __slots__ = ()

    def __and__(self, other: Any) -> Requirement:
        return join_two(self, other, is_all=True)

    def __or__(self, other: Any) -> Requirement:
        return join_two(self, other, is_all=False)

    @property
    def result(self) -> Any:
        """Its result."""
        return Reference(ResultSource(site_above(1), self))

    def result_or(self, value: object) -> Any:
        """Return its result, or a value if there is none."""
        return result_or(self, value, site_above(1))

    @property
    def failures(self) -> Failures:
        """The failures in it."""
        return failures_of(self, site_above(1))

    def returned(self, *values: object) -> Requirement:
        """Require that it succeeds and returns one of these values."""
        return returned(self, values, site_above(1))

    def __shown__(self, *, read: bool) -> str:
        return self.__sequent__.shown if read else self.__sequent__.label


class Outer:
    """``outer``: the names outside of a container's body, as in ``outer.day``, ``outer.process.result``."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return OuterReference(OuterSource(site_above(1), name))

    if not TYPE_CHECKING:

        def __call__(self, *args: object, **kwargs: object) -> NoReturn:
            raise outer_alone("the called object", site_above(1).place)

    def __repr__(self) -> str:
        return "outer"


outer = Outer()


def outer_alone(name: str, place: Place) -> DefinitionError:
    """Return the error for ``outer`` itself instead of a name behind it."""
    return DefinitionError(
        f"{name} is 'outer' itself",
        code="reference",
        hint="name a value or a step: outer.load.result, outer.day",
        place=place,
    )


def item() -> Any:
    """Return the value of the nearest repeat's iteration."""
    return Reference(ItemSource(site_above(1)))


def previous(start: V) -> V:
    """Return the result of the iteration before, of the nearest container that repeats; in the first, a start value.

    Args:
        start: the value in the first iteration: data, or a reference.
    """
    site = site_above(1)
    return cast("V", Reference(PreviousSource(site, _read_start(start, site.place))))


def secret(name: str) -> str:
    """Return a value that the step takes where it runs; no order, store, log or traceback shows it.

    Args:
        name: its variable in the step's environment is ``SEQUENT_SECRET_<name>``, or else ``<name>``.
    """
    site = site_above(1)
    refuse_text(name, "the secret's name", site)
    if not isinstance(name, str) or not name.isidentifier():  # pyright: ignore[reportUnnecessaryIsInstance]  authors
        raise DefinitionError(
            f"the secret's name is {repr_of(name, 60)}",
            code="reference",
            hint="give the name of an environment variable: letters, digits and _",
            place=site.place,
        )
    return cast("str", Reference(SecretSource(site, name)))


def refuse_secret(value: Reference, name: str, where: Site | Place) -> None:
    """Refuse a secret where it would be seen.

    Raises:
        DefinitionError: the reference is a secret.
    """
    source = value.__sequent__
    if isinstance(source, SecretSource):
        raise DefinitionError(
            f"{name} is {source.shown}, which others could see there",
            code="secret",
            hint="give it among a step's arguments, or in a command's env= or stdin=",
            place=where.place if isinstance(where, Site) else where,
        )


def within(source: Source) -> Iterator[Source]:
    """Yield a reference, and those that it is made of."""
    yield source
    if isinstance(source, PartSource):
        yield from within(source.whole.__sequent__)
    elif isinstance(source, PreviousSource) and isinstance(source.start, Reference):
        yield from within(source.start.__sequent__)


def target_of(source: Source) -> Claimable | None:
    """Return the step or container that a reference is about, or its name further out."""
    return source.target if isinstance(source, ResultSource | ResultOrSource | FailuresSource) else None


def _read_start(start: object, place: Place) -> Reference | Literal:
    if not isinstance(start, Reference):
        return _read_data(start, "the start of previous()", place)
    refuse_secret(start, "the start of previous()", place)
    return start


def _read_data(value: object, name: str, place: Place) -> Literal:
    if isinstance(value, Claimable):
        raise step_as_value(value, name, place)
    return snapshot(value, name, place)


def result_or(target: Claimable, value: object, site: Site) -> Any:
    """Return the result of a step or container, or a value if there is none, as a reference.

    Raises:
        DefinitionError: the value is not data.
    """
    name = f"the value of {shown(target)}.result_or(...)"
    if isinstance(value, Reference):
        raise DefinitionError(
            f"{name} is {value.__sequent__.shown}, which is known only while running",
            code="reference",
            hint="give data, such as None, and take the other value as an argument of its own",
            place=site.place,
        )
    return Reference(ResultOrSource(site, target, _read_data(value, name, site.place)))


def failures_of(target: Claimable, site: Site) -> Failures:
    """Return the failures in a step or container, as a reference."""
    return cast("Failures", Reference(FailuresSource(site, target)))


def returned(target: Claimable, values: tuple[object, ...], site: Site) -> Requirement:
    """Require that a step or container succeeds and returns one of these values.

    Raises:
        DefinitionError: there are none, or one is not of a type that can be compared.
    """
    name = f"{shown(target)}.returned(...)"
    hint = "give the values: None, True or False, integers, strings, members of an enum"
    if not values:
        raise DefinitionError(f"{name} names no value", code="returned", hint=hint, place=site.place)
    refuse_text(values, name, site)
    for value in values:
        if isinstance(value, Reference):
            shown_value = f"{value.__sequent__.shown}, which is known only while running"
        elif type(value) in (type(None), bool, int, str) or isinstance(value, Enum):
            continue
        else:
            shown_value = described(value)
        raise DefinitionError(f"{name} names {shown_value}", code="returned", hint=hint, place=site.place)
    return Claimed(target, Claim.RETURNED, site, values)
