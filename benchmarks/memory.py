"""The memory of the processes of a run while its only step is executed."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.compiled import compiled

FLOW = """
import os
from pathlib import Path

from sequent import container, step


def memory(pid: int) -> dict[str, int]:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    found = {name: int(amount) for name, amount, *_ in lines}
    return {
        "whole": found["Rss:"],
        "its own": found["Private_Clean:"] + found["Private_Dirty:"],
        "divided": found["Pss:"],
    }


@container
class one:
    @step
    def measure(self) -> dict[str, dict[str, int]]:
        agent = os.getppid()
        driver = int(Path(f"/proc/{agent}/stat").read_text().rpartition(")")[2].split()[1])
        return {"driver": memory(driver), "agent": memory(agent), "worker": memory(os.getpid())}

    result = measure
"""


def memory() -> str:
    """Of each process: all that it uses, the part that no other shares, and with all that is shared divided."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "flows.py").write_text(FLOW)
        words = [sys.executable, "-m", "sequent", "run", "flows.py:one", "--store", str(directory / "store.db")]
        for _ in range(2):
            # The first one compiles the modules.
            told = subprocess.run(
                words,
                cwd=directory,
                env=compiled(directory),
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
    return "; ".join(f"{process} {_told(figures)}" for process, figures in json.loads(told.stdout).items())


def _told(figures: dict[str, int]) -> str:
    return ", ".join(f"{what} {kib / 1024:.1f} MiB" for what, kib in figures.items())
