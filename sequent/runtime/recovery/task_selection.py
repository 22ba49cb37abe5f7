"""Reads the tasks named by hand, and finds their dependents."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import UsageError
from sequent.model.directives import NO_DIRECTIVES, Directives, Selection
from sequent.model.inputs import PreviousInput, inputs_in
from sequent.model.plan import ContainerPlan, Plan, taken_by
from sequent.model.references import dotted
from sequent.model.requirements import claims_in
from sequent.model.saved_state import SavedBlock, SavedFrame
from sequent.model.scope import Sequence
from sequent.model.selections import containers_around, read_selection
from sequent.model.status import Claim
from sequent.model.wording import guess, one_of


@frozen(kw_only=True, eq=False, repr=False)
class RecoveryRequest(ByFields):
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
    forces: bool = False
    """Whether to take the run from a process that drives it."""
    assumed_lost: tuple[str, ...] = ()
    """The hosts that are gone for good, with the attempts that were handed to them."""

    def __bool__(self) -> bool:
        return bool(self.after or self.rerun or self.skip) or self.recovery_run is not None


@frozen(eq=False, repr=False)
class SelectedTasks(ByFields):
    """The selected tasks."""

    directives: Directives = NO_DIRECTIVES
    reasons: Mapping[Selection, str] = field(factory=dict[Selection, str])
    """Why each selection is to run again."""
    typed: tuple[tuple[str, Selection], ...] = ()
    """The tasks named to run again."""
    notes: tuple[str, ...] = ()
    """Notes for the user."""


def select(request: RecoveryRequest, plan: Plan) -> SelectedTasks:
    """Return the tasks selected by hand.

    Raises:
        UsageError: there is no such step, container or sequence; or a task is both to run again and to be passed over.
    """
    reasons: dict[Selection, str] = {}
    typed: list[tuple[str, Selection]] = []
    for text in request.after:
        selection = read_selection(text, plan, "--from")
        typed.append((text, selection))
        reasons[selection] = f"you asked for it: --from {text}"
        for dependent in _downstream(selection, plan):
            reasons.setdefault(dependent, f"it depends on '{text}', given by --from")
    for text in request.rerun:
        selection = read_selection(text, plan, "--rerun")
        typed.append((text, selection))
        reasons[selection] = f"you asked for it: --rerun {text}"
    skip = {read_selection(text, plan, "--skip"): text for text in request.skip}
    for selection, text in skip.items():
        if selection in reasons:
            raise UsageError(
                f"'{text}' is both passed over and run again: {reasons[selection]}",
                code="contradiction",
                hint="ask for only one of them",
            )
    directives = Directives(rerun=tuple(reasons), skip=tuple(skip))
    return SelectedTasks(directives, reasons, tuple(typed), tuple(_resting(request.rerun, plan, directives)))


def _resting(rerun: tuple[str, ...], plan: Plan, directives: Directives) -> Iterator[str]:
    """Yield a sentence for a task that runs again while its dependents do not."""
    for text in rerun:
        meant = {selection.path for selection in _downstream(read_selection(text, plan, "--rerun"), plan)}
        kept = [path for path in sorted(meant) if not any(selection.path == path for selection in directives.rerun)]
        if kept:
            names = ", ".join(f"'{dotted(path)}'" for path in kept)
            yield (
                f"steps that depend on '{text}' are kept where they have succeeded: {names}; "
                f"--from {text} runs them again as well"
            )


def check_range(selection: Selection, saved: SavedFrame | None, plan: Plan, text: str) -> None:
    """Check that the iterations of a selection have begun, and that there is a copy on its host.

    Raises:
        UsageError: one has not, or there is none.
    """
    frame, numbers = saved, selection.sequence[1:]
    for depth in range(1, len(selection.path) + 1):
        node = plan.node_at(selection.path[:depth])
        if isinstance(node, ContainerPlan) and node.is_copied:
            copies = None if frame is None else frame.blocks.get(node.index)
            if copies is None or not selection.host:
                return
            frame, node = _copy_of(copies, selection, text), plan.nodes[node.children[0]]
        block = frame.blocks.get(node.index) if frame is not None and node is not None else None
        number = numbers[depth - 1] if depth <= len(numbers) else 0
        if number > (0 if block is None else block.drawn):
            raise _not_begun(dotted(selection.path[:depth]), number, block, selection, text)
        if not number and isinstance(node, ContainerPlan) and node.repeats is None:
            number = 1
        frame = block.frames.get(number) if block is not None else None
        if frame is None:
            return


def check_host(selection: Selection, saved: SavedFrame | None, plan: Plan) -> None:
    """Check that a step or container has a copy on the host of a selection, or will have.

    Raises:
        UsageError: it has none.
    """
    if selection.host:
        # Only a typed host needs it.
        from sequent.model.written_hosts import refuse_other_host

        indices = {node.index for node in plan.nodes if isinstance(node, ContainerPlan) and node.is_copied}
        begun = set(_begun_hosts(saved, indices))
        refuse_other_host(plan.description, dotted(selection.path), selection.host, begun)


def _begun_hosts(frame: SavedFrame | None, copied: Container[int]) -> Iterator[str]:
    """Yield the hosts of all copies that have begun within an iteration."""
    for index, block in () if frame is None else frame.blocks.items():
        if index in copied:
            yield from block.hosts
        else:
            for inner in block.frames.values():
                yield from _begun_hosts(inner, copied)


def _not_begun(path: str, number: int, block: SavedBlock | None, selection: Selection, text: str) -> UsageError:
    last = 0 if block is None else block.drawn
    begun = f"it has begun {last} so far" if last else "none of its iterations has begun"
    return UsageError(
        f"'{text}': there is no iteration {number} of '{path}', of which {begun}",
        code="sequence",
        path=dotted(selection.path),
        hint=one_of(1, last) if last else "name it without a sequence",
    )


def _copy_of(copies: SavedBlock, selection: Selection, text: str) -> SavedFrame | None:
    """Return the copy on the host of a selection.

    Raises:
        UsageError: there is none.
    """
    if selection.host not in copies.hosts:
        raise UsageError(
            f"'{text}': there is no copy on host '{selection.host}'",
            code="unknown-host",
            path=dotted(selection.path),
            hint=f"{guess(selection.host, copies.hosts)}there are copies on {', '.join(copies.hosts)}",
        )
    return copies.frames.get(copies.hosts.index(selection.host) + 1)


# -- dependents -------------------------------------------------------------------------


def _downstream(selection: Selection, plan: Plan) -> Iterator[Selection]:
    """Yield all nodes that depend on one: on its result, on its end, or on a container around it."""
    edges, folded = dependents_in(plan), _folded(plan)
    node = plan.node_at(selection.path)
    pending = [(node.index, selection.sequence, selection.host)] if node is not None else []
    seen = set(pending)
    while pending:
        index, sequence, host = pending.pop()
        containers = containers_around(plan, index)
        levels = sum(not container.is_copied for container in containers)
        shared, around = sequence[:levels], containers[0]
        # A container around all copies depends on the copy on any host.
        host = host if levels < len(containers) else ""
        further: list[tuple[int, tuple[int, ...], str]] = []
        for dependent, _ in edges.get(index, ()):
            yield Selection(plan.nodes[dependent].path, shared, host)
            further.append((dependent, shared, host))
        if around.index:
            if around.index in folded:
                later = (*shared[:-1], shared[-1] + 1) if len(shared) == levels else shared
                yield Selection(around.path, later, host, is_open=later != shared)
            further.append((around.index, shared if around.is_copied else shared[: levels - 1], host))
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


def shared_sequence(plan: Plan, index: int, sequence: Sequence) -> Sequence:
    """Return the sequence of the iteration that a node shares with one beside it or further in."""
    return sequence[: len(containers_around(plan, index))]


def _folded(plan: Plan) -> set[int]:
    """Return the containers whose iterations take the result of the iteration before."""
    parts = (part for node in plan.nodes for value in taken_by(node) for part in inputs_in(value))
    return {part.container for part in parts if isinstance(part, PreviousInput)}
