"""A driver for tests of executors: hands orders over, and waits for what is reported."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sequent.dsl.specification.definitions import definition_of
from sequent.model.run_target import Target
from sequent.runtime.executors.agents import fork_agent, launch_agent
from sequent.runtime.executors.inline_executor import InlineExecutor
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.executors.thread_executor import ThreadExecutor
from sequent.runtime.executors.workers import MOST_ATTEMPTS, MOST_WORKERS
from sequent.runtime.loading.flows import load_flow
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptLost,
    AttemptOrder,
    AttemptTakenBack,
    DrawOrder,
    PaceChanged,
    Report,
    WorkerSetup,
)
from sequent.runtime.ports import Executor
from sequent.runtime.processes import process_trees
from tests.patience import PATIENCE

R = TypeVar("R", bound=Report)


class Driving:
    """Drives an executor by hand."""

    def __init__(self, executor: Executor, directory: Path, selector: selectors.BaseSelector | None = None) -> None:
        self.executor = executor
        self.directory = directory
        self.selector = selector or selectors.DefaultSelector()
        self.seen: list[Report] = []
        self.paces: list[PaceChanged] = []
        """What was said of steps, not of attempts."""
        self._frame = 0
        executor.open(self.selector)

    def close(self) -> None:
        """Close the executor, and what it was waited with."""
        self.executor.close()
        self.selector.close()

    def start(self, path: str, **more: object) -> int:
        """Hand over an attempt of that step; give its frame."""
        self._frame += 1
        order = {"sequence": str(self._frame), "recovery": 0, "attempt": 1, "token": f"t{self._frame}", **more}
        settings = {"timeout": order.pop("timeout")} if "timeout" in order else order.pop("settings", {})
        self.executor.start(AttemptOrder(frame=self._frame, node=1, path=path, settings=settings, **order))
        return self._frame

    def draw(self, path: str, number: int = 0, *, frame: int = 1, skip: int = 0, **more: object) -> Report:
        """Have items found, and give the answer."""
        self.executor.draw(DrawOrder(frame=frame, node=9, number=number, path=path, skip=skip, **more))
        return self.wait(lambda report: getattr(report, "node", 0) == 9)

    def wait(self, wanted: Callable[[Report], bool]) -> Report:
        """Wait for a report, and take it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for report in self.executor.reports():
                if isinstance(report, PaceChanged):
                    self.paces.append(report)
                else:
                    self.seen.append(report)
            for report in self.seen:
                if wanted(report):
                    self.seen.remove(report)
                    return report
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"nothing came but {self.seen}")
            asked = self.executor.seconds_left()
            for key, _ in self.selector.select(left if asked is None else min(left, asked)):
                key.data()

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Go on driving until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "it does not come about"
            self.seen += self.executor.reports()
            for key, _ in self.selector.select(0.02):
                key.data()

    def outcome_of(self, frame: int) -> Report:
        """Wait until that attempt is over, in whatever way."""
        over = AttemptEnded | AttemptLost | AttemptTakenBack
        return self.wait(lambda report: isinstance(report, over) and report.frame == frame)

    def end_of(self, frame: int) -> AttemptEnded:
        """Wait for the outcome of that attempt."""
        report = self.outcome_of(frame)
        assert isinstance(report, AttemptEnded), report
        return report

    def loss_of(self, frame: int) -> AttemptLost:
        report = self.outcome_of(frame)
        assert isinstance(report, AttemptLost), report
        return report

    def begun(self, frame: int) -> None:
        """Wait until the code of that attempt has begun."""
        self.wait(lambda report: isinstance(report, AttemptBegan) and report.frame == frame)

    def run(self, path: str, **more: object) -> AttemptEnded:
        """Execute that step, and give its outcome."""
        return self.end_of(self.start(path, **more))

    def log_of(self, ended: AttemptEnded) -> str:
        """What an attempt wrote."""
        if ended.log is None:
            return ""
        data = (self.directory / "logs" / ended.log.segment).read_bytes()
        return data[ended.log.offset : ended.log.offset + ended.log.length].decode("utf-8", "replace")


def kill(pid: int) -> None:
    """Kill a process, unless it has ended, and wait until it runs no more."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while (process := process_trees.process_at(pid)) is not None and not process.is_zombie:
        if time.monotonic() > deadline:
            raise AssertionError("it lives on")
        time.sleep(0.001)


@contextmanager
def room_for(size: int) -> Generator[None]:
    """No file of this process grows beyond that."""
    # Workers that are forked look at the limits after each attempt once it has been imported.
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def setup_of(target: Target, directory: Path) -> WorkerSetup:
    directory.mkdir(exist_ok=True)
    is_new = not (directory / "workers").exists()
    return WorkerSetup(run_id="r-test-" + directory.name, directory=str(directory), target=target, is_new=is_new)


@contextmanager
def forked(
    flow: object,
    directory: Path,
    cwd: Path | None = None,
    *,
    most_workers: int = MOST_WORKERS,
    most_attempts: int = MOST_ATTEMPTS,
) -> Generator[Driving]:
    """Drive workers that are copies of this process."""
    definition = definition_of(flow)
    setup = setup_of(Target(flow="f", cwd=str(cwd or directory)), directory)
    executor = ProcessExecutor(fork_agent(definition), setup, most_workers=most_workers, most_attempts=most_attempts)
    driving = Driving(executor, directory)
    try:
        yield driving
    finally:
        driving.close()


@contextmanager
def launched(target: str, directory: Path) -> Generator[Driving]:
    """Drive workers that load the flow."""
    loaded = load_flow(target)
    driving = Driving(ProcessExecutor(launch_agent(), setup_of(loaded.target, directory)), directory)
    try:
        yield driving
    finally:
        driving.close()


@contextmanager
def threads(flow: object, directory: Path) -> Generator[Driving]:
    """Drive threads of this process."""
    setup = setup_of(Target(flow="f", cwd=str(Path.cwd())), directory)
    driving = Driving(ThreadExecutor(definition_of(flow), setup), directory)
    try:
        yield driving
    finally:
        driving.close()


@contextmanager
def inline(flow: object, directory: Path) -> Generator[Driving]:
    """Drive this very process."""
    setup = setup_of(Target(flow="f", cwd=str(Path.cwd())), directory)
    driving = Driving(InlineExecutor(definition_of(flow), setup), directory)
    try:
        yield driving
    finally:
        driving.close()
