"""Steps on other hosts and a store in PostgreSQL: drivers are killed, and their runs go on here or elsewhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from attrs import define

from sequent.model.status import RunStatus
from sequent.runtime.hosts.protocol.messages import AttachRefused
from sequent.runtime.processes import process_trees
from sequent.runtime.store import open_store
from tests.faults import drivers, evidence, host_ledger, ledger, tolls
from tests.faults.host_faults import FLOW, Scene, scene
from tests.faults.matrix import POSTGRESQL
from tests.faults.runs_on_servers import COUNT, end_now
from tests.faults.test_late_orders import began_on_far, deliver
from tests.patience import PATIENCE, wait_until
from tests.postgres import Cluster
from tests.sshd import SshHosts


@define
class HostedRun:
    """A run in PostgreSQL with steps on two hosts, and the machines that drive it."""

    cluster: Cluster
    scene: Scene
    database: str

    @property
    def url(self) -> str:
        return self.cluster.url(self.database, schema="batch")

    def start(self, *words: str, at: str) -> subprocess.Popen[str]:
        """Start a command on a machine of that name."""
        own = {"SEQUENT_STORE": self.url, "XDG_STATE_HOME": str(self.scene.directory / at)}
        own["SEQUENT_CONFIG"] = str(self.scene.directory / "sequent.toml")
        return drivers.start(self.scene.store, *words, **own)

    def leave(self) -> None:
        """Let the lease of a dead driver end, once its own machine has ended the steps that it had there."""
        wait_until(lambda: not [one for one in tolls.knowing(self.scene.ledger) if _is_ours(one)])
        self.end_lease()

    def end_lease(self) -> None:
        """Let the lease of a driver end."""
        self.cluster.execute("UPDATE batch.lease SET until = until - interval '1 minute'", self.database)

    def stop(self, driver: subprocess.Popen[str]) -> bool:
        """Stop a driver, and return True; or let it go on if it is in a transaction, which would lock out others."""
        driver.send_signal(signal.SIGSTOP)
        wait_until(lambda: process_trees.is_stopped(driver.pid))
        clients = f"datname = '{self.database}' AND backend_type = 'client backend' AND state <> 'idle'"
        if not self.cluster.execute(f"SELECT 1 FROM pg_stat_activity WHERE {clients}"):
            return True
        driver.send_signal(signal.SIGCONT)
        return False

    def check(self, kills: int) -> None:
        """Check that it has succeeded, and that no step on a host ran twice; here a kill may cost one."""
        host_ledger.check(self.url, ledger.read(self.scene.ledger), most_again=kills, may_rerun=False)
        with closing(open_store(self.url)) as store:
            assert store.find("latest").status is RunStatus.SUCCESS
            assert list(store.problems()) == []


def _is_ours(process: psutil.Process) -> bool:
    try:
        return process.uids().real == os.geteuid()
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def hosted(cluster: Cluster, ssh_hosts: SshHosts) -> Iterator[HostedRun]:
    with scene(ssh_hosts, "server") as made:
        yield HostedRun(cluster, made, cluster.new_database())


def test_drivers_that_are_killed_cost_no_step_on_a_host_whichever_machine_recovers(hosted: HostedRun) -> None:
    chance, kills, at = hosted.scene.chance, 0, "here"
    process = hosted.start("run", FLOW, at=at)
    while kills < COUNT:
        tolls.wait_for_a_start(process, hosted.scene.ledger, chance.randint(1, 3))
        kills += end_now(process)
        if chance.random() < 0.5:
            at = f"there{kills}"
            hosted.leave()
        process = hosted.start("recover", "latest", "--flow", FLOW, at=at)
        if _has_succeeded(hosted):
            break
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    hosted.check(kills)
    evidence.note(14, POSTGRESQL, kills=kills, runs=1)


def test_an_order_of_a_driver_that_slept_through_its_lease_begins_nothing_on_a_host(hosted: HostedRun) -> None:
    made = hosted.scene
    hold = made.directory / "HOLD"
    hold.touch()
    way = [sys.executable, "-m", "tests.faults.held_way", str(made.directory)]
    made.configure({"far": [*way, "ssh", "-F", str(made.hosts.config), "-T", "far", "--"]})
    sleeper = hosted.start("run", FLOW, at="here")
    wait_until(lambda: (made.directory / "held").exists())
    wait_until(lambda: hosted.stop(sleeper))
    hosted.end_lease()
    made.configure()
    recovery = hosted.start("recover", "latest", "--flow", FLOW, "--assume-lost", "far", at="there")
    # Steps that have a pool while they are held up may keep all on the other host from beginning.
    hold.unlink()
    wait_until(lambda: began_on_far(made) or recovery.poll() is not None)
    assert recovery.poll() is None, recovery.communicate()[0]
    hold.touch()
    began = began_on_far(made)
    # It goes on, and its orders arrive at the same time.
    sleeper.send_signal(signal.SIGCONT)
    answers = deliver(made)
    output, _ = sleeper.communicate(timeout=PATIENCE)
    assert sleeper.returncode == 5, output
    assert [type(answer) for answer in answers] == [AttachRefused]
    hold.unlink()
    output, _ = recovery.communicate(timeout=PATIENCE)
    assert recovery.returncode == 0, output
    assert began <= began_on_far(made)
    hosted.check(0)


def _has_succeeded(hosted: HostedRun) -> bool:
    with closing(open_store(hosted.url)) as store:
        return store.find("latest").status is RunStatus.SUCCESS
