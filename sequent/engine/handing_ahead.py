"""Tasks of quick steps that are handed over ahead of their turn, to wait in a worker, and taken back."""

from __future__ import annotations

from sequent.engine.layout import Layout
from sequent.engine.run_state import Frame, RunState
from sequent.model.effects import AHEAD, TakeBack
from sequent.model.facts import StepPaced
from sequent.model.status import Status


def goes_ahead(run: RunState, layout: Layout, position: int) -> bool:
    """Return whether a step may be handed over without a free slot, to wait in a worker."""
    is_quick = layout.goes_ahead[position] and layout.plan.children[position] in run.quick
    return is_quick and run.here.running < run.here.slots * AHEAD


def set_pace(run: RunState, fact: StepPaced) -> None:
    """Note that a step has become quick, or slow."""
    if fact.is_quick:
        run.quick.add(fact.node)
    else:
        run.quick.discard(fact.node)


def ask_all_back(run: RunState) -> None:
    """Take all tasks back that may have been handed over ahead."""
    for frame in run.frames.values() if run.quick else ():
        for position, status in enumerate(frame.statuses):
            if status is Status.ACTIVE:
                ask_back(run, frame, position)


def ask_back(run: RunState, frame: Frame, position: int) -> None:
    """Take a task back, if it may have been handed over ahead."""
    node = frame.layout.plan.children[position]
    if frame.layout.goes_ahead[position] and node in run.quick:
        run.effects.append(TakeBack(frame.scope, node, frame.attempts[position]))
