"""What a step waits for, as written; once it is resolved, every target is a path from the root."""

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
"""How deep a requirement may be nested; a chain of *and*, or of *or*, is one level."""


@frozen(eq=False, repr=False)
class Atom(ByFields):
    """One claim about one step or container."""

    target: Target
    claim: Claim
    place: Place | None = field(default=None, eq=False)
    values: tuple[str, ...] = ()
    """Of a claim on what was returned: the values, as wire text."""
    is_stand_in: bool = False
    """Whether it is ``done`` because a value stands in where there is no result: that handles a failure."""

    @property
    def path(self) -> Path:
        """The target of a resolved one."""
        return cast("Path", self.target)

    @property
    def handles(self) -> bool:
        """Whether a failure is handled by it."""
        return self.claim in (Claim.FAILURE, Claim.COMPLETE) or self.is_stand_in

    @property
    def watches(self) -> bool:
        """Whether it comes true whatever happens, and leaves a failure a failure."""
        return self.claim is Claim.DONE and not self.is_stand_in


@frozen(eq=False, repr=False)
class AllOf(ByFields):
    """Every part holds."""

    parts: tuple[Requirement, ...]


@frozen(eq=False, repr=False)
class AnyOf(ByFields):
    """At least one part holds."""

    parts: tuple[Requirement, ...]


Requirement = Atom | AllOf | AnyOf


def join(parts: Iterable[Requirement], kind: type[AllOf | AnyOf]) -> Requirement | None:
    """All of some resolved parts, or any of them, in the one form that they have however they were written.

    No part stands in it twice, none is of its own kind, and their order is their own. Of no parts it is None, and of
    one that part.
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
    """By what two requirements are the same, and stand one after the other: their claims, and how these are nested."""
    if isinstance(requirement, Atom):
        claim = "" if requirement.claim is Claim.SUCCESS else requirement.claim.value
        return ((requirement.path, claim, requirement.values, requirement.is_stand_in),), "."
    keys = [_key(part) for part in requirement.parts]
    return tuple(chain.from_iterable(claims for claims, _ in keys)), f"({''.join(shape for _, shape in keys)})"


def holds(requirement: Requirement, is_true: Callable[[Atom], bool]) -> bool:
    """Whether it is true, if certain claims are."""
    if isinstance(requirement, Atom):
        return is_true(requirement)
    parts = (holds(part, is_true) for part in requirement.parts)
    return all(parts) if isinstance(requirement, AllOf) else any(parts)


def claims_in(requirement: Requirement | None) -> Iterator[Atom]:
    """Every claim of a requirement."""
    pending = [] if requirement is None else [requirement]
    while pending:
        part = pending.pop()
        if isinstance(part, Atom):
            yield part
        else:
            pending.extend(reversed(part.parts))
