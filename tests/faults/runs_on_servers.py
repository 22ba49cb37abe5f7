"""Commands over a store in PostgreSQL, on one machine or several, as far as their state directories tell."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from sequent.model.status import RunStatus, Status
from sequent.runtime.store import open_store
from tests.children import Child
from tests.faults import ledger
from tests.faults.test_kills import FLOW, TASKS, check_ledger
from tests.patience import PATIENCE, wait_until
from tests.postgres import Cluster

COUNT = int(os.environ.get("SERVER_FAULTS", "3"))
"""The number of faults of each kind (see CONTRIBUTING.md)."""
ROOT = Path(__file__).parents[2]


class ServerRuns:
    """A database of a test's own, the commands that use it, and their ledger."""

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.cluster = cluster
        self.directory = directory
        self.name = cluster.new_database()
        self.url = cluster.url(self.name)
        self.hold = directory / "HOLD"
        """As long as it is there, no step ends from the line of the ledger on that it names."""
        seed = random.SystemRandom().randrange(10**9)
        print(f"seed {seed}")
        self.chance = random.Random(seed)
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *words: str, at: str = "here", **variables: str) -> subprocess.Popen[str]:
        """Start a command on a machine of that name."""
        own = {
            "SEQUENT_STORE": self.url,
            "XDG_STATE_HOME": str(self.directory / at),
            ledger.LEDGER: str(self.directory / "ledger"),
            **variables,
        }
        process = Child(
            [sys.executable, "-m", "sequent", *words],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._started.append(process)
        return process

    def begin(self) -> subprocess.Popen[str]:
        """Start a run with a ledger of its own."""
        (self.directory / "ledger").unlink(missing_ok=True)
        return self.start("run", FLOW)

    def begin_and_hold(self, lines: int) -> subprocess.Popen[str]:
        """Start a run that goes on until its ledger has so many lines, and no further."""
        self.hold.write_text(str(lines))
        process = self.begin()
        wait_until(lambda: len(self.entries()) >= lines)
        return process

    def recover(self, *words: str, at: str = "here") -> subprocess.Popen[str]:
        """Recover the latest run."""
        return self.start("recover", "latest", "--flow", FLOW, *words, at=at)

    def entries(self) -> list[ledger.Entry]:
        return ledger.read(self.directory / "ledger")

    def wait_for(self, more: int, process: subprocess.Popen[str]) -> bool:
        """Wait for some more lines of the ledger, or the end of the process; return whether it goes on."""
        count = len(self.entries()) + more
        wait_until(lambda: len(self.entries()) >= count or process.poll() is not None)
        return process.poll() is None

    def is_alive(self) -> bool:
        """Whether a step of any run is still executed."""
        return any(ledger.born(entry.pid) == entry.born for entry in self.entries())

    def wait_for_epoch(self, epoch: int, process: subprocess.Popen[str]) -> None:
        """Wait until the latest run has been taken over, or the process has ended."""
        now = "SELECT epoch FROM sequent.run ORDER BY number DESC LIMIT 1"
        wait_until(lambda: self.execute(now) >= [(epoch,)] or process.poll() is not None)

    def end_leases(self) -> None:
        """Let half a minute pass, as far as the server tells."""
        self.execute("UPDATE sequent.lease SET until = until - interval '1 minute'")

    def end_connections(self) -> None:
        self.cluster.end_connections(f"datname = '{self.name}'")

    def execute(self, text: str) -> list[tuple[object, ...]]:
        return self.cluster.execute(text, self.name)

    def check_end(self, process: subprocess.Popen[str], kills: int) -> None:
        """Check that the run has succeeded, each task once, and that its rows fit their tally."""
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        check_ledger(self.entries(), kills)
        self.check_store()

    def check_store(self) -> None:
        """Check that the latest run has succeeded, and that its rows fit their tally."""
        with closing(open_store(self.url)) as store:
            record = store.find("latest")
            assert (record.status, record.counts) == (RunStatus.SUCCESS, {Status.SUCCESS: TASKS})
            assert list(store.problems()) == []
            outcomes = {attempt.status for attempt in store.attempts(record)}
            assert outcomes <= {Status.SUCCESS, Status.WAITING}

    def close(self) -> None:
        """Kill all that still runs."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()


def end_now(process: subprocess.Popen[str]) -> bool:
    """Kill a command; return whether it was still running."""
    was_running = process.poll() is None
    process.kill()
    process.communicate()
    return was_running
