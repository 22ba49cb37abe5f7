"""A stand-in for another host: this machine, with a home directory of its own, reached by a pair of pipes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sequent.dsl.specification.definitions import definition_of
from sequent.errors import HostError, HostStage
from sequent.model.hosts import HostSettings
from sequent.model.run_target import Target
from sequent.runtime.executors.remote.remote_executor import RemoteExecutor, RemoteRun
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.loading.flows import load_flow
from sequent.runtime.loading.sources import sources_of
from sequent.runtime.orders import WorkerSetup
from tests.runtime.driving import Driving, kill

ROOT = str(Path(__file__).parents[3])
KEY = "ab" * 16
STEPS = "tests.runtime.hosts.remote_steps"
PROGRAM = "from sequent.runtime.host_agent.program import main; main()"


class Session:
    """A command on the stand-in, joined to a socket."""

    door = ""

    def __init__(self, home: Path, *words: str, noise: str = "", program: str = PROGRAM) -> None:
        ours, theirs = socket.socketpair()
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": ROOT}
        environment.pop("XDG_STATE_HOME", None)
        command = [sys.executable, "-P", "-c", program, *words, "--allow-root"]
        if noise:
            command = ["/bin/sh", "-c", 'printf %s "$0"; exec "$@"', noise, *command]
        with theirs:
            self.process = subprocess.Popen(
                command, env=environment, cwd=home, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE
            )
        self.end = ours

    def trouble(self, said: bytes = b"") -> HostError:
        said_last = self.process.stderr.read().decode().strip()
        return HostError(said_last or "the session has ended", host="far", stage=HostStage.COMMAND)

    def cut(self) -> None:
        """Lose the connection, as where the session's process is killed."""
        kill(self.process.pid)

    def close(self) -> None:
        self.end.close()
        self.process.stderr.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
            return
        self.process.kill()
        self.process.wait()


class StandIn:
    """A host, all sessions with it, and its agent."""

    def __init__(self, home: Path, words: tuple[str, ...] = ("--attach", KEY), noise: str = "") -> None:
        home.mkdir(exist_ok=True)
        self.home = home
        self.words = words
        self.noise = noise
        self.program = PROGRAM
        self.sessions: list[Session] = []
        self.is_down = False

    def start_agents_with(self, change: str) -> None:
        """Let agents that are started from now on begin with a line of code."""
        attaching = "from sequent.runtime.host_agent import attaching"
        self.program = f"{attaching}; attaching._START = {f'{change}; '!r} + attaching._START; {PROGRAM}"

    def connect(self, key: str = "", door: str = "") -> Session:
        if self.is_down:
            raise HostError("connection refused", host="far", stage=HostStage.CONNECTION)
        words = ("--attach", key) if key and "--attach" in self.words else self.words
        self.sessions.append(Session(self.home, *words, noise=self.noise, program=self.program))
        return self.sessions[-1]

    @property
    def place(self) -> Path:
        """The agent's directory."""
        (found,) = (self.home / ".local/state/sequent/agents").glob(f"*/{KEY}*")
        return found

    def agent_pids(self) -> list[int]:
        """The agents of this host that serve."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    environment = (entry / "environ").read_bytes().split(b"\0")
                    if b"--serve" in words and f"HOME={self.home}".encode() in environment:
                        found.append(int(entry.name))
        return found

    def end(self) -> None:
        """Have nothing of it left."""
        for session in self.sessions:
            session.close()
        for pid in self.agent_pids():
            kill(pid)


def run_on(
    host: StandIn,
    directory: Path,
    *,
    epoch: int = 1,
    cwd: str = "",
    variables: dict[str, str] | None = None,
    sources: tuple[tuple[str, str], ...] = (),
    checks_sources: bool = False,
    **more: object,
) -> RemoteRun:
    """The flow of these tests on that host."""
    if checks_sources:
        sources = sources_of(definition_of(load_flow(f"{STEPS}:flow").flow), STEPS)
    workers = WorkerSetup(
        run_id="r-test",
        directory="",
        target=Target(flow="flow", module=STEPS, attribute="flow", cwd=cwd),
        host="far",
        variables=variables or {},
        sources=sources,
    )
    setup = HostSetup(workers=workers, host="far", most_workers=2)
    more = {"host": "far", "key": KEY, "connect": host.connect, **more}
    return RemoteRun(epoch=epoch, directory=str(directory), setup=setup, **more)


def settings_of(host: StandIn, **more: Any) -> HostSettings:
    """A stand-in as the configuration describes it."""
    agent = f"{sys.executable} -P -c '{PROGRAM}'"
    return HostSettings(
        name="far",
        address=("far",),
        connect=("env", f"HOME={host.home}", f"PYTHONPATH={ROOT}"),
        **{"command": agent, **more},
    )


@contextmanager
def remote(run: RemoteRun, directory: Path) -> Generator[Driving]:
    """Drive a host."""
    directory.mkdir(exist_ok=True)
    driving = Driving(RemoteExecutor(run), directory)
    try:
        yield driving
    finally:
        driving.executor.leave()
        driving.selector.close()
