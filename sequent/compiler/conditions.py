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


@frozen(eq=False)
class Joined:
    """All of its parts, or any of them: two at least, none twice, in the order of their texts."""

    is_all: bool
    parts: tuple[Condition, ...]
    text: str


Condition = Asked | Joined


def ask(node: Node, claim: Claim, place: Place | None) -> Asked:
    """One claim about a node."""
    return Asked(node, claim, f"{node.text}{_SUFFIXES.get(claim, '.' + claim)}", place)


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
