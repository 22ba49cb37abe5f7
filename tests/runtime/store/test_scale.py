"""A recovery's start costs what is open, not what is behind it."""

from __future__ import annotations

import tracemalloc

from sequent.model.saved_state import SavedBlock, SavedFrame, SavedTask
from sequent.model.status import Status
from sequent.runtime.rows import Batch, Ending, TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import EACH, MANY, create, intent, plan, repeated

COUNT = 100_000
STEP = 5_000


def test_a_hundred_thousand_settled_iterations_are_counted_and_not_held(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    repeated(run, 1, MANY, f'{{"$g":[0,{COUNT},1]}}')
    for first in range(1, COUNT + 1, STEP):
        keys = [TaskKey(1, EACH, number) for number in range(first, first + STEP)]
        run.commit(Batch(intents=[intent(key) for key in keys]))
        settled = [key for key in keys if key.iteration != 77_777]
        run.commit(Batch(endings=[Ending(key, 1, Status.SUCCESS, 1.0, str(key.iteration)) for key in settled]))
    tracemalloc.start()
    saved = run.saved(plan())
    total = sum(int(text) for _, text in run.results(1, EACH))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    open_ = SavedFrame(0, {EACH: SavedTask(Status.ACTIVE, 1)})
    assert saved == SavedFrame(1, blocks={MANY: SavedBlock(Status.ACTIVE, COUNT, {77_777: open_})})
    assert total == COUNT * (COUNT + 1) // 2 - 77_777
    assert peak < 1_000_000
    store.close()
