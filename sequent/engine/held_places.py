"""The places that people hold: nothing starts there, and tasks that are ready stand aside until they are released."""

from __future__ import annotations

from sequent.engine.frames import BlockState, Entry, Frame
from sequent.engine.handing_ahead import ask_back
from sequent.engine.pools import give_back, withdraw
from sequent.engine.run_state import RunState
from sequent.model.directives import Selection
from sequent.model.status import Status


def hold(run: RunState, place: Selection) -> None:
    """Start nothing more in a place; tasks that were handed over ahead are taken back."""
    run.held.places[place] = None
    for entries in (run.queue.containers, *run.queue.aside.values(), *(each.steps for each in run.machines.values())):
        _withdraw(run, entries)
    for entry in withdraw(run, lambda entry: is_held(run, *entry[2:])):
        set_aside(run, *entry[2:])
    for frame in run.frames.values():
        for position, status in enumerate(frame.statuses if frame.machine.quick else ()):
            if status is Status.ACTIVE and is_held(run, frame, position):
                ask_back(run, frame, position)


def _withdraw(run: RunState, entries: list[Entry]) -> None:
    """Set the entries of a queue aside that are held now."""
    # The rest of a sorted list is sorted, and a sorted list is a heap.
    entries.sort(key=lambda entry: entry[:2])
    kept = [entry for entry in entries if not set_aside(run, *entry[2:])]
    entries[:] = kept


def release(run: RunState, place: Selection) -> None:
    """Let tasks go on that no other place holds."""
    held = run.held
    held.places.pop(place, None)
    for key, (frame, position) in [*held.children.items()]:
        if not is_held(run, frame, position):
            del held.children[key]
            run.ready.append((frame, position))
    for key, block in [*held.repeats.items()]:
        if not holds_back(run, block):
            del held.repeats[key]
            run.advances.append(block)


def is_held(run: RunState, frame: Frame, position: int) -> bool:
    """Return whether a child of a frame is in a place that is held."""
    path, sequence = frame.layout.nodes[position].path, frame.scope.sequence
    return any(place.has(path, sequence) for place in run.held.places)


def set_aside(run: RunState, frame: Frame, position: int) -> bool:
    """Let a ready child stand aside if it is held; return whether it is."""
    if frame.statuses[position] is not Status.READY or not is_held(run, frame, position):
        return False
    key = (frame.scope.id, position)
    if key in run.granted:
        # Others may use its amounts meanwhile.
        run.granted.discard(key)
        give_back(run, frame, position)
        run.pools.has_freed = True
    run.held.children[key] = (frame, position)
    return True


def holds_back(run: RunState, block: BlockState) -> bool:
    """Let a repeat begin no further iteration if it is held as a whole; return whether it is."""
    if block.parent is None or not is_held(run, block.parent, block.position):
        return False
    run.held.repeats[block.parent.scope.id, block.position] = block
    return True


def forget(run: RunState, frame: Frame, position: int) -> None:
    """Forget a child that settles."""
    key = (frame.scope.id, position)
    run.held.children.pop(key, None)
    run.held.repeats.pop(key, None)
