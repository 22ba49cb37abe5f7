"""Decides whether a requirement can ever come true."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product

from sequent.compiler.tree import TreeNode, named
from sequent.model.references import Path
from sequent.model.requirements import AllOf, Atom, Requirement, claims_in, holds
from sequent.model.status import SETTLES, Claim, Status

# Trying all ways in which nodes settle would take too long beyond this; the requirement is then believed.
_MOST_STEPS = 20_000

_WORDS = {Claim.SUCCESS: "succeed", Claim.FAILURE: "fail", Claim.COMPLETE: "complete"}
Claims = frozenset[Atom]
"""Claims about one node."""


def why_never(reader: TreeNode, condition: Requirement) -> str:
    """Return why a node's requirement can never come true; '' if it can, or if finding out takes too long.

    A condition has no *not*, so the best case decides: each node settles as a success, as a failure, or is skipped if
    its own requirement may turn out false. Being cancelled makes no claim true that these do not. A node that depends
    on a refused node is not refused as well.
    """
    if isinstance(condition, Atom) and condition.claim is not Claim.SKIPPED:
        return ""
    ends = _ends(reader, condition)
    for asked in _certain(condition):
        left = [claims for claims in ends[asked.path] if asked in claims]
        if not left:
            return _reason(reader.of(asked), asked, condition)
        ends[asked.path] = left
    best = Claims().union(*chain.from_iterable(ends.values()))
    if not holds(condition, best.__contains__):
        return "no part of it can be true"
    open_ends = {path: claims for path, claims in ends.items() if len(claims) > 1}
    size = sum(1 for _ in claims_in(condition))
    ways = 1
    for claims in open_ends.values():
        ways *= len(claims)
        if ways * size > _MOST_STEPS:
            return ""
    certain = Claims().union(*(claims[0] for claims in ends.values() if len(claims) == 1))
    if any(holds(condition, certain.union(*way).__contains__) for way in product(*open_ends.values())):
        return ""
    settled = named([reader.by_path[path] for path in open_ends])
    return f"its parts exclude one another, however {settled} settle{'s' * (len(open_ends) == 1)}"


def may_be_skipped(condition: Requirement | None) -> bool:
    """Return whether a node's requirement may turn out false: any claim but ``done`` may."""
    return condition is not None and not holds(condition, lambda asked: asked.claim is Claim.DONE)


def _ends(reader: TreeNode, condition: Requirement) -> dict[Path, list[Claims]]:
    """Return, for each node, the claims about it that each way of settling makes true; only the best ways."""
    asked_of: dict[Path, dict[Atom, None]] = {}
    for asked in claims_in(condition):
        asked_of.setdefault(asked.path, {})[asked] = None
    return {path: _best(reader.by_path[path], list(claims)) for path, claims in asked_of.items()}


def _best(node: TreeNode, asked: list[Atom]) -> list[Claims]:
    statuses = [Status.SUCCESS, Status.FAILURE]
    if node.may_be_skipped and any(claim.claim is Claim.SKIPPED for claim in asked):
        statuses.append(Status.SKIPPED)
    best: list[Claims] = []
    for claims in (claims for status in statuses for claims in _true_after(status, asked)):
        if not any(claims <= other for other in best):
            best = [other for other in best if not other < claims]
            best.append(claims)
    return best


def _true_after(status: Status, asked: list[Atom]) -> Iterator[Claims]:
    """Yield the claims that are true of a node with that status; for a success, once for each claimed result."""
    settled = frozenset(claim for claim in asked if claim.claim in SETTLES[status])
    results = {value for claim in asked for value in claim.values} if status is Status.SUCCESS else ()
    for result in sorted(results):
        yield settled.union(claim for claim in asked if result in claim.values)
    if not results:
        yield settled


def _certain(condition: Requirement) -> Iterator[Atom]:
    """Yield the claims that must be true in any case."""
    if isinstance(condition, Atom):
        yield condition
    elif isinstance(condition, AllOf):
        yield from (part for part in condition.parts if isinstance(part, Atom))


def _reason(node: TreeNode, asked: Atom, condition: Requirement) -> str:
    if asked.claim is Claim.SKIPPED and not node.may_be_skipped:
        predicate = "waits for nothing" if node.condition is None else "only waits for things to be done"
        return f"{node.shown} {predicate}, and so is never skipped"
    claims = [_said(other) for other in _certain(condition) if other.path == node.path]
    return f"{node.shown} cannot {' and '.join(claims)} at once"


def _said(asked: Atom) -> str:
    """Return a claim in words, as an action of the node: ``succeed``, ``be skipped``, ``return 1 or 2``."""
    if asked.claim is Claim.RETURNED:
        return f"return {' or '.join(asked.values)}"
    return _WORDS.get(asked.claim, f"be {asked.claim.value}")
