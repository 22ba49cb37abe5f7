"""doit: one file, written when the whole run ends; steps in two processes."""

from __future__ import annotations

import sys
import time

from doit.cmd_base import ModuleTaskLoader
from doit.doit_cmd import DoitMain


def nothing() -> None:
    """Take no time."""


SHAPE, COUNT = sys.argv[1], int(sys.argv[2])
DOIT_CONFIG = {"verbosity": 0, "reporter": "zero"}


def task_step():
    for number in range(COUNT):
        before = [f"step:{number - 1}"] if SHAPE == "chain" and number else []
        yield {"name": str(number), "actions": [nothing], "task_dep": before}


if __name__ == "__main__":
    began = time.perf_counter()
    code = DoitMain(ModuleTaskLoader(globals())).run(["run", "-n", "2", "-P", "process"])
    assert code == 0
    print(time.perf_counter() - began)
