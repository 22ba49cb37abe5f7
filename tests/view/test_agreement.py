"""The store alone tells what the engine knows: random flows, looked at again and again while they run and recover."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from sequent.model.references import dotted
from sequent.model.status import RunStatus, Status
from sequent.model.value_text import decode
from sequent.runtime.recovery.task_selection import RecoveryRequest
from sequent.testing import world as simulated_world
from sequent.testing.clock import BEGINNING
from sequent.testing.simulation import EarlyEnd
from sequent.testing.world import World
from sequent.view.states import PlaceStates
from sequent.view.truths import State
from tests.simulation.workload import Workload
from tests.view.moments import Watched

SEEDS = int(os.environ.get("WHY_SEEDS", "60"))
"""How many flows are run."""
HARD = (87, 143, 232, 434, 607, 766, 883)
"""Seeds that met what others do not: stops by iterations, claims about what was active, several failures."""
SHARE = 0.3
"""The fraction of the moments at which a run is looked at."""
RECOVERIES = 3
SECONDS = (1.0, 2.5, 7.0, 20.1)


def word(status: Status, *, is_doubtful: bool) -> str:
    return "kept, or to run again" if is_doubtful else status.value


def is_unknown(facts, path, sequence) -> bool:
    """Whether it is a kept container in which nothing has ever run: no row tells in which recovery it ended."""
    standing = facts.places.standing(path, sequence)
    return standing is not None and standing.status is Status.SUCCESS and standing.recovery < 0


def compare(watched: Watched, seed: int, seen: Counter[str]) -> None:
    """Compare all that is under way, as the engine has it, with what the store tells."""
    facts = watched.facts
    states = PlaceStates(facts)
    run = watched.engine._run
    if run.is_stopping:
        # Ctrl-C leaves no row, and a driver that stops tries nothing again.
        return
    for frame in run.frames.values():
        if frame.layout.plan.wraps or frame.layout.plan.is_copied:
            continue
        if any(is_unknown(facts, node.path, frame.scope.sequence) for node in frame.layout.nodes):
            continue
        for position, node in enumerate(frame.layout.nodes):
            place = node.path, frame.scope.sequence
            told: State = states.state(*place)
            known = word(frame.statuses[position], is_doubtful=position in frame.doubtful)
            seen[known] += 1
            where = f"seed {seed}, {dotted(node.path)} in {frame.scope.sequence}, recovery {facts.record.recovery}"
            if (frame.scope.id, node.index) in run.awaited and told.status is Status.READY:
                # Its items are being computed: it has begun, and has no row yet.
                continue
            if (known, told.status) == ("cancelled", Status.SKIPPED) and facts.is_block(node.path):
                # Both hold by now. When containers settle is not in the store, nor in the counts of drivers.
                assert states.truth(*place) is False, where
                continue
            assert word(told.status, is_doubtful=told.is_doubtful) == known, where
            if frame.statuses[position] in (Status.WAITING, Status.READY) and not told.is_doubtful:
                assert states.truth(*place) is frame.requirements[position], where


def play(monkeypatch, seed: int, seen: Counter[str]) -> None:
    """Run a random flow and recover it, and look at it at random moments."""
    random, work = Random(seed), Workload(seed)

    def look(watched: Watched) -> None:
        if random.random() < SHARE:
            compare(watched, seed, seen)

    def fails(task) -> bool:
        return Random(f"{seed} {task.path} {task.sequence} {task.attempt}").random() < seed % 4 * 0.12

    def seconds(task) -> float:
        return Random(f"{seed} {task.path} {task.sequence} {task.attempt} seconds").choice(SECONDS)

    with monkeypatch.context() as patched:
        patched.setattr(simulated_world, "definition_of", lambda flow: work.definition)
        watched = Watched(patched, look)
        world = World(None, {}, BEGINNING, work.slots, 3000)
        steps = [node for node in work.plan.nodes if not hasattr(node, "children") and not node.is_empty]
        results = {
            dotted(step.path): lambda task: decode(work.result_of(f"{task.path}/{task.sequence}")) for step in steps
        }
        items = {path: [decode(item) for item in texts] for path, texts in work.items.items()}
        world.change({"failing": fails, "durations": seconds, "results": results, "items": items}, 0.0)
        watched.world = world
        simulation = world.begin(EarlyEnd(random.choice((None, 5.0)), -1))
        for _ in range(RECOVERIES):
            if simulation.outcome.status is RunStatus.SUCCESS:
                break
            simulation = world.recover(EarlyEnd(random.choice((None, 5.0)), -1), RecoveryRequest())


@pytest.mark.timeout(1200)
def test_the_store_tells_what_the_engine_knows(monkeypatch):
    seen: Counter[str] = Counter()
    for seed in {*range(SEEDS), *HARD}:
        play(monkeypatch, seed, seen)
    # Each of these was met, so that none agrees for want of cases.
    assert {*seen} >= {"waiting", "ready", "active", "success", "failure", "skipped", "cancelled"}, seen
    assert sum(seen.values()) > 20 * SEEDS
