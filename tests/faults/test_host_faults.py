"""Steps on other hosts run once, whatever happens to their driver, to connections, and to the hosts.

HOST_FAULTS says how many runs each kind of fault gets, and HOST_SEED repeats one (see CONTRIBUTING.md).
"""

from __future__ import annotations

import pytest

from tests.faults import evidence, host_faults
from tests.faults.host_faults import COUNT, Fault, run_with_faults, scene

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

ROWS = {"driver": 14, "both": 14, "processes": 16, "restart": 16}
"""In the matrix; the others stand in that of connections."""


@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.parametrize("kind", KINDS)
def test_steps_on_hosts_run_once_whatever_happens(ssh_hosts, kind: str, number: int) -> None:
    faults, most, may_rerun = KINDS[kind]
    with scene(ssh_hosts, kind) as made:
        count = run_with_faults(made, faults, most)
        assert count
        evidence.note(ROWS.get(kind, 13), faults=count, runs=1)
        made.check(most_again=9 * count if may_rerun else 3 * count, may_rerun=may_rerun)
