"""Tasks of quick steps that are handed over ahead of their turn, to wait in a worker, and taken back."""

from __future__ import annotations

from sequent.engine.frames import Frame
from sequent.engine.machines import machine_of
from sequent.engine.run_state import RunState
from sequent.model.effects import AHEAD, TakeBack
from sequent.model.facts import StepPaced
from sequent.model.status import Status


def goes_ahead(frame: Frame, position: int) -> bool:
    """Return whether a step may be handed over without a free slot, to wait in a worker."""
    machine, layout = frame.machine, frame.layout
    is_quick = layout.goes_ahead[position] and layout.plan.children[position] in machine.quick
    return is_quick and machine.running < machine.slots * AHEAD


def set_pace(run: RunState, fact: StepPaced) -> None:
    """Note that a step has become quick, or slow."""
    quick = machine_of(run, fact.host).quick
    if fact.is_quick:
        quick.add(fact.node)
    else:
        quick.discard(fact.node)


def ask_all_back(run: RunState) -> None:
    """Take all tasks back that may have been handed over ahead."""
    for frame in run.frames.values():
        for position, status in enumerate(frame.statuses if frame.machine.quick else ()):
            if status is Status.ACTIVE:
                ask_back(run, frame, position)


def ask_back(run: RunState, frame: Frame, position: int) -> None:
    """Take a task back, if it may have been handed over ahead."""
    node = frame.layout.plan.children[position]
    may_wait = frame.layout.goes_ahead[position] and node in frame.machine.quick
    if may_wait and (frame.scope.id, position) not in run.left:
        run.effects.append(TakeBack(frame.scope, node, frame.attempts[position]))
