"""Requirements in three values: true, never, and not yet. Each atom is decided once, and gates pass it on."""

from __future__ import annotations

from sequent.engine.frames import HAS_BEEN_ACTIVE, HAS_BEEN_READY, HAS_RUN, Doubt, Frame
from sequent.engine.layout import Cause
from sequent.engine.run_state import RunState
from sequent.model.plan import AtomPlan, OuterAtom
from sequent.model.status import SETTLES, Claim, Status

_REACHED = {Claim.READY: HAS_BEEN_READY, Claim.ACTIVE: HAS_BEEN_ACTIVE}


def decide(run: RunState, frame: Frame, target: int, truth: bool) -> None:
    """Feed a decided input into the frame's circuit, as far as it decides a gate or a requirement."""
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
        run.decisions.append((frame, position, truth))


def tell_reached(run: RunState, frame: Frame, position: int, flag: int) -> None:
    """Note that a child has become ready, or active, and decide the atoms that claim this."""
    if frame.reached[position] & flag:
        return
    frame.reached[position] |= flag
    if position in frame.layout.announced:
        for atom in frame.layout.plan.atoms[position]:
            if _REACHED.get(atom.claim) == flag:
                decide(run, frame, atom.target, True)
    inner = frame.watched.get(position)
    if inner:
        node = frame.layout.plan.children[position]
        for watcher in inner.values():
            for outer in watcher.layout.outer.get(node, ()):
                if _REACHED.get(outer.claim) == flag:
                    decide(run, watcher, outer.target, True)


def tell_settled(run: RunState, frame: Frame, position: int) -> None:
    """Note that a child has settled: every claim about it is now true, or never will be."""
    status = frame.statuses[position]
    answers = frame.answers.get(position, ())
    reached = frame.reached[position]
    for atom in frame.layout.plan.atoms[position]:
        if not reached & _REACHED.get(atom.claim, 0):
            decide(run, frame, atom.target, _is_true(atom, status, answers))
    if run.reacts:
        settle_cause(run, frame, frame, position)
    inner = frame.watched.pop(position, None)
    if inner:
        node = frame.layout.plan.children[position]
        for watcher in inner.values():
            for outer in watcher.layout.outer.get(node, ()):
                if not reached & _REACHED.get(outer.claim, 0):
                    decide(run, watcher, outer.target, _is_true(outer, status, answers))
            if run.reacts:
                settle_cause(run, watcher, frame, position)


def _is_true(atom: AtomPlan | OuterAtom, status: Status, answers: tuple[int, ...]) -> bool:
    """Return whether a claim about a node is true, now that the node has settled."""
    if atom.claim is Claim.RETURNED:
        return status is Status.SUCCESS and atom.question in answers
    return atom.claim in SETTLES[status]


def look_outside(run: RunState, frame: Frame) -> None:
    """Decide the atoms about nodes further out as far as possible, and watch the other nodes."""
    for node, atoms in frame.layout.outer.items():
        owner, position = run.owner_of(frame, node)
        status = owner.statuses[position]
        reached = owner.reached[position]
        for atom in atoms:
            if reached & _REACHED.get(atom.claim, 0):
                decide(run, frame, atom.target, True)
            elif status.is_settled:
                answers = owner.answers.get(position, ())
                decide(run, frame, atom.target, _is_true(atom, status, answers))
        if not status.is_settled:
            owner.watched.setdefault(position, {})[frame.scope.id] = frame
            frame.watching.append((owner, position))


def look_away(frame: Frame) -> None:
    """Stop watching nodes further out."""
    for owner, position in frame.watching:
        watchers = owner.watched.get(position)
        if watchers is not None:
            watchers.pop(frame.scope.id, None)
    frame.watching.clear()


# -- causes for a kept success to run again --------------------------------------------------


def begin_doubt(run: RunState, frame: Frame, position: int) -> None:
    """Begin to find out whether a kept success runs again, once the requirements around it are known."""
    doubt = frame.doubtful[position] = Doubt()
    for cause in frame.layout.causes[position]:
        owner, at = run.owner_of(frame, cause.node)
        if not owner.statuses[at].is_settled:
            doubt.open += 1
        elif _has_come_about(cause, frame, owner, at):
            doubt.has_cause = True
    run.doubts.append((frame, position))


def settle_cause(run: RunState, frame: Frame, owner: Frame, position: int) -> None:
    """Tell the kept successes in ``frame`` that may depend on it that a child of ``owner`` has settled."""
    for cause in frame.layout.caused_by.get(owner.layout.plan.children[position], ()):
        doubt = frame.doubtful.get(cause.position)
        if doubt is not None:
            doubt.open -= 1
            doubt.has_cause = doubt.has_cause or _has_come_about(cause, frame, owner, position)
            run.doubts.append((frame, cause.position))


def note_run(frame: Frame, position: int) -> None:
    """Note that a child, and all that is around it, has run in this recovery."""
    around: Frame | None = frame
    while around is not None and not around.reached[position] & HAS_RUN:
        around.reached[position] |= HAS_RUN
        position = around.block.position
        around = around.block.parent


def _has_come_about(cause: Cause, frame: Frame, owner: Frame, position: int) -> bool:
    """Return whether a node that has settled is a cause.

    A node that was waited for by ``done`` has run again if it has in this recovery, or had in a later one than that of
    the success: an earlier recovery then ended before the success could follow.
    """
    if cause.by_failing and owner.statuses[position] is Status.FAILURE:
        return True
    has_run = owner.reached[position] & HAS_RUN or owner.found(position).ran_in > frame.found(cause.position).recovery
    return cause.by_running and bool(has_run)
