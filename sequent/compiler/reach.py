"""Whether a requirement can ever come true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sequent.compiler.conditions import Asked, Condition, claims_in
from sequent.compiler.tree import Node, named
from sequent.model.status import SETTLES, Claim, Status

# What settles in three ways each would take too long to try out beyond this; then the requirement is believed.
_MOST_STEPS = 20_000

_WORDS = {Claim.SUCCESS: "succeed", Claim.FAILURE: "fail", Claim.COMPLETE: "complete"}
Claims = frozenset[str]
"""Claims about one node, by their texts."""


def why_never(condition: Condition) -> str:
    """Why a condition can never come true; empty where it can, or where that is too much to work out.

    A condition has no *not*, so what is true in the best case decides: each node settles as a success, as a
    failure, or skipped where what it waits for may turn out otherwise. Being cancelled makes nothing true that one of
    these does not. What rests on a node that is itself refused is not refused again.
    """
    if isinstance(condition, Asked) and condition.claim is not Claim.SKIPPED:
        return ""
    ends = _ends(condition)
    for asked in _certain(condition):
        left = [claims for claims in ends[asked.node] if asked.text in claims]
        if not left:
            return _reason(asked, condition)
        ends[asked.node] = left
    best = {node: frozenset[str]().union(*claims) for node, claims in ends.items()}
    if not _holds(condition, best):
        return "no part of it can be true"
    open_ends = {node: claims for node, claims in ends.items() if len(claims) > 1}
    size = sum(1 for _ in claims_in(condition))
    ways = 1
    for claims in open_ends.values():
        ways *= len(claims)
        if ways * size > _MOST_STEPS:
            return ""
    if any(
        _holds(condition, {**best, **dict(zip(open_ends, way, strict=True))}) for way in product(*open_ends.values())
    ):
        return ""
    return f"its parts exclude one another, however {named(list(open_ends))} settle{'s' * (len(open_ends) == 1)}"


def may_be_skipped(condition: Condition | None) -> bool:
    """Whether what a node waits for may turn out otherwise: all that is not ``done`` may."""
    return condition is not None and not _holds_once_done(condition)


def _holds_once_done(condition: Condition) -> bool:
    if isinstance(condition, Asked):
        return condition.claim is Claim.DONE
    parts = (_holds_once_done(part) for part in condition.parts)
    return all(parts) if condition.is_all else any(parts)


def _ends(condition: Condition) -> dict[Node, list[Claims]]:
    """For each node, what of that which is asked of it each way of settling makes true; only the best ways."""
    asked_of: dict[Node, dict[str, Asked]] = {}
    for asked in claims_in(condition):
        asked_of.setdefault(asked.node, {})[asked.text] = asked
    return {node: _best(node, list(claims.values())) for node, claims in asked_of.items()}


def _best(node: Node, asked: list[Asked]) -> list[Claims]:
    statuses = [Status.SUCCESS, Status.FAILURE]
    if node.may_be_skipped and any(claim.claim is Claim.SKIPPED for claim in asked):
        statuses.append(Status.SKIPPED)
    found: list[Claims] = []
    for claims in (claims for status in statuses for claims in _true_after(status, asked)):
        if not any(claims <= other for other in found):
            found = [other for other in found if not other < claims]
            found.append(claims)
    return found


def _true_after(status: Status, asked: list[Asked]) -> Iterator[Claims]:
    """What is true of a node that settled so; of a success once for each result that somebody asks for."""
    settled = frozenset(claim.text for claim in asked if claim.claim in SETTLES[status])
    results = {value for claim in asked for value in claim.values} if status is Status.SUCCESS else ()
    for result in sorted(results):
        yield settled.union(claim.text for claim in asked if result in claim.values)
    if not results:
        yield settled


def _certain(condition: Condition) -> Iterator[Asked]:
    """What must be true whatever else is."""
    if isinstance(condition, Asked):
        yield condition
    elif condition.is_all:
        yield from (part for part in condition.parts if isinstance(part, Asked))


def _holds(condition: Condition, true: dict[Node, Claims]) -> bool:
    if isinstance(condition, Asked):
        return condition.text in true[condition.node]
    parts = (_holds(part, true) for part in condition.parts)
    return all(parts) if condition.is_all else any(parts)


def _reason(asked: Asked, condition: Condition) -> str:
    node = asked.node
    if asked.claim is Claim.SKIPPED and not node.may_be_skipped:
        what = "waits for nothing" if node.condition is None else "only waits for things to be done"
        return f"{node.shown} {what}, and so is never skipped"
    claims = [_said(other) for other in _certain(condition) if other.node is node]
    return f"{node.shown} cannot {' and '.join(claims)} at once"


def _said(asked: Asked) -> str:
    """What is claimed of a node, as what it does: ``succeed``, ``be skipped``, ``return 1 or 2``."""
    if asked.claim is Claim.RETURNED:
        return f"return {' or '.join(asked.values)}"
    return _WORDS.get(asked.claim, f"be {asked.claim.value}")
