"""A store in PostgreSQL whose server, connections and drivers fail at random moments: nothing is lost or doubled.

SERVER_FAULTS says how many faults of each kind there are (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.model.status import RunStatus, Status
from sequent.runtime.store import open_store, upgrade_store
from sequent.runtime.store.postgresql import opening
from tests.faults import ledger
from tests.faults.test_kills import FLOW, TASKS, check_ledger
from tests.patience import PATIENCE, wait_until

COUNT = int(os.environ.get("SERVER_FAULTS", "3"))
ROOT = Path(__file__).parents[2]
MODES = ("immediate", "fast")
"""Of the server's ends: as if it were killed, or with its transactions rolled back."""


@pytest.fixture
def name(cluster):
    """A database of the test's own."""
    return cluster.new_database()


@pytest.fixture
def url(cluster, name):
    return cluster.url(name)


@pytest.fixture
def start(url, tmp_path):
    """Starts commands, on a machine of that name as far as its state directory tells."""
    started = []

    def begin(*words: str, at: str = "here") -> subprocess.Popen[str]:
        own = {"SEQUENT_STORE": url, "XDG_STATE_HOME": str(tmp_path / at), ledger.LEDGER: str(tmp_path / "ledger")}
        process = subprocess.Popen(
            [sys.executable, "-m", "sequent", *words],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.fixture
def chance():
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    return random.Random(seed)


def entries(tmp_path) -> list[ledger.Entry]:
    return ledger.read(tmp_path / "ledger")


def wait_for(tmp_path, more: int, process: subprocess.Popen[str]) -> None:
    """Wait for some more lines of the ledger, or the end of the process."""
    count = len(entries(tmp_path)) + more
    wait_until(lambda: len(entries(tmp_path)) >= count or process.poll() is not None)


def check_end(process: subprocess.Popen[str], url: str, tmp_path, kills: int) -> None:
    """Check that the run has succeeded, each task once, and that its rows fit their tally."""
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    check_ledger(entries(tmp_path), kills)
    with closing(open_store(url)) as store:
        record = store.find("latest")
        assert (record.status, record.counts) == (RunStatus.SUCCESS, {Status.SUCCESS: TASKS})
        assert list(store.problems()) == []


def test_a_server_that_is_restarted_during_a_run_costs_no_outcome(cluster, url, start, chance, tmp_path):
    process = start("run", FLOW)
    for _ in range(COUNT):
        wait_for(tmp_path, chance.randint(1, 10), process)
        cluster.restart(chance.choice(MODES))
    check_end(process, url, tmp_path, 0)


def test_connections_that_are_ended_during_a_run_cost_no_outcome(cluster, name, url, start, chance, tmp_path):
    process = start("run", FLOW)
    for _ in range(3 * COUNT):
        wait_for(tmp_path, chance.randint(1, 8), process)
        cluster.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    check_end(process, url, tmp_path, 0)


def test_a_driver_that_is_killed_is_recovered_here_or_elsewhere(cluster, name, url, start, chance, tmp_path):
    process, kills, machine = start("run", FLOW), 0, "here"
    for number in range(COUNT):
        wait_for(tmp_path, chance.randint(1, 20), process)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.communicate()
        if chance.random() < 0.5:
            machine = f"there{number}"
            # By the time that a lease is over, the agent of a dead driver has ended its steps.
            wait_until(lambda: not alive(tmp_path))
            cluster.execute("UPDATE sequent.lease SET until = until - interval '1 minute'", name)
        process = start("recover", "latest", "--flow", FLOW, at=machine)
    check_end(process, url, tmp_path, kills)


def alive(tmp_path) -> bool:
    return any(ledger.born(entry.pid) == entry.born for entry in entries(tmp_path))


def test_a_server_that_is_restarted_during_a_takeover_strands_no_run(cluster, url, start, chance, tmp_path):
    process = start("run", FLOW)
    wait_for(tmp_path, 10, process)
    process.kill()
    process.communicate()
    for _ in range(COUNT):
        process = start("recover", "latest", "--flow", FLOW)
        if chance.random() < 0.5:
            wait_for(tmp_path, 1, process)
        cluster.restart(chance.choice(MODES))
        process.kill()
        process.communicate()
    check_end(start("recover", "latest", "--flow", FLOW), url, tmp_path, 1 + COUNT)


def test_a_driver_that_slept_through_its_lease_writes_nothing_more(cluster, name, url, start, tmp_path):
    hold = tmp_path / "HOLD"
    zombie = start("run", FLOW)
    wait_for(tmp_path, 10, zombie)
    zombie.send_signal(signal.SIGSTOP)
    cluster.execute("UPDATE sequent.lease SET until = until - interval '1 minute'", name)
    hold.touch()
    process = start("recover", "latest", "--flow", FLOW, at="there")
    wait_until(lambda: cluster.execute("SELECT 1 FROM sequent.run WHERE epoch = 2", name) or process.poll())
    zombie.send_signal(signal.SIGCONT)
    output, _ = zombie.communicate(timeout=PATIENCE)
    assert zombie.returncode == 5, output
    assert "another one took it over" in output
    hold.unlink()
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    with closing(open_store(url)) as store:
        assert store.find("latest").counts == {Status.SUCCESS: TASKS}
        assert list(store.problems()) == []
        assert {record.status for record in store.attempts(store.find("latest"))} <= {Status.SUCCESS, Status.WAITING}


def test_a_server_that_is_restarted_during_an_upgrade_leaves_the_tables_as_they_were(cluster, name, url, monkeypatch):
    upgrade_store(url)
    cluster.execute("UPDATE sequent.store SET version = 0", name)
    add = "ALTER TABLE request ADD COLUMN more text"
    monkeypatch.setattr(opening, "_STEPS", {0: (add, "SELECT pg_sleep(100)")})
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    failed = []

    def upgrade() -> None:
        try:
            upgrade_store(url)
        except StoreError as error:
            failed.append(error)

    thread = threading.Thread(target=upgrade)
    thread.start()
    wait_until(lambda: cluster.execute(sleeping))
    cluster.restart("immediate")
    thread.join()
    assert len(failed) == 1
    assert cluster.execute("SELECT version FROM sequent.store", name) == [(0,)]
    monkeypatch.setattr(opening, "_STEPS", {0: (add,)})
    upgrade_store(url)
    assert cluster.execute("SELECT version FROM sequent.store", name) == [(opening.VERSION,)]


def test_six_recoveries_at_once_on_as_many_machines_leave_one_driver(cluster, name, url, start, tmp_path):
    process = start("run", FLOW)
    wait_for(tmp_path, 10, process)
    (tmp_path / "HOLD").touch()
    process.kill()
    process.communicate()
    wait_until(lambda: not alive(tmp_path))
    cluster.execute("UPDATE sequent.lease SET until = until - interval '1 minute'", name)
    others = [start("recover", "latest", "--flow", FLOW, at=f"there{number}") for number in range(6)]
    wait_until(lambda: sum(process.poll() is not None for process in others) >= 5)
    (winner,) = [process for process in others if process.poll() is None]
    (tmp_path / "HOLD").unlink()
    for refused in others:
        if refused is not winner:
            output, _ = refused.communicate()
            assert refused.returncode == 3, output
            assert "is driven by process" in output
    check_end(winner, url, tmp_path, 1)
