"""Two names of one account on one machine are two hosts, of which each executes its own copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.patience import PATIENCE, wait_until

JOBS = """
import time
from pathlib import Path

from sequent import container, context, step


@container
class flow:
    @step(hosts=["far", "far.example"])
    def deliver(self) -> str:
        with Path("delivered").open("a") as file:
            file.write(f"{context().host}\\n")
        deadline = time.monotonic() + 100
        while not Path("go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return str(Path.home())

    result = deliver
"""


@pytest.fixture
def delivered(sequent, ssh_hosts):
    """The file in which each copy of the step notes its host; none has noted it, or may go on."""
    far = ssh_hosts.far
    alias = f"Host far.example\n  HostName {far.address}\n  Port {far.port}\n  User {far.user}\n"
    config = ssh_hosts.client(sequent.directory, more=alias)
    (sequent.directory / "sequent.toml").write_text(
        f'ssh_config = "{config}"\n[hosts.far]\nship = true\n[hosts."far.example"]\nship = true\n'
    )
    (sequent.directory / "jobs.py").write_text(JOBS)
    return far.home / "delivered"


def hosts_in(file: Path) -> list[str]:
    return sorted(file.read_text().split()) if file.exists() else []


def agents_on(sequent, host: str) -> list[str]:
    """The agents with files there."""
    (told,) = json.loads(sequent("host", "ls", host, "--json").stdout)["hosts"]
    return [each["key"] for each in told["remains"]]


def test_both_copies_go_on_without_their_driver_and_each_runs_once(sequent, ssh_hosts, delivered):
    driver = sequent.start("run", "jobs:flow")
    try:
        # Neither copy has ended yet: their agents serve the driver at the same time.
        wait_until(lambda: hosts_in(delivered) == ["far", "far.example"])
        assert len(agents_on(sequent, "far")) == 2
    finally:
        driver.kill()
        driver.communicate(timeout=PATIENCE)
    ssh_hosts.far.write("go", "")
    recovered = sequent("recover")
    assert recovered.returncode == 0, recovered.stderr
    assert hosts_in(delivered) == ["far", "far.example"]
    assert "out of reach" not in recovered.stdout + recovered.stderr
    assert json.loads(recovered.stdout.splitlines()[-1]) == dict.fromkeys(
        ("far", "far.example"), str(ssh_hosts.far.home)
    )
    assert sequent("host", "clean", "far").returncode == 0
    assert agents_on(sequent, "far") == []
