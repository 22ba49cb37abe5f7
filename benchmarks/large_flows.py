"""The flows whose pages are opened in a browser: many steps, many tasks at once, and much output."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sequent import Sequent, container, context, step

COUNT = int(os.environ.get("BENCHMARK_COUNT", "200"))
GROUP = 50
_LINE = "a line of the log, as long as lines of logs often are, so that ten thousand of them make a megabyte\n"


def nothing() -> None:
    """Take no time."""


def a_little() -> None:
    """Take a tenth of a second."""
    time.sleep(0.1)


groups = Sequent("groups", config={"task_construct": "invoke"})
"""Groups of groups of steps, each group after the one before."""
for outer in range(-(-COUNT // (10 * GROUP))):
    group = groups.add_step(f"group{outer}")
    for inner in range(min(10, -(-COUNT // GROUP) - 10 * outer)):
        within = group.add_step(f"part{inner}")
        for number in range(GROUP):
            within.add_step(f"step{number}", func=nothing)


@container(max_concurrent=8)
class at_once:
    """Many tasks, as many at once as there are workers."""

    task = step(repeats=range(COUNT), parallel=0)(a_little)


@container
class loud:
    """A step that has written so many megabytes, and goes on."""

    @step
    def talk(self) -> None:
        """Write, tell so, and go on until it is stopped."""
        for megabyte in range(COUNT):
            print(f"megabyte {megabyte}", _LINE * 10_000, flush=True)
        (Path(os.environ["SEQUENT_STORE"]).parent / "written").touch()
        while True:
            print(context().run_id, flush=True)
            time.sleep(1)
