"""Long runs whose driver is killed on the way, and what must be true of them in the end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from sequent.model.status import Status
from sequent.runtime.store import open_store
from tests.children import Child
from tests.endurance.long_flows import HELD, MARK, MARKS
from tests.faults import tolls
from tests.faults.drivers import ROOT

IN_FLIGHT = 1_000
"""The most tasks that are between their code and their row when a driver is killed: orders ahead, and a batch."""


class Course(NamedTuple):
    """How a long run went."""

    kills: int
    again: int
    """Executions of tasks that had been executed before."""
    seconds: float
    memory: list[float]
    """The memory of the drivers in MiB, at equal distances of time."""

    def __str__(self) -> str:
        early = self.memory[len(self.memory) // 10]
        return (
            f"{self.kills} kills, {self.again} tasks executed again, {self.seconds:,.0f} s, "
            f"driver's memory {early:.0f} MiB after a tenth of the time, {max(self.memory):.0f} MiB at most"
        )


class LongRun:
    """A run of very many tasks that leave marks.

    Args:
        flow: its target.
        count: the number of its tasks with a mark.
        directory: for its files.
        store: its store, a file or a URL.
        has_marks: whether its tasks leave any.
    """

    def __init__(
        self, flow: str, count: int, directory: Path, store: Path | str = "", *, has_marks: bool = True
    ) -> None:
        self.flow = flow
        self.count = count
        self._has_marks = has_marks
        self.directory = directory
        self.store = store or directory / "store.db"
        self.marks = directory / "marks"
        self.output = directory / "output"

    def drive(self, kills: int, chance: random.Random) -> Course:
        """Run and recover until the run has succeeded, with so many kills, one in each part of the work."""
        began, done, memory = time.monotonic(), 0, list[float]()
        part = self.count / (kills + 1)
        while True:
            most = (done + chance.random()) * part + part / 2 if done < kills else float("inf")
            # As late as it may be noticed, the run is under way.
            process = self._start("recover" if tolls.has_run(self.store) else "run", held=most + part / 4)
            is_killed = False
            while process.poll() is None:
                with suppress(psutil.Error):
                    memory.append(psutil.Process(process.pid).memory_info().rss / 2**20)
                if self.executed >= most:
                    process.kill()
                    process.wait()
                    is_killed = True
                    break
                time.sleep(0.05)
            if process.returncode == 0:
                again = self.check()
                assert again <= done * IN_FLIGHT, f"{again} executions were repeated after {done} kills"
                return Course(done, again, time.monotonic() - began, memory)
            said = self.output.read_text()[-2_000:]
            assert is_killed, said
            assert process.returncode == -signal.SIGKILL, said
            done += 1

    @property
    def executed(self) -> int:
        """The number of executions so far."""
        return self.marks.stat().st_size // MARK.size if self.marks.exists() else 0

    def _start(self, word: str, held: float) -> subprocess.Popen[bytes]:
        variables = {
            HELD: str(held),
            "SEQUENT_STORE": str(self.store),
            "ENDURANCE_COUNT": str(self.count),
            MARKS: str(self.marks),
            "XDG_STATE_HOME": str(self.directory / "state"),
        }
        words = ("run", self.flow) if word == "run" else ("recover", "--flow", self.flow)
        with self.output.open("w") as file:
            return Child(
                [sys.executable, "-m", "sequent", *words],
                cwd=ROOT,
                env={**os.environ, **variables},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def check(self) -> int:
        """Check that each task succeeded once, that its code was executed, and that nothing ran after its success.

        Returns:
            how many executions were repeated.
        """
        tried = array("I", bytes(4 * self.count))
        succeeded = bytearray(self.count)
        for number, status in self._attempts():
            assert not succeeded[number], f"task {number} was tried again after its success"
            tried[number] += 1
            succeeded[number] = status is Status.SUCCESS
        assert all(succeeded), f"{succeeded.count(0)} tasks have no success"
        if not self._has_marks:
            return 0
        executions = array("I", bytes(4 * self.count))
        for number in self._numbers():
            executions[number] += 1
        for number in range(self.count):
            assert 1 <= executions[number] <= tried[number], f"{number}: {executions[number]} of {tried[number]}"
        return sum(executions) - self.count

    def _numbers(self) -> Iterator[int]:
        with self.marks.open("rb") as file:
            while piece := file.read(MARK.size * 65_536):
                for (number,) in MARK.iter_unpack(piece):
                    yield number

    def _attempts(self) -> Iterator[tuple[int, Status]]:
        """The attempts of all tasks with a mark, in the order of their numbers for each task."""
        with closing(open_store(str(self.store))) as store:
            (record,) = store.runs()
            for attempt in store.attempts(record):
                if attempt.path == "leaf":
                    yield int(attempt.sequence.rpartition(".")[2]) - 1, attempt.status
                elif attempt.path.startswith("s"):
                    yield int(attempt.path[1:]), attempt.status
