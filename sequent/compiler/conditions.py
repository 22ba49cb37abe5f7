"""What a node waits for, with every name resolved, in a form that does not depend on how it was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from attrs import field, frozen

from sequent.errors import Place
from sequent.model.status import Claim

if TYPE_CHECKING:
    from sequent.compiler.tree import Node

_SUFFIXES = {Claim.SUCCESS: "", Claim.FAILURE: ".failed"}


@frozen(eq=False)
class Asked:
    """One claim about a node."""

    node: Node
    claim: Claim
    text: str
    place: Place | None = field(default=None, repr=False)
    values: tuple[str, ...] = ()
    """Of a claim on what was returned: the values, as wire text, each once and in order."""
    is_stand_in: bool = False
    """Whether it is ``done`` because a value stands in where there is no result: that handles a failure."""

    @property
    def handles(self) -> bool:
        """Whether a failure is handled by it."""
        return self.claim in (Claim.FAILURE, Claim.COMPLETE) or self.is_stand_in

    @property
    def watches(self) -> bool:
        """Whether it comes true whatever happens, and leaves a failure a failure."""
        return self.claim is Claim.DONE and not self.is_stand_in


@frozen(eq=False)
class Joined:
    """All of its parts, or any of them: two at least, none twice, in the order of their texts."""

    is_all: bool
    parts: tuple[Condition, ...]
    text: str


Condition = Asked | Joined


def ask(node: Node, claim: Claim, place: Place | None, values: Iterable[str] = ()) -> Asked:
    """One claim about a node."""
    if claim is not Claim.RETURNED:
        return Asked(node, claim, f"{node.text}{_SUFFIXES.get(claim, '.' + claim)}", place)
    wanted = tuple(sorted(set(values)))
    return Asked(node, claim, f"{node.text}.returned({', '.join(wanted)})", place, wanted)


def ask_for_stand_in(node: Node, place: Place | None) -> Asked:
    """That a node is done, so that its result, or a value in its stead, can be taken."""
    return Asked(node, Claim.DONE, f"{node.text}.result_or", place, is_stand_in=True)


def join(parts: Iterable[Condition], *, is_all: bool) -> Condition | None:
    """All of the parts, or any of them; None where there are none."""
    distinct: dict[str, Condition] = {}
    for part in parts:
        if isinstance(part, Joined) and part.is_all is is_all:
            for inner in part.parts:
                distinct.setdefault(inner.text, inner)
        else:
            distinct.setdefault(part.text, part)
    if len(distinct) < 2:
        return next(iter(distinct.values()), None)
    ordered = tuple(distinct[text] for text in sorted(distinct))
    sign = " & " if is_all else " | "
    text = sign.join(f"({part.text})" if isinstance(part, Joined) else part.text for part in ordered)
    return Joined(is_all, ordered, text)


def claims_in(condition: Condition | None) -> Iterator[Asked]:
    """Every claim of a condition."""
    pending = [] if condition is None else [condition]
    while pending:
        part = pending.pop()
        if isinstance(part, Asked):
            yield part
        else:
            pending.extend(reversed(part.parts))
