"""Steps on other hosts and a store in PostgreSQL: drivers are killed, and their runs go on here or elsewhere."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from attrs import define

from sequent.model.status import RunStatus
from sequent.runtime.store import open_store
from tests.faults import drivers, evidence, host_ledger, ledger, tolls
from tests.faults.host_faults import FLOW, Scene, scene
from tests.faults.matrix import POSTGRESQL
from tests.faults.runs_on_servers import COUNT, end_now
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
        self.cluster.execute("UPDATE batch.lease SET until = until - interval '1 minute'", self.database)

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


def _has_succeeded(hosted: HostedRun) -> bool:
    with closing(open_store(hosted.url)) as store:
        return store.find("latest").status is RunStatus.SUCCESS
