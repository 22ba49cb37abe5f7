"""The agent of a typed run is a copy of the command, and steps find nothing of the command in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

FLOWS = """
import gc
import json
import multiprocessing
import os
import sys
from pathlib import Path

from sequent import container, step


def answer():
    return 42


@container
class seen:
    @step
    def first(self) -> None:
        found = {number: os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")
                 if os.path.exists(f"/proc/self/fd/{number}")}
        Path("seen").write_text(json.dumps({
            "arguments": sys.argv,
            "program": [*vars(sys.modules["__main__"])],
            "frozen": gc.get_freeze_count(),
            "hook": sys.unraisablehook is sys.__unraisablehook__,
            "files": [*found.values()],
            "leader": os.getsid(0) not in (0, int(os.environ["SESSION"])),
            "command": sorted(name for name in sys.modules if name.startswith("sequent.cli.output.progress")),
        }))

    @step
    def second(self) -> int:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(answer)

    result = second
"""


def run(sequent, before=""):
    (sequent.directory / "flows.py").write_text(FLOWS)
    (sequent.directory / "inherited").write_text("")
    script = f"import sys; {before}sys.argv[1:] = ['flows.py:seen']; from sequent.cli import main; sys.exit(main())"
    with (sequent.directory / "inherited").open() as file:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=sequent.directory,
            env=sequent.environment | {"SESSION": str(os.getsid(0))},
            check=False,
            capture_output=True,
            text=True,
            pass_fds=[file.fileno()],
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "42\n"
    return json.loads((sequent.directory / "seen").read_text())


def test_a_step_finds_its_process_as_in_a_fresh_interpreter(sequent):
    seen = run(sequent)
    assert seen["arguments"][:1] == ["-c"]
    assert "__file__" not in seen["program"]
    assert seen["frozen"] == 0
    assert seen["hook"]
    assert seen["leader"]
    assert seen["command"] == []
    assert not any(name.endswith("/inherited") for name in seen["files"])


def test_a_command_with_threads_starts_a_fresh_interpreter(sequent):
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); "
    copied, fresh = run(sequent), run(sequent, thread)
    assert len(copied["arguments"]) == 1
    assert len(fresh["arguments"]) > 1
