"""The differences between two descriptions of a flow that matter to a recovery."""

from __future__ import annotations

from enum import StrEnum

from attrs import evolve, frozen

from sequent.by_fields import ByFields
from sequent.compiler.description_text import part_words
from sequent.compiler.old_descriptions import sentence_basis, sentence_parts
from sequent.model.description import KeptDescription, Part, PartKind, Sentence
from sequent.model.wording import with_article


class ChangeKind(StrEnum):
    """The kind of a difference in a step or container."""

    ADDED = "added"
    CHANGED = "changed"
    """It has another kind, requirement or input."""
    REMOVED = "removed"
    """It is missing; a rename is this and an addition."""


@frozen(eq=False, repr=False)
class Difference(ByFields):
    """A step or container that has changed."""

    path: str
    """Dotted; '' for the flow itself."""
    kind: ChangeKind
    text: str
    """One line for people."""


def differences(old: KeptDescription, new: KeptDescription) -> tuple[Difference, ...]:
    """Return the differences, by path.

    Changes that need no confirmation in a recovery are left out: times, numbers of attempts, limits,
    places, literal arguments and items, code, and the order in which siblings are defined.
    """
    paths = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    changes = (_difference(path, old.get(path), new.get(path)) for path in paths)
    return tuple(difference for difference in changes if difference is not None)


def _difference(path: str, old: Part | Sentence | None, new: Part | Sentence | None) -> Difference | None:
    name = repr(path) if path else "the flow"
    if new is None:
        return Difference(path, ChangeKind.REMOVED, f"{name} is gone. It was {_whole(old)}")
    place = f", at {new.place}" if isinstance(new, Part) and new.place else ""
    if old is None:
        return Difference(path, ChangeKind.ADDED, f"{name} is new{place}. It is {_whole(new)}")
    old, new = _basis(old), _basis(new)
    if old == new:
        return None
    before, after = _words(old), _words(new)
    gone = ", ".join(part for part in before if part not in after)
    more = ", ".join(part for part in after if part not in before)
    told = f"Before: {gone}. Now: {more}" if gone and more else f"Now also: {more}" if more else f"No longer: {gone}"
    return Difference(path, ChangeKind.CHANGED, f"{name} has changed{place}. {told}")


def _whole(part: Part | Sentence | None) -> str:
    kind, *more = _words(part)
    return ", ".join((with_article(kind), *more))


def _words(part: Part | Sentence | None) -> list[str]:
    if isinstance(part, Sentence):
        return sentence_parts(part)
    return [] if part is None else part_words(part)


def _basis(part: Part | Sentence) -> Part | Sentence:
    """Return the part of a description that a recovery depends on."""
    if isinstance(part, Sentence):
        return sentence_basis(part)
    options = {name: value for name, value in part.options.items() if not part.only_tunes(name)}
    return evolve(part, kind=part.kind if part.is_container else PartKind.STEP, options=options, count=None)
