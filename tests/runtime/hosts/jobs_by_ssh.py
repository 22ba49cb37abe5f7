"""A flow on a machine that is reached by SSH, driven by hand."""

from __future__ import annotations

from tests.runtime.hosts.host_runs import Hosts
from tests.runtime.hosts.ways import settings

JOBS = """
import os
import time
from pathlib import Path

from sequent import command, container, context, step


@container
class flow:
    @step
    def whoami(self) -> list[str]:
        print("on", context().host or "this machine")
        return [os.environ["HOME"], os.getcwd(), str(os.getuid())]

    @step
    def gated(self) -> int:
        Path("begun").touch()
        deadline = time.monotonic() + 100
        while not Path("go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        print("gone through")
        return os.getpid()

    @step
    def surroundings(self) -> list[str]:
        umask = os.umask(0)
        os.umask(umask)
        return [f"{umask:04o}", os.environ.get("SSH_ORIGINAL_COMMAND", "")]

    shelled = command(shell="echo from a shell")
"""


def runs_on(hosts, tmp_path, **more):
    place = tmp_path / "here"
    place.mkdir(exist_ok=True)
    (place / "jobs.py").write_text(JOBS)
    epoch = more.pop("epoch", 1)
    return Hosts(tmp_path, [settings(hosts, **more)], target=f"{place}/jobs.py:flow", epoch=epoch)


def bare_python(hosts) -> str:
    """The interpreter behind the environment that both users have."""
    return str((hosts.bin / "python3").resolve())
