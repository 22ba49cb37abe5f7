"""The truth of requirements in three values: true, false, and not yet."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from sequent.model.requirements import AllOf, AnyOf, Atom, Requirement
from sequent.model.scope import Sequence
from sequent.model.status import SETTLES, Claim, Status

TRUTHS = {True: "true", False: "false", None: "not yet"}
"""The words for the values."""


class State(Struct, frozen=True, kw_only=True):
    """The state of a step or container within one iteration, with all that follows from its neighbours."""

    status: Status
    has_been_ready: bool = False
    has_been_active: bool = False
    """Also true of an active one, if a requirement can depend on it."""
    is_doubtful: bool = False
    """Whether it is a kept success that may have to run again: claims about it are open."""
    is_over: bool = False
    """Whether its run ended before it could settle."""


class ClaimTruth(Struct, frozen=True, kw_only=True):
    """A claim of a requirement, with its truth."""

    path: str
    sequence: Sequence
    """The sequence of the step or container that it is about."""
    claim: str
    truth: bool | None
    status: Status
    """The status of that step or container."""
    asks: bool = False
    """Whether that is a question, which a person settles."""
    is_lost: bool = False
    """Whether that was being executed when its driver ended."""
    values: tuple[str, ...] = ()


class GroupTruth(Struct, frozen=True, kw_only=True):
    """A requirement of several parts, with its truth."""

    is_all: bool
    truth: bool | None
    parts: tuple[PartTruth, ...]


PartTruth = ClaimTruth | GroupTruth


def joined(truths: list[bool | None], *, is_all: bool) -> bool | None:
    """Return the truth of parts that are joined with *and*, or with *or*."""
    if (not is_all) in truths:
        return not is_all
    return None if None in truths else is_all


def truth_of(requirement: Requirement, judged: Callable[[Atom], bool | None]) -> bool | None:
    """Return the truth of a requirement, given that of its claims."""
    if isinstance(requirement, Atom):
        return judged(requirement)
    return joined([truth_of(part, judged) for part in requirement.parts], is_all=isinstance(requirement, AllOf))


def tree_of(requirement: Requirement, claim_of: Callable[[Atom], ClaimTruth]) -> PartTruth:
    """Return a requirement as a tree with the truth of each part."""
    if isinstance(requirement, AllOf | AnyOf):
        parts = tuple(tree_of(part, claim_of) for part in requirement.parts)
        is_all = isinstance(requirement, AllOf)
        return GroupTruth(is_all=is_all, truth=joined([part.truth for part in parts], is_all=is_all), parts=parts)
    return claim_of(requirement)


def judge(claim: Atom, state: State, result: Callable[[], str | None]) -> bool | None:
    """Return the truth of a claim about a step or container in a state; ``result`` returns the text of its result."""
    if state.is_doubtful:
        return None
    if claim.claim is Claim.READY and state.has_been_ready:
        return True
    if claim.claim is Claim.ACTIVE and state.has_been_active:
        return True
    if not state.status.is_settled:
        return None
    if claim.claim is Claim.RETURNED:
        return state.status is Status.SUCCESS and result() in claim.values
    return claim.claim in SETTLES[state.status]
