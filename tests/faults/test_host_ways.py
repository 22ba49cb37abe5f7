"""Steps on other hosts run once, whatever becomes of the frames on their way: cut, delayed, doubled, late.

HOST_FAULTS says how many runs each kind of fault gets, and HOST_SEED repeats one (see CONTRIBUTING.md).
"""

from __future__ import annotations

import sys

import pytest

from tests.faults import evidence, lossy_way
from tests.faults.host_faults import COUNT, run_with_faults, scene


@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.parametrize("kind", lossy_way.KINDS)
def test_steps_on_hosts_run_once_whatever_becomes_of_frames(ssh_hosts, kind: str, number: int) -> None:
    with scene(ssh_hosts, kind) as made:
        ways = {
            server.name: [
                *(sys.executable, "-m", "tests.faults.lossy_way", str(made.directory / f"{server.name}.way")),
                *(str(made.chance.random()), kind, "ssh", "-F", str(ssh_hosts.config), "-T", server.name, "--"),
            ]
            for server in made.servers
        }
        made.configure(ways)
        run_with_faults(made, (), 0)
        treated = [(made.directory / f"{name}.way").stat().st_size for name in ways]
        assert sum(treated) > (len(ways) if kind == "late" else 0)
        evidence.note(15, frames=sum(treated), runs=1)
        made.configure()
        made.check(most_again=0, may_rerun=False)
