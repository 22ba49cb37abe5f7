"""What steps on a host leave is shown with their run, once, even if the driver dies and they end without it."""

from __future__ import annotations

import json
from pathlib import Path

from sequent.runtime.host_agent.outcome_spool import keeps_outcomes
from tests.patience import PATIENCE, wait_until

JOBS = """
import time
from pathlib import Path

from sequent import container, context, step

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><!--' + 600_000 * "x" + "--></svg>"


@container
class flow:
    @step(hosts=["near", "far"])
    def draw(self) -> None:
        context().note(f"drawn on **{context().host}**")
        Path("chart.svg").write_text(PICTURE)
        context().artifact("chart.svg", title="Rows by day")
        Path("drawn").touch()
        deadline = time.monotonic() + 100
        while not Path("go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
"""


def test_a_recovery_shows_what_steps_have_left_that_ended_while_no_driver_lived(sequent, ssh_hosts):
    servers = (ssh_hosts.near, ssh_hosts.far)
    config = ssh_hosts.client(sequent.directory)
    (sequent.directory / "sequent.toml").write_text(
        f'ssh_config = "{config}"\n[hosts.near]\nship = true\n[hosts.far]\nship = true\n'
    )
    (sequent.directory / "jobs.py").write_text(JOBS)
    driver = sequent.start("run", "jobs:flow")
    try:
        wait_until(lambda: all((server.home / "drawn").exists() for server in servers))
    finally:
        driver.kill()
        driver.communicate(timeout=PATIENCE)
    for server in servers:
        server.write("go", "")
    pattern = ".local/state/sequent/agents/*/*/outcomes/*"
    wait_until(lambda: all(any(map(keeps_outcomes, map(str, server.home.glob(pattern)))) for server in servers))
    recovered = sequent("recover")
    assert recovered.returncode == 0, recovered.stderr
    story = json.loads(sequent("show", "--json").stdout)["run"]["story"]
    assert [(part["host"], part["note"]) for part in story if part["note"]] == [
        ("near", "drawn on **near**"),
        ("far", "drawn on **far**"),
    ]
    pictures = [part["artifact"] for part in story if part["artifact"]]
    assert [(each["title"], each["name"], each["media"]) for each in pictures] == [
        ("Rows by day", "chart.svg", "image/svg+xml")
    ] * 2
    assert {Path(each["file"]).read_bytes() for each in pictures} == {(ssh_hosts.near.home / "chart.svg").read_bytes()}
    assert sequent("store", "check").returncode == 0
    left = ".local/state/sequent/agents/*/*/artifacts"
    wait_until(lambda: not any(list(server.home.glob(left)) for server in servers), "artifacts stay on a host")
