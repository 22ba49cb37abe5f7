"""The store in memory, several runs of which are driven by threads of one process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading

from sequent.runtime.rows import Ask, Batch, Hold, TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import A, create


def test_runs_that_threads_drive_share_pools_without_disturbing_one_another():
    store = open_store(":memory:")
    errors: list[BaseException] = []
    interval = sys.getswitchinterval()

    def drive() -> None:
        try:
            run = create(store)
            run.use_pools({"db": 4, "net": 10**6}, "")
            for number in range(1_500):
                held = Hold(TaskKey(1, A, number), "net", 1, is_shared=True)
                given_back = Hold(TaskKey(1, A, number - 30), "net", 0, is_shared=True)
                run.commit(Batch(holds=[held, given_back]))
                if number % 10 == 0:
                    run.ask([Ask(TaskKey(1, A, number % 50), (("db", 1),), 0)])
                run.waiting({"db"})
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=drive) for _ in range(4)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert errors == []
    assert [run.number for run in store.runs()] == [4, 3, 2, 1]
    store.close()


def test_it_loads_no_database():
    code = "import sys; import sequent.runtime.store.memory; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"sqlalchemy", "sqlite3"}.isdisjoint(loaded)


def test_a_store_in_which_nothing_is_run_leaves_nothing_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = open_store(":memory:")
    assert store.runs() == []
    assert [*tmp_path.iterdir()] == []
    create(store).close()
    assert len([*tmp_path.iterdir()]) == 1
    store.close()
    assert [*tmp_path.iterdir()] == []
