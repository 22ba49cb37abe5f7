"""The requirement of a step, as its author combines it: ``a``, ``a.failed``, ``&``, ``|`` and the builder's pairs."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType, MethodType
from typing import Any, NoReturn, cast

from sequent.dsl.references.reference import Reference
from sequent.dsl.source_lines import Site, site_above
from sequent.errors import DefinitionError, Place
from sequent.model.requirements import MOST_NESTED
from sequent.model.status import Claim
from sequent.model.wording import repr_of

_NOT_BY_FUNCTION = "give the step itself, not its function: load, or the block that add_step returned"
_NOT_BY_NAME = "give the step itself, not its name in quotes: load, outer.load, or the block that add_step returned"
_STATUSES = ", ".join(f"STEP_{claim.name}" for claim in Claim if claim is not Claim.RETURNED)
_NOT_COMPARED = "nothing can be compared while the flow is defined: write a.failed or (a, STEP_FAILURE), not a == ..."
_FORMS = "a step, a.failed, a & b, a | b, or pairs (step, STATUS)"


class Requirement:
    """A condition that must hold before a step starts; combined with ``&`` and ``|``.

    Python's ``and``, ``or`` and ``not`` would silently drop a part of it, so its truth cannot be tested.
    """

    __slots__ = ()

    def __and__(self, other: Requirement) -> Requirement:
        return join_two(self, other, is_all=True)

    def __or__(self, other: Requirement) -> Requirement:
        return join_two(self, other, is_all=False)

    def __bool__(self) -> NoReturn:
        raise not_now(site_above(1).place)


def not_now(place: Place) -> DefinitionError:
    """Return the error for testing whether a requirement holds, while the flow is being defined."""
    return DefinitionError(
        "a requirement is true or false only while the flow runs",
        code="truth",
        hint="write & for and, | for or; for not, require another status, such as a.failed",
        place=place,
    )


class Claimable(Requirement):
    """An object that claims can be made about: a step or container, or a name further out."""

    __slots__ = ()

    def __shown__(self, *, read: bool) -> str:
        raise NotImplementedError

    def _claimed(self, claim: Claim) -> Requirement:
        return Claimed(self, claim, site_above(2))

    @property
    def ready(self) -> Requirement:
        """It is about to start."""
        return self._claimed(Claim.READY)

    @property
    def active(self) -> Requirement:
        """It has begun."""
        return self._claimed(Claim.ACTIVE)

    @property
    def failed(self) -> Requirement:
        """It failed; a step that requires this handles the failure."""
        return self._claimed(Claim.FAILURE)

    @property
    def complete(self) -> Requirement:
        """It succeeded or failed; a step that requires this handles a failure."""
        return self._claimed(Claim.COMPLETE)

    @property
    def skipped(self) -> Requirement:
        """Its requirement can no longer come true."""
        return self._claimed(Claim.SKIPPED)

    @property
    def done(self) -> Requirement:
        """It settled in any way; a step that requires this watches, and does not handle a failure."""
        return self._claimed(Claim.DONE)


def shown(target: Claimable, *, read: bool = True) -> str:
    """Return the name of a step or container for messages.

    Args:
        target: the step or container, or its name further out.
        read: whether its author's source may be read to find out.
    """
    return target.__shown__(read=read)


class Claimed(Requirement):
    """One claim about a step or container, or about a name further out."""

    __slots__ = ("claim", "site", "target", "values")

    def __init__(self, target: Claimable, claim: Claim, site: Site | None, values: tuple[object, ...] = ()) -> None:
        self.target = target
        self.claim = claim
        self.site = site
        self.values = values
        """The values of a claim about a result."""


class JoinedRequirement(Requirement):
    """All of its parts, or any of them."""

    __slots__ = ("depth", "is_all", "parts")

    def __init__(self, parts: Sequence[Requirement], *, is_all: bool) -> None:
        self.parts = tuple(parts)
        self.is_all = is_all
        self.depth = max(
            _depth(part) + (not isinstance(part, JoinedRequirement) or part.is_all is not is_all) for part in parts
        )
        """The number of levels of ``&`` within ``|`` within ``&``."""


def _depth(part: Requirement) -> int:
    return part.depth if isinstance(part, JoinedRequirement) else 1


def join_two(left: Requirement, right: object, *, is_all: bool) -> Requirement:
    """Join two requirements by an operator in the author's line, two frames up."""
    site = site_above(2)
    if isinstance(right, Requirement):
        return join([left, right], is_all=is_all, site=site)
    return join([left, read_part(right, site.place)], is_all=is_all, site=site)


def join(parts: Sequence[Requirement], *, is_all: bool, site: Site | Place) -> Requirement:
    """Join requirements: all of them, or any of them.

    Raises:
        DefinitionError: they are nested too deep.
    """
    joined = JoinedRequirement(parts, is_all=is_all)
    if joined.depth > MOST_NESTED + 1:
        raise _too_deep(site.place if isinstance(site, Site) else site)
    return joined


def _too_deep(place: Place) -> DefinitionError:
    return DefinitionError(
        f"a requirement is nested more than {MOST_NESTED} deep",
        code="depth",
        hint="let a step stand for a part of it",
        place=place,
    )


def or_(*parts: object) -> Requirement:
    """Require at least one of the parts: requirements, pairs ``(step, STATUS)``, or tuples of them."""
    return _combined("or_", parts, site_above(1).place, is_all=False)


def and_(*parts: object) -> Requirement:
    """Require every part: requirements, pairs ``(step, STATUS)``, or tuples of them."""
    return _combined("and_", parts, site_above(1).place, is_all=True)


def _combined(word: str, parts: tuple[object, ...], place: Place, *, is_all: bool) -> Requirement:
    if not parts:
        raise DefinitionError(
            f"{word}() needs at least one condition", code="empty-requirement", hint=_FORMS, place=place
        )
    return join([read_part(part, place) for part in parts], is_all=is_all, site=place)


def read_requirement(value: object, place: Place) -> Requirement | None:
    """Read a requirement in any of its forms; None for an empty one (None, ``()``, ``[]``, ``{}``).

    Raises:
        DefinitionError: it is none of the forms.
    """
    if value is None or is_empty(value):
        return None
    return read_part(value, place)


def is_empty(value: object) -> bool:
    """Return whether it is ``()``, ``[]`` or ``{}``."""
    return isinstance(value, tuple | list | dict) and not len(cast("Sequence[object]", value))


def read_part(value: object, place: Place, depth: int = 0) -> Requirement:
    """Read a requirement in any of its forms, but not an empty one; ``depth`` is the number of tuples around it."""
    if isinstance(value, Requirement):
        return value
    if depth > MOST_NESTED:
        raise _too_deep(place)
    given = value
    parts = list(cast("Sequence[object]", value)) if isinstance(value, tuple | list) else []
    if not parts:
        raise _malformed(given, place)
    if _is_pair(parts):
        return _pair(parts, place)
    return join([read_part(part, place, depth + 1) for part in parts], is_all=True, site=place)


def _is_pair(parts: Sequence[object]) -> bool:
    return any(not isinstance(part, Requirement | tuple | list) for part in parts)


def _pair(parts: Sequence[object], place: Place) -> Requirement:
    target, claim = parts if len(parts) == 2 else (None, None)
    if not isinstance(target, Claimable):
        raise _malformed(tuple(parts), place)
    if not isinstance(claim, Claim) or claim is Claim.RETURNED:
        raise DefinitionError(
            f"{repr_of(claim)} is not a status",
            code="status",
            hint=f"the statuses are {_STATUSES}",
            place=place,
        )
    return Claimed(target, claim, None)


def _malformed(value: object, place: Place) -> DefinitionError:
    parts = cast("Sequence[object]", value) if isinstance(value, tuple) else (value,)
    given = next((part for part in parts if isinstance(part, Reference) and not isinstance(part, Claimable)), None)
    if given is not None:
        return DefinitionError(
            f"{given.__sequent__.shown} is a value, but a requirement is about a step",
            code="requirement",
            hint="require the step itself, or take the value as an argument: that is a requirement as well",
            place=place,
        )
    first = next(iter(parts), None)
    by_name = isinstance(first, str) and not isinstance(first, Claim)
    text, hint = f"{repr_of(cast('Any', value), 120)}", f"the forms are {_FORMS}; the statuses are {_STATUSES}"
    if isinstance(first, MethodType) and isinstance(first.__self__, Claimable):
        text, hint = f"the method {shown(first.__self__)}.{first.__name__} itself", "call it: a.returned(value)"
    elif by_name:
        hint = _NOT_BY_NAME
    elif isinstance(value, bool):
        hint = _NOT_COMPARED
    elif isinstance(first, FunctionType):
        hint = _NOT_BY_FUNCTION
    return DefinitionError(
        f"{text} is not a requirement: expected (step, STATUS)", code="requirement", hint=hint, place=place
    )
