"""Flows that live only in the memory of a script: workers have it too, and no line runs twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from sequent.dsl.builder.blocks import Sequent
from tests.runtime.driving import forked

print("a line of the script", end="")
made_while_running = {{"value": 41}}

def build():
    flow = Sequent("local")
    class Callable:
        def __call__(self):
            return made_while_running["value"] + 1
    flow.add_step("object", func=Callable())
    flow.add_step("main", func=lambda: __name__)
    return flow

with forked(build(), Path({directory!r})) as driving:
    print([driving.run(step).result for step in ("object", "main")])
"""


def test_a_script_runs_once_and_its_workers_have_what_it_has_in_memory(tmp_path):
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.format(root=str(ROOT), directory=str(tmp_path / "run")))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stderr == ""
    assert done.stdout == "a line of the script['42', '\"__main__\"']\n"


def test_whoever_reads_a_drivers_output_to_its_end_does_not_wait_for_the_agent(tmp_path):
    file = tmp_path / "script.py"
    text = SCRIPT.format(root=str(ROOT), directory=str(tmp_path / "run"))
    file.write_text(text + "    import os; os._exit(0)\n")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0
