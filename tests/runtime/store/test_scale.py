"""A recovery's start costs what is open, not what is behind it."""

from __future__ import annotations

import tracemalloc
from contextlib import closing

from sequent.model.saved_state import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import Status
from sequent.runtime.rows import Batch, Ending, TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import EACH, MANY, create, intent, plan, repeated

COUNT = 100_000
STEP = 5_000


def peak_of(store, count, active):
    """The most bytes that a recovery takes to read so many iterations, of which one is active."""
    run = create(store, f"r{count}")
    repeated(run, 1, MANY, f'{{"$g":[0,{count},1]}}')
    for first in range(1, count + 1, STEP):
        keys = [TaskKey(1, EACH, number) for number in range(first, min(first + STEP, count + 1))]
        run.commit(Batch(intents=[intent(key) for key in keys]))
        settled = [key for key in keys if key.iteration != active]
        run.commit(Batch(endings=[Ending(key, 1, Status.SUCCESS, 1.0, str(key.iteration)) for key in settled]))
    tracemalloc.start()
    saved = run.saved(plan())
    total = sum(int(text) for _, text in run.results(1, EACH))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    open_ = SavedFrame(0, {EACH: SavedTask(Status.ACTIVE, 1)})
    assert saved == SavedFrame(1, blocks={MANY: SavedBlock(Status.ACTIVE, count, {active: open_})})
    assert total == count * (count + 1) // 2 - active
    return peak


def test_a_hundred_thousand_settled_iterations_are_counted_and_not_held(tmp_path):
    with closing(open_store(str(tmp_path / "s.db"))) as store:
        # The first run imports the modules that read one: they take more than the run.
        peak_of(store, 100, 77)
        few = peak_of(store, 1_000, 777)
        many = peak_of(store, COUNT, 77_777)
    # A number in a list takes at least eight bytes.
    assert many < few + 8 * COUNT
