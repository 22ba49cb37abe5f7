"""Drivers: each starts or recovers the run with the production driver and executors of hosts, in its own process."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from random import Random
from selectors import BaseSelector
from signal import Signals
from typing import Any

from attrs import frozen
from msgspec.structs import replace

from sequent.errors import BusyError, FencedError, SequentError, ShortageError, StoreError, StoreLostError, UsageError
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.run_target import Target
from sequent.model.scope import Scope
from sequent.model.status import Construct, RunStatus, Status
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.executors.remote.host_executors import HostExecutors
from sequent.runtime.executors.remote.remote_run import RemoteRun
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.ports import DrivenRun
from sequent.runtime.records import RunRecord
from sequent.runtime.recovery.changes import fingerprints_of
from sequent.runtime.recovery.preparation import prepare
from sequent.runtime.recovery.prepared_recovery import PreparedRecovery
from sequent.runtime.runs.drive import Drive
from tests.simulation.executions import Ledger, SimulatedWorkers
from tests.simulation.faults import Fault
from tests.simulation.hosts import SimulatedHost
from tests.simulation.invariants import Invariants
from tests.simulation.people import People
from tests.simulation.store import Claims, FaultyRun, SimulatedStore
from tests.simulation.workload import Workload
from tests.simulation.world import Flag, Process, SimulatedSelector, Violation, World

TARGET = Target(flow="flow", module="flows", attribute="flow", cwd="/")
KEY = "0123456789abcdef"
"""The name by which the agents of hosts know a run."""
_ACCUSATIONS = ("it gives back", "its agent says what none says")
"""What drivers say of agents that they take for broken."""
EXPECTED = (BusyError, FencedError, StoreError, ShortageError, UsageError)
"""The errors with which a driver may end when there are faults, or when people ask for something that cannot be."""


class MachineClock:
    """The clocks of the machine on which drivers run; the wall clock may be changed."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ahead = 0.0

    def now(self) -> float:
        return 1_700_000_000.0 + self._world.now + self.ahead

    def monotonic(self) -> float:
        return self._world.now

    def boottime(self) -> float:
        return self._world.now

    def boot_id(self) -> str:
        return "simulated"


class QuietObserver:
    """Sees everything and shows nothing; a driver may be killed while it shows something."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def run_began(self, record: RunRecord, plan: Plan) -> None: ...

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._process.step("task_started")

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._process.step("task_settled")

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None: ...

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        self._process.step("task_asks")

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None: ...

    def tasks_queue(self, numbers: Mapping[int, int]) -> None: ...

    def note(self, text: str) -> None:
        self._process.world.tell(self._process.name, f"says: {text}")
        if any(accusation in text for accusation in _ACCUSATIONS):
            raise Violation(f"I17: {text} (seed {self._process.world.seed})")

    def draw_failed(self, node: int, problem: Problem) -> None: ...

    def run_ended(self, status: RunStatus) -> None: ...


class ReachedHosts(HostExecutors):
    """The executors of a driver's hosts, which it reaches through the simulated network.

    Args:
        process: the driver.
        workload: the flow of the run.
        run: the run.
        hosts: its hosts.
        selector: wakes the driver.
    """

    def __init__(
        self,
        process: Process,
        workload: Workload,
        run: DrivenRun,
        hosts: Mapping[str, SimulatedHost],
        selector: BaseSelector,
    ) -> None:
        setup = WorkerSetup(run_id=run.record.id, directory=run.directory, target=TARGET)
        super().__init__(workload.definition, TARGET, run.record, setup, selector, lambda: process.world.now)
        self._process = process
        self._hosts = hosts

    def _run_on(self, host: str) -> RemoteRun:
        there = self._hosts[host]
        workers = replace(self._setup, directory="", host=host)
        return RemoteRun(
            host=host,
            key=KEY,
            epoch=self._run.epoch,
            directory=self._directory,
            setup=HostSetup(workers=workers, host=host, most_workers=there.slots),
            connect=lambda *_: there.connect(self._process),
            open_tokens=tuple(each.token.hex() for each in self._handed_over if each.host == host),
            monotonic=lambda: self._process.world.now,
            in_background=self._in_background,
        )

    def _in_background(self, act: Callable[[], None], name: str) -> None:
        world = self._process.world

        def do() -> None:
            if self._process.is_alive:
                act()
                self._process.wake()

        world.after(world.random.uniform(0.01, 1.0), do)


@frozen(kw_only=True)
class Surroundings:
    """What a driver finds in its world."""

    run_id: str
    workload: Workload
    store: SimulatedStore
    claims: Claims
    """The process that may drive the run."""
    ledger: Ledger
    hosts: Mapping[str, SimulatedHost]
    clock: MachineClock
    invariants: Invariants
    people: People
    on_end: Callable[[SimulatedDriver], None]


class SimulatedDriver:
    """A process that starts or recovers the run, and drives it until it ends or is killed.

    Args:
        world: the world.
        name: its name in the trace.
        plan: the plan of the flow, as it finds that.
        around: its surroundings.
        forces: whether it takes the run even from a driver that lives, as a person may ask.
    """

    def __init__(self, world: World, name: str, plan: Plan, around: Surroundings, *, forces: bool = False) -> None:
        self.world = world
        self.name = name
        self._plan = plan
        self._around = around
        self._forces = forces
        self._claims = around.claims
        self._selector = SimulatedSelector()
        self._term = Flag()
        self._signalled: list[int] = []
        self._workers: SimulatedWorkers | None = None
        self.run: DrivenRun | None = None
        self.epoch = 0
        self.outcome = ""
        self.process = Process(
            world, name, self._main, self._end, killing=Fault.DRIVER_KILLED, pausing=Fault.DRIVER_PAUSED
        )
        self._selector.process = self.process

    def signal(self, number: int) -> None:
        """Send it a signal."""
        if self.process.is_alive:
            self.world.tell(self.name, f"gets {Signals(number).name}")
            self._signalled.append(number)
            self._term.set()

    # -- its program

    def _main(self) -> None:
        try:
            self.outcome = self._drive()
        except EXPECTED as error:
            # Messages may contain the real process and its real times.
            self.outcome = type(error).__name__

    def _drive(self) -> str:
        process, plan, around = self.process, self._plan, self._around
        process.step("beginning")
        if self._claims.is_out(process):
            raise StoreLostError("the database does not answer")
        prepared = PreparedRecovery()
        record = around.store.record(around.run_id)
        around.store.act_for(process, self._claims)
        if record is None:
            run = around.store.create(TARGET, plan, around.run_id, fingerprints_of(plan))
        else:
            seen = around.store.look(record)
            prepared = prepare(plan, seen, around.people.asked(seen))
            process.step("before it takes the run")
            around.store.act_for(process, self._claims)
            run = around.store.take(around.run_id, forces=self._forces)
        self.run, self.epoch = run, run.record.epoch
        self.world.tell(self.name, f"drives the run, epoch {self.epoch}")
        self.world.trace.count("start" if record is None else "takeover")
        around.invariants.taken(self.name, self.epoch, prepared.directives, prepared.assumed_lost)
        process.step("after it took the run")
        # It may have succeeded meanwhile, or long ago.
        return "nothing to do" if run.record.status is RunStatus.SUCCESS else self._within(run, prepared)

    def _within(self, run: DrivenRun, prepared: PreparedRecovery) -> str:
        process, around = self.process, self._around
        workload, invariants = around.workload, around.invariants
        committed = partial(invariants.committed, self.name, self.epoch)
        faulty: Any = FaultyRun(run, process, self._claims, committed)
        self._workers = workers = SimulatedWorkers(
            self.world, around.ledger, self.name, workload.slots, is_remote=False, step=process.step
        )
        hosts = ReachedHosts(process, workload, run, around.hosts, self._selector) if workload.has_hosts else None
        adapters = Adapters(
            run=faulty,
            executors=dict.fromkeys(Construct, workers),
            drawer=workers,
            clock=around.clock,
            observer=QuietObserver(process),
            selector=self._selector,
            signals=self._signals,
            random_bytes=Random(self.world.random.random()).randbytes,
            host_executor=None if hosts is None else hosts.of,
            stays_awake=False,
            accepts_changes=prepared.accepts_changes,
            hears_people=around.people.intervene_at_all or bool(workload.questions),
            question_text=lambda path, values: "Go on?",
            read_result=lambda path, text, *, is_answer=False: text or "null",
        )
        drive = Drive(
            definition=workload.definition,
            plan=self._plan,
            run=faulty,
            target=TARGET,
            store=around.store.name,
            max_concurrent=workload.slots,
            prepared=prepared,
        )
        try:
            outcome = drive.within(adapters, None, hosts)
            if hosts is not None:
                hosts.leave(has_succeeded=outcome.status is RunStatus.SUCCESS)
            return outcome.status.value
        finally:
            if process.is_alive:
                if hosts is not None:
                    hosts.close()
                workers.close()

    @contextmanager
    def _signals(self, selector: BaseSelector, on_signal: Callable[[int], None]) -> Generator[None]:
        def hear() -> None:
            self._term.clear()
            signalled, self._signalled = self._signalled, []
            for number in signalled:
                on_signal(number)

        selector.register(self._term, 1, hear)  # type: ignore[arg-type]
        yield

    # -- its end

    def _end(self, process: Process) -> None:
        world = self.world
        if process.was_killed:
            self.outcome = "killed"
            if self._workers is not None:
                seconds = world.random.uniform(0.0, 6.0)
                self._claims.tree_gone_at = max(self._claims.tree_gone_at, world.now + seconds)
                world.after(seconds, partial(self._workers.die, "its driver is gone"))
        world.tell(self.name, f"has ended: {self.outcome}")
        for bell in [key for key in self._selector.get_map() if isinstance(key, int)]:
            os.close(bell)
        for end in [key for key in self._selector.get_map() if hasattr(key, "peer")]:
            end.shut()
        if self.run is not None:
            with contextlib.suppress(SequentError):
                self.run.close()
        self._around.on_end(self)
