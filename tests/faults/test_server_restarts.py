"""A store in PostgreSQL whose server, or the connections to it, end at random moments: nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.runtime.store import upgrade_store
from sequent.runtime.store.postgresql import opening
from tests.faults import evidence
from tests.faults.matrix import POSTGRESQL
from tests.faults.runs_on_servers import COUNT, ServerRuns, end_now
from tests.patience import PATIENCE, wait_until
from tests.postgres import Cluster, kill

BEFORE = opening.VERSION - 1
MODES = ("immediate", "fast", "smart", "killed")
"""Of the server's ends: at once, with transactions rolled back, first refusing new connections, and without a word."""


@pytest.fixture
def runs(cluster: Cluster, tmp_path: Path) -> Iterator[ServerRuns]:
    made = ServerRuns(cluster, tmp_path)
    yield made
    made.close()


def restart(runs: ServerRuns) -> None:
    mode = runs.chance.choice(MODES)
    if mode == "killed":
        kill(runs.cluster)
    elif mode == "smart":
        runs.cluster.stop("smart", waits=False)
        runs.cluster.stop("fast")
    else:
        runs.cluster.stop(mode)
    runs.cluster.start()


def test_a_server_that_is_restarted_during_runs_costs_no_outcome(runs: ServerRuns) -> None:
    done = 0
    while done < COUNT:
        process = runs.begin()
        while done < COUNT and runs.wait_for(runs.chance.randint(1, 20), process):
            restart(runs)
            done += 1
        runs.check_end(process, 0)
        evidence.note(10, POSTGRESQL, runs=1)
    evidence.note(10, POSTGRESQL, restarts=done)


def test_connections_that_are_ended_during_runs_cost_no_outcome(runs: ServerRuns) -> None:
    done = 0
    while done < 3 * COUNT:
        process = runs.begin()
        while done < 3 * COUNT and runs.wait_for(runs.chance.randint(1, 8), process):
            runs.end_connections()
            done += 1
        runs.check_end(process, 0)
        evidence.note(11, POSTGRESQL, runs=1)
    evidence.note(11, POSTGRESQL, ended_connections=done)


def test_a_server_that_is_restarted_during_takeovers_strands_no_run(runs: ServerRuns) -> None:
    done = 0
    while done < COUNT:
        process, kills = runs.begin(), 0
        for _ in range(min(3, COUNT - done)):
            if not runs.wait_for(runs.chance.randint(2, 10), process):
                break
            kills += end_now(process)
            process = runs.recover()
            if runs.chance.random() < 0.5:
                runs.wait_for_epoch(kills + 1, process)
            restart(runs)
            done += 1
        if process.wait(PATIENCE) == 4:
            # The server was not there as it began.
            process.communicate()
            process = runs.recover()
        runs.check_end(process, kills)
        evidence.note(10, POSTGRESQL, runs=1, takeovers=kills)
    evidence.note(10, POSTGRESQL, restarts=done)


def test_a_server_that_is_restarted_during_an_upgrade_leaves_the_tables_as_they_were(
    runs: ServerRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade_store(runs.url)
    for number in range(COUNT):
        runs.execute(f"UPDATE sequent.store SET version = {BEFORE}")
        add = f"ALTER TABLE request ADD COLUMN more{number} text"
        monkeypatch.setattr(opening, "_STEPS", {BEFORE: (add, "SELECT pg_sleep(100)")})
        failed: list[StoreError] = []

        def upgrade(failed: list[StoreError] = failed) -> None:
            try:
                upgrade_store(runs.url)
            except StoreError as error:
                failed.append(error)

        thread = threading.Thread(target=upgrade)
        thread.start()
        wait_until(lambda: runs.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"))
        restart(runs)
        thread.join()
        assert len(failed) == 1
        assert runs.execute("SELECT version FROM sequent.store") == [(BEFORE,)]
        monkeypatch.setattr(opening, "_STEPS", {BEFORE: (add,)})
        upgrade_store(runs.url)
        assert runs.execute("SELECT version FROM sequent.store") == [(opening.VERSION,)]
        evidence.note(24, POSTGRESQL, restarts=1)
