"""Requirements in three values: true, never, and not yet; each atom is decided once, and gates pass it on."""

from __future__ import annotations

from sequent.engine.board import HAS_BEEN_ACTIVE, HAS_BEEN_READY, Board, Frame
from sequent.engine.doubts import settle_cause
from sequent.model.plan import AtomPlan, OuterAtom
from sequent.model.status import SETTLES, Claim, Status

_REACHED = {Claim.READY: HAS_BEEN_READY, Claim.ACTIVE: HAS_BEEN_ACTIVE}


def decide(board: Board, frame: Frame, target: int, truth: bool) -> None:
    """Feed a decided input into the frame's circuit, as far as it decides anything."""
    gates = frame.layout.plan.gates
    left = frame.gates
    while target >= 0:
        if left[target] < 0:
            return
        gate = gates[target]
        if gate.is_all == truth:
            left[target] -= 1
            if left[target] > 0:
                return
        left[target] = -1
        target = gate.target
    position = -1 - target
    if frame.requirements[position] is None:
        frame.requirements[position] = truth
        board.decisions.append((frame, position, truth))


def tell_reached(board: Board, frame: Frame, position: int, flag: int) -> None:
    """A child has become ready, or active: those who ask for that may go on."""
    if frame.reached[position] & flag:
        return
    frame.reached[position] |= flag
    if position in frame.layout.announced:
        for atom in frame.layout.plan.atoms[position]:
            if _REACHED.get(atom.claim) == flag:
                decide(board, frame, atom.target, True)
    inner = frame.watched.get(position)
    if inner:
        node = frame.layout.plan.children[position]
        for watcher in inner.values():
            for outer in watcher.layout.outer.get(node, ()):
                if _REACHED.get(outer.claim) == flag:
                    decide(board, watcher, outer.target, True)


def tell_settled(board: Board, frame: Frame, position: int) -> None:
    """A child has settled: every claim about it is now true, or never will be."""
    status = frame.statuses[position]
    answers = frame.answers.get(position, ())
    reached = frame.reached[position]
    for atom in frame.layout.plan.atoms[position]:
        if not reached & _REACHED.get(atom.claim, 0):
            decide(board, frame, atom.target, _is_true(atom, status, answers))
    if board.reacts:
        settle_cause(board, frame, frame, position)
    inner = frame.watched.pop(position, None)
    if inner:
        node = frame.layout.plan.children[position]
        for watcher in inner.values():
            for outer in watcher.layout.outer.get(node, ()):
                if not reached & _REACHED.get(outer.claim, 0):
                    decide(board, watcher, outer.target, _is_true(outer, status, answers))
            if board.reacts:
                settle_cause(board, watcher, frame, position)


def _is_true(atom: AtomPlan | OuterAtom, status: Status, answers: tuple[int, ...]) -> bool:
    """Whether what is asked of something is true, now that it has settled."""
    if atom.claim is Claim.RETURNED:
        return status is Status.SUCCESS and atom.question in answers
    return atom.claim in SETTLES[status]


def look_outside(board: Board, frame: Frame) -> None:
    """Decide what can be decided about things further out, and watch the rest."""
    for node, atoms in frame.layout.outer.items():
        owner, position = board.owner_of(frame, node)
        status = owner.statuses[position]
        reached = owner.reached[position]
        for atom in atoms:
            if reached & _REACHED.get(atom.claim, 0):
                decide(board, frame, atom.target, True)
            elif status.is_settled:
                answers = owner.answers.get(position, ())
                decide(board, frame, atom.target, _is_true(atom, status, answers))
        if not status.is_settled:
            owner.watched.setdefault(position, {})[frame.scope.id] = frame
            frame.watching.append((owner, position))


def look_away(frame: Frame) -> None:
    """Watch nothing further out any more."""
    for owner, position in frame.watching:
        watchers = owner.watched.get(position)
        if watchers is not None:
            watchers.pop(frame.scope.id, None)
    frame.watching.clear()
