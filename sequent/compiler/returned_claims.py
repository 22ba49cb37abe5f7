"""Claims about results: the engine sees no results, so each claim has a number, which the worker's answer names."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from sequent.compiler.problems import Problems
from sequent.compiler.tree import TreeNode
from sequent.compiler.values import maker_of
from sequent.model.references import Path
from sequent.model.requirements import Atom, claims_in
from sequent.model.spec import ContainerSpec
from sequent.model.status import Claim


@define
class ReturnedClaims:
    """The claims about each step's result, by its path, in the order in which they are met."""

    _numbers: dict[Path, dict[tuple[str, ...], int]] = field(factory=dict[Path, dict[tuple[str, ...], int]])

    def number(self, node: TreeNode, asked: Atom) -> int:
        """Return the number of a claim among those about its maker's result; -1 if it is not about a result."""
        if asked.claim is not Claim.RETURNED:
            return -1
        maker = maker_of(node)
        return -1 if maker is None else self._numbers[maker][asked.values]

    def put_to(self, path: Path) -> tuple[tuple[str, ...], ...]:
        """Return the claims about a step's result: the values that it may be."""
        return tuple(self._numbers.get(path, ()))


def returned_claims_in(nodes: Iterable[TreeNode]) -> ReturnedClaims:
    """Return all claims about results in the requirements of these nodes."""
    numbers: dict[Path, dict[tuple[str, ...], int]] = {}
    for node in nodes:
        for asked in claims_in(node.condition):
            maker = maker_of(node.of(asked)) if asked.claim is Claim.RETURNED else None
            if maker is not None:
                questions = numbers.setdefault(maker, {})
                questions.setdefault(asked.values, len(questions))
    return ReturnedClaims(numbers)


def check_returned_claims(node: TreeNode, problems: Problems) -> None:
    """Check that claims about a result are about a single one: not about the list of a repeat's results."""
    for asked in claims_in(node.own):
        if asked.claim is not Claim.RETURNED:
            continue
        other = node.of(asked)
        repeated = _repeated_maker(other)
        if maker_of(other) is None:
            problems.add(
                "no-result",
                f"{node.shown} asks for the result of the container {other.shown}, which names none",
                path=node.text,
                place=asked.place,
                hint=f"write result = ... in the body of {other.shown}",
            )
        elif repeated is not None:
            problems.add(
                "returned",
                f"{node.shown} asks for the result of {other.shown}, but {repeated.shown} "
                f"{'repeats' if repeated.spec.repeats is not None else 'has a copy on each host'}: "
                "it has several results",
                path=node.text,
                place=asked.place,
                hint="ask a step that does not repeat, such as one that takes the results",
            )


def _repeated_maker(node: TreeNode) -> TreeNode | None:
    """Return the first node that repeats or has copies, on the way to the maker of the result; None if none does."""
    while node.spec.repeats is None and not node.is_copied:
        inner = node.names.get(node.spec.result or "") if isinstance(node.spec, ContainerSpec) else None
        if inner is None:
            return None
        node = inner
    return node
