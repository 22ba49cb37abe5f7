"""Steps on other hosts run once, whatever happens to their driver, to connections, and to the hosts.

HOST_FAULTS says how many runs each kind of fault gets, and HOST_SEED repeats one (see CONTRIBUTING.md).
"""

from __future__ import annotations

import pytest

from tests.faults import host_faults, tolls
from tests.faults.host_faults import COUNT, Fault, Scene, scene
from tests.patience import PATIENCE

KINDS: dict[str, tuple[tuple[Fault, ...], int, bool]] = {
    "sessions": ((host_faults.lose_sessions,), 3, False),
    "network": ((host_faults.lose_network,), 2, False),
    "silence": ((host_faults.silence,), 2, False),
    "driver": ((host_faults.kill_driver,), 3, False),
    "both": ((host_faults.kill_driver_and_connections,), 2, False),
    "processes": ((host_faults.kill_on_host,), 3, True),
    "restart": ((host_faults.restart_host,), 2, True),
    "any": (host_faults.ALL, 5, True),
}
"""By name: what happens, how often in a run, and whether something is killed on a host."""


def run_with_faults(scene: Scene, faults: tuple[Fault, ...], most: int) -> int:
    """Run, with so many faults at random moments, and recover until it has succeeded; return how many there were."""
    done: set[tuple[str, str, str]] = set()
    count = 0
    for _ in range(most + 3):
        driver = scene.start_or_recover()
        while count < most and driver.poll() is None:
            tolls.wait_for_a_start(driver, scene.ledger, scene.chance.randint(0, 4))
            scene.linger(driver, 0.3)
            if driver.poll() is None:
                scene.chance.choice(faults)(scene, driver)
                count += 1
        output, _ = driver.communicate(timeout=PATIENCE)
        now = tolls.succeeded(scene.store)
        assert done <= now, "an outcome was lost"
        done = now
        if driver.returncode == 0:
            return count
        is_refused = driver.returncode == 4 and not scene.ledger.stat().st_size
        assert driver.returncode == -9 or is_refused or tolls.LOST in output or tolls.TOO_QUICK in output, output
        assert "Traceback" not in output
    raise AssertionError("it does not end")


@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.parametrize("kind", KINDS)
def test_steps_on_hosts_run_once_whatever_happens(ssh_hosts, kind: str, number: int) -> None:
    faults, most, may_rerun = KINDS[kind]
    with scene(ssh_hosts, kind) as made:
        count = run_with_faults(made, faults, most)
        assert count
        made.check(most_again=9 * count if may_rerun else 3 * count, may_rerun=may_rerun)
