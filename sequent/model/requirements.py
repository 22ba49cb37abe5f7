"""Requirements as written; once they are resolved, every target is a path from the root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import cast

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.references import Path, Target
from sequent.model.status import Claim

MOST_NESTED = 100
"""The maximum depth of a requirement; a chain of *and*, or of *or*, is one level."""


@frozen(eq=False, repr=False)
class Atom(ByFields):
    """One claim about one step or container."""

    target: Target
    claim: Claim
    place: Place | None = field(default=None, eq=False)
    values: tuple[str, ...] = ()
    """For a claim on a returned value: the accepted values, as wire text."""
    is_stand_in: bool = False
    """Whether it is a ``done`` that comes from ``result_or``, whose default value handles a failure."""

    @property
    def path(self) -> Path:
        """The target, once it is resolved."""
        return cast("Path", self.target)

    @property
    def handles(self) -> bool:
        """Whether it handles a failure."""
        return self.claim in (Claim.FAILURE, Claim.COMPLETE) or self.is_stand_in

    @property
    def watches(self) -> bool:
        """Whether it comes true in any case, without handling a failure."""
        return self.claim is Claim.DONE and not self.is_stand_in


@frozen(eq=False, repr=False)
class AllOf(ByFields):
    """A requirement that holds if every part holds."""

    parts: tuple[Requirement, ...]


@frozen(eq=False, repr=False)
class AnyOf(ByFields):
    """A requirement that holds if at least one part holds."""

    parts: tuple[Requirement, ...]


Requirement = Atom | AllOf | AnyOf


def join(parts: Iterable[Requirement], kind: type[AllOf | AnyOf]) -> Requirement | None:
    """Join resolved parts with *and*, or with *or*, in a normal form that is independent of how they were written.

    The result contains no part twice, none of its own kind, and has an order of its own. Without parts it is None,
    and of a single part it is that part.
    """
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]
    flat = (inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    distinct: dict[tuple[tuple[object, ...], str], Requirement] = {}
    for part in flat:
        distinct.setdefault(_key(part), part)
    if len(distinct) < 2:
        return next(iter(distinct.values()), None)
    return kind(tuple(distinct[key] for key in sorted(distinct)))


def _key(requirement: Requirement) -> tuple[tuple[object, ...], str]:
    """Return the key by which requirements are compared and sorted: their claims, and the nesting of these."""
    if isinstance(requirement, Atom):
        claim = "" if requirement.claim is Claim.SUCCESS else requirement.claim.value
        return ((requirement.path, claim, requirement.values, requirement.is_stand_in),), "."
    keys = [_key(part) for part in requirement.parts]
    return tuple(chain.from_iterable(claims for claims, _ in keys)), f"({''.join(shape for _, shape in keys)})"


def holds(requirement: Requirement, is_true: Callable[[Atom], bool]) -> bool:
    """Return whether a requirement is true, given the truth of its claims."""
    if isinstance(requirement, Atom):
        return is_true(requirement)
    parts = (holds(part, is_true) for part in requirement.parts)
    return all(parts) if isinstance(requirement, AllOf) else any(parts)


def claims_in(requirement: Requirement | None) -> Iterator[Atom]:
    """Yield every claim of a requirement."""
    pending = [] if requirement is None else [requirement]
    while pending:
        part = pending.pop()
        if isinstance(part, Atom):
            yield part
        else:
            pending.extend(reversed(part.parts))
