"""Drivers over a store in PostgreSQL that are killed, stopped or cut off, and recoveries on any machine."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import evidence
from tests.faults.matrix import POSTGRESQL
from tests.faults.runs_on_servers import COUNT, ServerRuns, end_now
from tests.patience import PATIENCE, wait_until
from tests.postgres import Cluster

RESTING = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'sequent/%' AND datname = current_database()
AND state = 'idle' AND query LIKE 'SELECT intervention%'
"""
"""The number of drivers that wait: the last thing that each has done is to look for interventions."""


@pytest.fixture
def runs(cluster: Cluster, tmp_path: Path) -> Iterator[ServerRuns]:
    made = ServerRuns(cluster, tmp_path)
    yield made
    made.close()


def test_drivers_that_are_killed_are_recovered_here_or_elsewhere(runs: ServerRuns) -> None:
    done = 0
    while done < 2 * COUNT:
        process, kills, machine = runs.begin(), 0, "here"
        while done < 2 * COUNT and runs.wait_for(runs.chance.randint(1, 20), process):
            kills += end_now(process)
            done += 1
            if runs.chance.random() < 0.5:
                machine = f"there{done}"
                # By the time that a lease is over, the agent of a dead driver has ended its steps.
                wait_until(lambda: not runs.is_alive())
                runs.end_leases()
            process = runs.recover(at=machine)
        runs.check_end(process, kills)
        evidence.note(1, POSTGRESQL, kills=kills, runs=1)


def test_a_driver_that_slept_through_its_lease_writes_nothing_more(runs: ServerRuns) -> None:
    for _ in range(max(1, COUNT // 3)):
        zombie = runs.begin_and_hold(10)
        zombie.send_signal(signal.SIGSTOP)
        runs.end_leases()
        process = runs.recover(at="there")
        runs.wait_for_epoch(2, process)
        zombie.send_signal(signal.SIGCONT)
        output, _ = zombie.communicate(timeout=PATIENCE)
        assert zombie.returncode == 5, output
        assert "another one took it over" in output
        runs.hold.unlink()
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        runs.check_store()
        evidence.note(8, POSTGRESQL, takeovers=1)


def test_a_driver_that_is_cut_off_loses_its_run_by_force_and_ends_later(runs: ServerRuns) -> None:
    for _ in range(max(1, COUNT // 3)):
        zombie = runs.begin_and_hold(10)
        zombie.send_signal(signal.SIGSTOP)
        # However long this test takes, the lease does not end by itself.
        runs.execute("UPDATE sequent.lease SET until = until + interval '1 hour'")
        refused = runs.recover(at="there")
        output, _ = refused.communicate(timeout=PATIENCE)
        assert refused.returncode == 3, output
        assert "--force" in output
        process = runs.recover("--force", at="there")
        runs.wait_for_epoch(3, process)
        zombie.send_signal(signal.SIGCONT)
        output, _ = zombie.communicate(timeout=PATIENCE)
        assert zombie.returncode == 5, output
        runs.hold.unlink()
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        assert "steps that it started may still be running there" in output
        runs.check_store()
        evidence.note(8, POSTGRESQL, takeovers=1)


@pytest.mark.parametrize(("flow", "table"), [("asking", "ticket"), ("resting", "wait")])
@pytest.mark.parametrize("is_recovery", [False, True])
def test_a_driver_whose_run_another_one_has_taken_and_ended_says_so_whatever_it_waits_for(
    runs: ServerRuns, flow: str, table: str, is_recovery: bool
) -> None:
    target = f"tests.faults.overtaken:{flow}"

    def wait_for_rest(process: subprocess.Popen[str]) -> None:
        """Wait until a driver waits, and is in the midst of nothing: neither it nor that of the holder."""
        wait_until(
            lambda: (
                (runs.execute(f"SELECT count(*) FROM sequent.{table}"), runs.execute(RESTING)) == ([(1,)], [(2,)])
                or process.poll() is not None
            )
        )

    runs.hold.touch()
    holder = runs.start("run", "tests.faults.one_pool:hog")
    wait_until(runs.entries)
    late = runs.start("run", target)
    wait_for_rest(late)
    if is_recovery:
        late.send_signal(signal.SIGINT)
        late.communicate(timeout=PATIENCE)
        late = runs.start("recover", "latest", "--flow", target)
        wait_until(lambda: runs.execute("SELECT max(epoch) FROM sequent.run") == [(2,)] or late.poll() is not None)
        wait_for_rest(late)
    late.send_signal(signal.SIGSTOP)
    # However long this test takes, the lease does not end by itself.
    runs.execute("UPDATE sequent.lease SET until = until + interval '1 hour'")
    other = runs.start("recover", "latest", "--flow", target, "--force", "--skip", "only", at="there")
    output, _ = other.communicate(timeout=PATIENCE)
    assert other.returncode == 0, output
    # The driver asks again once the pool is free.
    runs.hold.unlink()
    holder.communicate(timeout=PATIENCE)
    late.send_signal(signal.SIGCONT)
    output, _ = late.communicate(timeout=PATIENCE)
    assert late.returncode == 5, output
    assert "another one took it over" in output
    assert "Traceback" not in output
    evidence.note(8, POSTGRESQL, takeovers=1)


def test_recoveries_at_once_on_as_many_machines_leave_one_driver(runs: ServerRuns) -> None:
    for _ in range(max(1, COUNT // 3)):
        process = runs.begin_and_hold(10)
        end_now(process)
        wait_until(lambda: not runs.is_alive())
        runs.end_leases()
        others = [runs.recover(at=f"there{number}") for number in range(6)]
        wait_until(lambda others=others: sum(process.poll() is not None for process in others) >= 5)
        (winner,) = [process for process in others if process.poll() is None]
        runs.hold.unlink()
        for refused in others:
            if refused is not winner:
                output, _ = refused.communicate()
                assert refused.returncode == 3, output
                assert "is driven by process" in output
        runs.check_end(winner, 1)
        evidence.note(9, POSTGRESQL, recoveries=6, runs=1)
