"""Reads the tasks named by hand, and finds their dependants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.model.directives import NO_DIRECTIVES, Directives, Selection
from sequent.model.inputs import PreviousInput, inputs_in
from sequent.model.plan import ContainerPlan, NodePlan, Plan, taken_by
from sequent.model.references import dotted
from sequent.model.requirements import claims_in
from sequent.model.saved import SavedFrame
from sequent.model.status import Claim
from sequent.model.wording import guess


@frozen(kw_only=True, eq=False, repr=False)
class Asked(ByFields):
    """The directives of a recovery as typed: ``a.b``, or ``a.b/1.2`` for one iteration."""

    after: tuple[str, ...] = ()
    """Tasks that run again with all that depends on them."""
    rerun: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    recovery_run: int | None = None
    """The successes at the end of that recovery count; None: the present ones."""
    renamed: tuple[str, ...] = ()
    """Steps and containers that are the same under another name: ``OLD=NEW``."""
    accepts_changes: bool = False
    """Whether the flow may have changed since the run was made, if nothing that has begun is missing."""

    def __bool__(self) -> bool:
        return bool(self.after or self.rerun or self.skip) or self.recovery_run is not None


@frozen(eq=False, repr=False)
class Selected(ByFields):
    """The selected tasks."""

    directives: Directives = NO_DIRECTIVES
    reasons: Mapping[Selection, str] = field(factory=dict[Selection, str])
    """Why each selection is to run again."""
    typed: tuple[tuple[str, Selection], ...] = ()
    """The tasks named to run again."""
    notes: tuple[str, ...] = ()
    """Notes for the user."""


def select(asked: Asked, plan: Plan) -> Selected:
    """Return the tasks selected by hand.

    Raises:
        UsageError: there is no such step, container or sequence; or a task is both to run again and to be passed over.
    """
    reasons: dict[Selection, str] = {}
    typed: list[tuple[str, Selection]] = []
    for text in asked.after:
        selection = read_selection(text, plan, "--from")
        typed.append((text, selection))
        reasons[selection] = f"you asked for it: --from {text}"
        for dependent in _downstream(selection, plan):
            reasons.setdefault(dependent, f"it depends on '{text}', given by --from")
    for text in asked.rerun:
        selection = read_selection(text, plan, "--rerun")
        typed.append((text, selection))
        reasons[selection] = f"you asked for it: --rerun {text}"
    skip = {read_selection(text, plan, "--skip"): text for text in asked.skip}
    for selection, text in skip.items():
        if selection in reasons:
            raise UsageError(
                f"'{text}' is both passed over and run again: {reasons[selection]}",
                code="contradiction",
                hint="ask for only one of them",
            )
    directives = Directives(rerun=tuple(reasons), skip=tuple(skip))
    return Selected(directives, reasons, tuple(typed), tuple(_resting(asked.rerun, plan, directives)))


def _resting(rerun: tuple[str, ...], plan: Plan, directives: Directives) -> Iterator[str]:
    """Yield a sentence for a task that runs again while its dependants do not."""
    for text in rerun:
        meant = {selection.path for selection in _downstream(read_selection(text, plan, "--rerun"), plan)}
        kept = [path for path in sorted(meant) if not any(asked.path == path for asked in directives.rerun)]
        if kept:
            names = ", ".join(f"'{dotted(path)}'" for path in kept)
            yield (
                f"steps that depend on '{text}' are kept where they have succeeded: {names}; "
                f"--from {text} runs them again as well"
            )


def read_selection(text: str, plan: Plan, option: str) -> Selection:
    """Return the selection of a path, or of a path with a sequence.

    Raises:
        UsageError: the plan has no such step, container or sequence.
    """
    name, slash, numbers = text.partition("/")
    path = tuple(name.split(".")) if name else ()
    node = plan.node_at(path) if path else None
    if node is None:
        known = [dotted(each.path) for each in plan.nodes if each.path]
        raise UsageError(
            f"{option} {text!r}: the flow has no step or container {name!r}",
            code="unknown-path",
            path=name,
            hint=f"{guess(name, known)}write names joined by dots (s1.s11), "
            "and for a single task '/' and its iterations (s1.s11/1.2)",
        )
    if not slash:
        return Selection(path)
    return Selection(path, _sequence(text, numbers, node, option))


def _sequence(text: str, numbers: str, node: NodePlan, option: str) -> tuple[int, ...]:
    try:
        sequence = tuple(map(int, numbers.split(".")))
    except ValueError:
        sequence = ()
    longest = _depth(node)
    if sequence[:1] != (1,) or min(sequence) < 1 or len(sequence) > longest:
        shape = ".".join(["1", *("n" for _ in range(longest - 1))])
        raise UsageError(
            f"{option} {text!r}: {numbers!r} is not a sequence of '{dotted(node.path)}'",
            code="sequence",
            path=dotted(node.path),
            hint="give a number for each enclosing iteration, beginning with the flow's own 1: "
            f"{shape}, or the first of these",
        )
    return sequence


def _depth(node: NodePlan) -> int:
    """Return the length of the sequence of a step, or of the contents of a container."""
    return len(node.path) + (1 if isinstance(node, ContainerPlan) else 0)


def check_range(selection: Selection, saved: SavedFrame | None, plan: Plan, text: str) -> None:
    """Check that the iterations of a selection have begun.

    Raises:
        UsageError: one has not.
    """
    frame = saved
    for depth, number in enumerate(selection.sequence[1:], 1):
        node = plan.node_at(selection.path[:depth])
        block = frame.blocks.get(node.index) if frame is not None and node is not None else None
        last = 0 if block is None else block.drawn
        if number > last:
            begun = f"it has begun {last} so far" if last else "none of its iterations has begun"
            raise UsageError(
                f"'{text}': there is no iteration {number} of '{dotted(selection.path[:depth])}', of which {begun}",
                code="sequence",
                path=dotted(selection.path),
                hint=f"name one from 1 to {last}" if last else "name it without a sequence",
            )
        frame = block.frames.get(number) if block is not None else None
        if frame is None:
            return


# -- what depends on what -------------------------------------------------------------------------


def _downstream(selection: Selection, plan: Plan) -> Iterator[Selection]:
    """Yield all nodes that depend on one: on its result, on its end, or on a container around it."""
    edges, folded = dependents_in(plan), _folded(plan)
    node = plan.node_at(selection.path)
    pending = [(node.index, selection.sequence)] if node is not None else []
    seen = set(pending)
    while pending:
        index, sequence = pending.pop()
        around = plan.nodes[plan.nodes[index].parent]
        shared = shared_sequence(plan, index, sequence)
        further: list[tuple[int, tuple[int, ...]]] = []
        for dependent, _ in edges.get(index, ()):
            yield Selection(plan.nodes[dependent].path, shared)
            further.append((dependent, shared))
        if around.index:
            if around.index in folded:
                later = (*shared[:-1], shared[-1] + 1) if len(shared) == len(around.path) + 1 else shared
                yield Selection(around.path, later, is_open=later != shared)
            further.append((around.index, shared[: len(around.path)]))
        pending += [one for one in further if one not in seen]
        seen.update(further)


def dependents_in(plan: Plan) -> dict[int, list[tuple[int, Claim]]]:
    """Return, per node, the claims of others on it."""
    indices: dict[str, int] = {}
    for node in plan.nodes:
        indices.setdefault(dotted(node.path), node.index)
    claims: dict[int, list[tuple[int, Claim]]] = {}
    for path, part in plan.description.items():
        for claim in claims_in(part.requires):
            claims.setdefault(indices[dotted(claim.path)], []).append((indices[path], claim.claim))
    return claims


def shared_sequence(plan: Plan, index: int, sequence: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sequence of the iteration that a node shares with one beside it or further in."""
    around = plan.nodes[plan.nodes[index].parent]
    return sequence[: len(around.path) + 1]


def _folded(plan: Plan) -> set[int]:
    """Return the containers whose iterations take the result of the iteration before."""
    parts = (part for node in plan.nodes for value in taken_by(node) for part in inputs_in(value))
    return {part.container for part in parts if isinstance(part, PreviousInput)}
