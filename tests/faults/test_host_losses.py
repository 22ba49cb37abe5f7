"""Hosts that are gone for good, whose disk is full, or that two drivers want: what a run does there."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess

from sequent.runtime.store import open_store
from tests.disks import small_disk
from tests.faults import ledger
from tests.faults.host_faults import FLOW, Scene, run_with_faults, scene
from tests.patience import PATIENCE, wait_until


def wait_for_starts(made: Scene, *hosts: str) -> None:
    """Wait until a step is executed on each of these hosts."""
    wait_until(lambda: {entry.path.partition("@")[2] for entry in ledger.read(made.ledger)} >= set(hosts))


def reason_in(made: Scene) -> str:
    """Return what the store says of the run's hosts."""
    store = open_store(str(made.store))
    try:
        return store.runs()[0].reason
    finally:
        store.close()


def test_a_machine_that_takes_the_place_of_a_lost_one_is_not_trusted_until_a_user_says_so(ssh_hosts) -> None:
    with scene(ssh_hosts, "gone") as made:
        hold = made.directory / "HOLD"
        hold.touch()
        driver = made.start("run", FLOW)
        wait_for_starts(made, "near", "far")
        driver.kill()
        driver.communicate()
        far = ssh_hosts.far
        far.kill_sessions()
        far.kill_processes()
        shutil.rmtree(far.home / ".local")
        far.boot()
        hold.unlink()
        driver = made.start("recover")
        wait_until(lambda: "knows nothing of the run" in reason_in(made))
        driver.kill()
        driver.communicate()
        recovery = made.start("recover", "--assume-lost", "far")
        output, _ = recovery.communicate(timeout=PATIENCE)
        assert recovery.returncode == 0, output
        made.check(most_again=0, may_rerun=True)
        entries = ledger.read(made.ledger)
        again = [entry for entry in entries if entry.event == "start" and entry.path.endswith("@near")]
        assert len({entry.task for entry in again}) == len(again), "a task ran again on the host that was not lost"


def test_a_second_driver_is_refused_while_the_first_is_stopped_and_both_hosts_go_on_for_the_first(ssh_hosts) -> None:
    with scene(ssh_hosts, "two") as made:
        hold = made.directory / "HOLD"
        hold.touch()
        driver = made.start("run", FLOW)
        wait_for_starts(made, "near", "far")
        os.kill(driver.pid, signal.SIGSTOP)
        hold.unlink()
        second = made.start("recover")
        output, _ = second.communicate(timeout=PATIENCE)
        assert second.returncode == 3, output
        assert str(driver.pid) in output
        os.kill(driver.pid, signal.SIGCONT)
        output, _ = driver.communicate(timeout=PATIENCE)
        assert driver.returncode == 0, output
        made.check(most_again=0, may_rerun=False)


def test_a_full_home_keeps_a_host_waiting_and_costs_no_outcome(ssh_hosts) -> None:
    near = ssh_hosts.near
    with small_disk(near.home, "2m") as disk:
        os.chown(near.home, near.uid, pwd.getpwnam(near.user).pw_gid)
        near.restart()
        with scene(ssh_hosts, "full") as made:

            def fill(made: Scene, driver: subprocess.Popen[str]) -> None:
                disk.fill()
                made.linger(driver, 3)
                disk.free()

            run_with_faults(made, (fill,), 3)
            made.check(most_again=0, may_rerun=True)
    near.restart()
