"""What a step waits for, as written."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import field, frozen

from sequent.errors import Place
from sequent.model.references import Target
from sequent.model.status import Claim


@frozen
class Atom:
    """One claim about one step or container."""

    target: Target
    claim: Claim
    place: Place | None = field(default=None, eq=False)
    values: tuple[str, ...] = ()
    """Of a claim on what was returned: the values, as wire text."""


@frozen
class AllOf:
    """Every part holds."""

    parts: tuple[Requirement, ...]


@frozen
class AnyOf:
    """At least one part holds."""

    parts: tuple[Requirement, ...]


Requirement = Atom | AllOf | AnyOf


def atoms_of(requirement: Requirement | None) -> Iterator[Atom]:
    """Every atom of a requirement, from left to right."""
    pending: list[Requirement] = [] if requirement is None else [requirement]
    while pending:
        part = pending.pop()
        if isinstance(part, Atom):
            yield part
        else:
            pending.extend(reversed(part.parts))
