"""What a step waits for, as written."""

from __future__ import annotations

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import Place
from sequent.model.references import Target
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


@frozen(eq=False, repr=False)
class AllOf(ByFields):
    """Every part holds."""

    parts: tuple[Requirement, ...]


@frozen(eq=False, repr=False)
class AnyOf(ByFields):
    """At least one part holds."""

    parts: tuple[Requirement, ...]


Requirement = Atom | AllOf | AnyOf
