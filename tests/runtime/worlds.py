"""A driver, a store in memory and an executor that does as a test says: the driver's world, made small."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from typing import Any, ClassVar

from attrs import evolve

import sequent
from sequent.compiler import compile_flow
from sequent.dsl.specification.definitions import definition_of
from sequent.model.directives import NO_DIRECTIVES
from sequent.model.outcome import Problem
from sequent.model.run_target import Target
from sequent.model.status import Construct, RunStatus, Status
from sequent.runtime.clock import SystemClock
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.loop import Driver
from sequent.runtime.orders import AttemptEnded, AttemptOrder, DrawOrder, EarlierGone, Report
from sequent.runtime.ports import DrivenRun, Executor, Store
from sequent.runtime.rows import Batch
from sequent.runtime.store import open_store


def work() -> None:
    """Be a step's function."""


class Nobody:
    """Watches, and keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.settled: list[tuple[str, Status]] = []
        self.retried: list[tuple[str, int, float]] = []
        self.waits: list[tuple[str, float]] = []
        self.asked: list[tuple[str, str]] = []
        self.queued: list[dict[str, int]] = []

    def run_began(self, record, plan):
        self._plan = plan

    def task_started(self, scope, node, attempt):
        pass

    def task_settled(self, scope, node, attempt, status, problem, log):
        self.settled.append((".".join(self._plan.nodes[node].path), status))

    def attempt_failed(self, scope, node, attempt, problem, log, wait):
        self.retried.append((".".join(self._plan.nodes[node].path), attempt, wait))

    def task_asks(self, scope, node, text):
        self.asked.append((".".join(self._plan.nodes[node].path), text))

    def task_waits(self, scope, node, seconds):
        self.waits.append((".".join(self._plan.nodes[node].path), seconds))

    def tasks_queue(self, numbers):
        self.queued.append({".".join(self._plan.nodes[node].path): number for node, number in numbers.items()})

    def draw_failed(self, node, problem):
        pass

    def note(self, text):
        self.notes.append(text)

    def run_ended(self, status):
        pass


class Killed(Exception):
    """The driver is gone, as if it were killed."""


class FakeClock:
    """Clocks that stand still until they are moved."""

    def __init__(self) -> None:
        self.wall = 1_000_000_000.0
        self.boot = 5_000.0
        self.which = "first"
        self.looks = 0
        self.sleeps: list[float] = []
        self.jumps: tuple[float, float] | None = None
        """The time since boot from which on somebody has put the wall clock forward, and by how much."""
        self._appointments: list[tuple[float, Callable[[], None]]] = []
        self.dies_at: float | None = None
        """The time since boot at which whoever sleeps is killed."""

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        """Go on with each look: whoever looks awhile must come to an end."""
        self.looks += 1
        return self.boot + self.looks / 10_000

    def boottime(self) -> float:
        return self.boot

    def boot_id(self) -> str:
        return self.which

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds
        for appointment in [found for found in self._appointments if found[0] <= self.boot]:
            self._appointments.remove(appointment)
            appointment[1]()
        if self.jumps is not None and self.boot >= self.jumps[0]:
            self.wall += self.jumps[1]
            self.jumps = None

    def at(self, boot: float, act: Callable[[], None]) -> None:
        """Have something done once so much time has passed since boot."""
        self._appointments.append((boot, act))

    def sleep(self, seconds: float) -> None:
        """Let time pass in a sleep, out of which the sleeper may be killed."""
        self.sleeps.append(seconds)
        if self.dies_at is not None and self.boot + seconds >= self.dies_at:
            self.pass_time(self.dies_at - self.boot)
            self.dies_at = None
            raise Killed
        self.pass_time(seconds)

    def reboot(self, *, after: float = 0.0) -> None:
        """The machine is off for so long, and counts anew."""
        self.wall += after
        self.boot = 7.0
        self.which += "'"


class FakeSelector:
    """A selector in whose sleeps the fake clock goes on, if nothing is ready."""

    def __init__(self, real: BaseSelector, clock: FakeClock) -> None:
        self._real = real
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def select(self, timeout: float | None = None) -> Any:
        ready = self._real.select(0)
        if not ready and timeout != 0:
            assert timeout is not None, "the driver sleeps for ever"
            self._clock.sleep(timeout)
        return ready


class Hands:
    """An executor whose attempts end as a test says, as soon as they have been ordered."""

    def __init__(self, end: Callable[[AttemptOrder], Report | None]) -> None:
        self.end = end
        self.orders: list[AttemptOrder] = []
        self.ended_at_once: list[bool] = []
        self.acknowledged: list[tuple[int, int, int]] = []
        self.ended_earlier: list[str] = []
        self._reports: list[Report] = []
        self._wake, self._woken = os.pipe2(os.O_NONBLOCK)
        self.draws: Callable[[DrawOrder], Report] | None = None

    def open(self, selector: BaseSelector) -> None:
        selector.register(self._wake, EVENT_READ, self._drain)

    def start(self, order: AttemptOrder) -> None:
        self.orders.append(order)
        report = self.end(order)
        if report is not None:
            self.tell(report)

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        pass

    def acknowledge(self, frame: int, node: int, attempt: int) -> None:
        self.acknowledged.append((frame, node, attempt))

    def end_earlier(self, token: str) -> None:
        self.ended_earlier.append(token)
        self.tell(EarlierGone(token))

    def send(self) -> None:
        pass

    def seconds_left(self) -> float | None:
        return None

    def tell(self, report: Report) -> None:
        self._reports.append(report)
        os.write(self._woken, b".")

    def draw(self, order: DrawOrder) -> None:
        assert self.draws is not None
        self.tell(self.draws(order))

    def forget(self, frame: int, node: int) -> None:
        pass

    def reports(self) -> list[Report]:
        """Give them; whoever has them is not woken for them again, so that a wake which is missing is missed."""
        self._drain()
        reports, self._reports = self._reports, []
        return reports

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 64)

    def end_tasks(self, *, at_once: bool) -> None:
        self.ended_at_once.append(at_once)
        for order in self.orders:
            problem = Problem(type="Signal", message="ended", signal=15)
            self.tell(AttemptEnded(order.frame, order.node, order.attempt, problem=problem))

    def close(self) -> None:
        os.close(self._wake)
        os.close(self._woken)


def success(order: AttemptOrder) -> Report:
    return AttemptEnded(order.frame, order.node, order.attempt, "null")


class Watched:
    """A run of the memory store that lets a test look at each commit, or have it fail."""

    def __init__(self, run: DrivenRun, look: Callable[[Batch], None]) -> None:
        self._run = run
        self._look = look
        self.commits = 0

    def __getattr__(self, name):
        return getattr(self._run, name)

    def commit(self, batch: Batch) -> None:
        self._look(batch)
        self._run.commit(batch)
        self.commits += 1


class World:
    """A flow, a store in memory, and a driver between them."""

    made: ClassVar[list[World]] = []

    def __init__(self, flow: sequent.Sequent, store: Store | None = None) -> None:
        """Take a flow, and a store that others use as well, which a test then closes itself."""
        self.plan = compile_flow(definition_of(flow).spec, {})
        self.store = store or open_store(":memory:")
        if store is None:
            self.made.append(self)
        self.run = self.store.create(Target(flow="f", cwd="."), self.plan, None, {})
        self.observer = Nobody()
        self.is_taken = False

    def drive(
        self,
        hands: Hands,
        *,
        slots: int = 2,
        look: Callable[[Batch], None] | None = None,
        clock: FakeClock | None = None,
        host_executor: Callable[[str], Executor] | None = None,
        hears_people: bool = False,
        **how: Any,
    ) -> RunStatus:
        """Drive the run, and let a test look at each commit; with a clock of its own, no time passes but in sleeps."""
        watched = Watched(self.run, look or (lambda batch: None))
        with contextlib.ExitStack() as stack:
            real = stack.enter_context(DefaultSelector())
            stack.callback(hands.close)

            def at(host: str) -> Executor:
                assert host_executor is not None
                made = host_executor(host)
                stack.callback(made.close)
                return made

            adapters = Adapters(
                run=watched,
                executors={Construct.PROCESS: hands},
                drawer=hands,
                clock=clock or SystemClock(),
                observer=self.observer,
                selector=real if clock is None else FakeSelector(real, clock),
                host_executor=at if host_executor else None,
                hears_people=hears_people,
                question_text=lambda path, values: f"{path[-1]}? {' '.join(values)}",
                read_result=lambda path, text, *, is_answer=False: text or "null",
            )
            directives = how.get("directives", NO_DIRECTIVES)
            saved = self.run.saved(self.plan, directives) if self.is_taken else None
            if saved is not None:
                adapters = evolve(adapters, handed_over=tuple(self.run.handed_over()))
            return Driver(self.plan, adapters, slots=slots, saved=saved, **how).drive()

    def recover(self) -> None:
        self.run.close()
        self.run = self.store.take(self.run.record.id)
        self.is_taken = True

    def resume(self) -> None:
        """Take the run to continue it."""
        self.run.close()
        self.run = self.store.take(self.run.record.id, resumes=True)
        self.is_taken = True


def chain(*names: str) -> sequent.Sequent:
    flow = sequent.Sequent("f")
    before = None
    for name in names:
        requires = () if before is None else ((before, sequent.STEP_SUCCESS),)
        before = flow.add_step(name, func=work, requires=requires)
    return flow


def close_worlds() -> None:
    """Leave no directory of a store in memory behind."""
    while World.made:
        World.made.pop().store.close()
