"""What is told of a run while it goes on, and of one whose driver was killed, from another process."""

from __future__ import annotations

import json
import os
import subprocess

from tests.patience import PATIENCE, wait_until

FLOW = """
import os
from sequent import Pool, container, item, step

two = Pool("two", 2)


@container(max_concurrent=8)
class busy:
    @step
    def bad(self) -> None:
        raise ValueError("no")

    @step(requires=bad.failed)
    def handler(self) -> None: ...

    @step(requires=bad)
    def after(self) -> None: ...

    @step(repeats=range(5), parallel=5, acquires={two: 1})
    def scarce(self, number: int = item()) -> None:
        with open("gate", "rb") as gate:
            gate.read()
"""


def steps_of(sequent) -> dict[str, dict[str, int]]:
    return json.loads(sequent("show", "--json").stdout).get("run", {}).get("steps", {})


def test_every_step_is_told_with_all_its_counts_while_the_run_goes_on_and_once_it_was_killed(sequent):
    (sequent.directory / "flow.py").write_text(FLOW)
    os.mkfifo(sequent.directory / "gate")
    run = sequent.start("run", "flow.py:busy", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wanted = {
        "bad": {"failure": 1},
        "handler": {"success": 1},
        "after": {"skipped": 1},
        "scarce": {"ready": 3, "active": 2},
    }
    wait_until(lambda: steps_of(sequent) == wanted, lambda: str(steps_of(sequent)))
    run.kill()
    run.wait(timeout=PATIENCE)
    # Two were active, and are lost; who waited for resources waits no more.
    left = steps_of(sequent)
    assert (left["after"], left["scarce"]) == ({"skipped": 1}, {"waiting": 2})
