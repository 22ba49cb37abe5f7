"""The atoms of a requirement, as the oracles look at them."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.requirements import Atom, Requirement


def atoms_of(requirement: Requirement | None) -> Iterator[Atom]:
    """Every atom of a requirement, from left to right."""
    if isinstance(requirement, Atom):
        yield requirement
    elif requirement is not None:
        for part in requirement.parts:
            yield from atoms_of(part)
