"""The steps' code: each execution begins, takes its time and ends, wherever that is; a ledger has them all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from selectors import BaseSelector

from attrs import define

from sequent.model.items import digest_of
from sequent.model.outcome import Problem
from sequent.model.status import Verdict
from sequent.model.story import Artifact, Note, StoryPart
from sequent.runtime.artifact_files import keep_artifact
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptKey,
    AttemptLost,
    AttemptOrder,
    AttemptTakenBack,
    DrawnReport,
    DrawOrder,
    ItemFound,
    PaceChanged,
    RepeatFound,
    Report,
    StoryTold,
    WorkerSetup,
)
from tests.simulation.faults import Fault
from tests.simulation.workload import Workload
from tests.simulation.world import Flag, World

Task = tuple[str, str]
"""The path of a task with its host, and its sequence."""
Watcher = Callable[["Execution"], None]


@define(eq=False)
class Execution:
    """One execution of the code of a step."""

    order: AttemptOrder
    place: str
    """The driver or host on which it is executed."""
    is_remote: bool
    began: float
    has_ended: bool = False

    @property
    def task(self) -> Task:
        return self.order.located, self.order.sequence


class Ledger:
    """All executions.

    Args:
        world: the world.
        workload: the flow, and how its steps end.
    """

    def __init__(self, world: World, workload: Workload) -> None:
        self._world = world
        self._workload = workload
        self.running: list[Execution] = []
        self.ended: Counter[Task] = Counter()
        """By task, the executions whose code has come to its end."""
        self.watchers: list[Watcher] = []
        """Called before an execution begins."""
        self.begun_on: defaultdict[str, set[str]] = defaultdict(set)
        """By place, the attempts that have begun there."""
        self.ended_on: defaultdict[str, set[str]] = defaultdict(set)
        """By place, the attempts whose code has come to its end under the present agent."""
        self.lost_tokens: set[str] = set()
        """The attempts that a power cut has ended, or made their host forget."""

    def begin(self, order: AttemptOrder, place: str, *, is_remote: bool) -> Execution:
        """Begin to execute the code of a step."""
        execution = Execution(order, place, is_remote, self._world.now)
        for look in self.watchers:
            look(execution)
        self.running.append(execution)
        self.begun_on[place].add(order.token)
        self._world.trace.count("execution")
        self._world.tell(place, f"begins {order.located}/{order.sequence} attempt {order.attempt} {order.token[:6]}")
        return execution

    def stop(self, execution: Execution, why: str) -> None:
        """End an execution before its end."""
        if not execution.has_ended:
            execution.has_ended = True
            self.running.remove(execution)
            order = execution.order
            self._world.tell(execution.place, f"stops {order.located}/{order.sequence}: {why}")

    def finish(self, execution: Execution) -> AttemptEnded:
        """Let the code come to its end; return the outcome."""
        order = execution.order
        execution.has_ended = True
        self.running.remove(execution)
        self.ended[execution.task] += 1
        self.ended_on[execution.place].add(order.token)
        has_failed = self._workload.fails(
            execution.task, self.ended[execution.task], are_over=self._world.rates.are_over
        )
        seconds = self._world.now - execution.began
        key = (order.frame, order.node, order.attempt)
        self._world.tell(
            execution.place,
            f"ends {order.located}/{order.sequence} {order.token[:6]}: {'failure' if has_failed else 'success'}",
        )
        if has_failed:
            return AttemptEnded(*key, problem=Problem(type="SimulatedError", message="it fails"), seconds=seconds)
        verdict = Verdict.UNKNOWN
        if order.wants_verdict:
            verdict = Verdict.TRUTHY if self._workload.is_truthy(execution.task) else Verdict.FALSY
        return AttemptEnded(*key, self._workload.result_of(execution.task), verdict, seconds=seconds)

    def drawn(self, order: DrawOrder) -> DrawnReport:
        """Find the items of a repeat, or draw the next one."""
        items = self._workload.items[order.path]
        if order.number:
            item = items[order.number - 1] if order.number <= len(items) else None
            return ItemFound(order.frame, order.node, order.number, item)
        if order.path in self._workload.iterators:
            kept = [item for number, item in enumerate(items[: order.skip], 1) if number not in order.missing]
            again = tuple(items[number - 1] for number in order.missing)
            return RepeatFound(order.frame, order.node, None, digest_of(kept), again)
        return RepeatFound(order.frame, order.node, f"[{','.join(items)}]")


class SimulatedWorkers:
    """Workers of a driver or of an agent; satisfies the ports ``Executor`` and ``HostWorkers``.

    Args:
        world: the world.
        ledger: knows all executions.
        place: the name of the driver or host.
        slots: the number of attempts that are executed at once.
        is_remote: whether this is a host.
        directory: the directory of its agent, for artifacts.
        is_frozen: returns until when nothing goes on there.
        step: marks an operation of the process that has the workers.
    """

    def __init__(
        self,
        world: World,
        ledger: Ledger,
        place: str,
        slots: int,
        *,
        is_remote: bool,
        directory: str = "",
        step: Callable[[str], None],
        is_frozen: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._world = world
        self._ledger = ledger
        self._place = place
        self._slots = slots
        self._is_remote = is_remote
        self._directory = directory
        self._is_frozen = is_frozen
        self._step = step
        self._flag = Flag()
        self._reports: list[Report] = []
        self._queue: list[AttemptOrder] = []
        self._running: dict[AttemptKey, Execution] = {}
        self._paced: set[int] = set()
        self.is_ending = False
        self.is_dead = False
        self.loaded: Problem | bool = True

    # -- the ports

    def open(self, selector: BaseSelector) -> None:
        selector.register(self._flag, 1, self._flag.clear)

    def renew(self, setup: WorkerSetup) -> None:
        """A new driver has come."""

    def start(self, order: AttemptOrder) -> None:
        self._step(f"start of {order.path}")
        if self.is_ending:
            self._tell(AttemptTakenBack(*_key(order)))
            return
        self._queue.append(order)
        self._world.after(self._world.random.uniform(0.0, 0.2), self._fill)
        self._step("start done")

    def take_back(self, frame: int, node: int, attempt: int) -> None:
        self._drop((frame, node, attempt))

    def end_attempt(self, frame: int, node: int, attempt: int) -> None:
        key = (frame, node, attempt)
        if not self._drop(key) and key in self._running:
            self._world.after(self._world.random.uniform(0.0, 10.0), lambda: self._end(key))

    def end_tasks(self, *, at_once: bool) -> None:
        self.is_ending = True
        for order in [*self._queue]:
            self._drop(_key(order))
        grace = 0.1 if at_once else 10.0
        for key in [*self._running]:
            self._world.after(self._world.random.uniform(0.0, grace), lambda key=key: self._end(key))

    def draw(self, order: DrawOrder) -> None:
        self._step(f"draw of {order.path}")
        self._world.after(self._world.random.uniform(0.001, 1.0), partial(self._answer, order))

    def _answer(self, order: DrawOrder) -> None:
        if not self.is_dead:
            self._world.trace.count("draw")
            self._tell(self._ledger.drawn(order))

    def forget(self, frame: int, node: int) -> None:
        """No iterator is kept here."""

    def acknowledge(self, frame: int, node: int, attempt: int) -> None:
        """Nothing is kept here."""

    def send(self) -> None:
        """Nothing waits to be sent."""

    def reports(self) -> list[Report]:
        self._flag.clear()
        reports, self._reports = self._reports, []
        return reports

    def seconds_left(self) -> float | None:
        return None

    def close(self) -> None:
        """End all processes, and wait until they are gone."""
        self.die("closed")

    # -- what happens in them

    def die(self, why: str) -> None:
        """End everything at once, with no report."""
        self.is_dead = True
        self._queue.clear()
        for execution in self._running.values():
            self._ledger.stop(execution, why)
        self._running.clear()

    def _tell(self, report: Report) -> None:
        self._reports.append(report)
        self._flag.set()

    def _drop(self, key: AttemptKey) -> bool:
        for order in self._queue:
            if _key(order) == key:
                self._queue.remove(order)
                self._tell(AttemptTakenBack(*key))
                return True
        return False

    def _fill(self) -> None:
        if (until := self._is_frozen()) > self._world.now:
            self._world.after(until - self._world.now, self._fill)
            return
        while self._queue and len(self._running) < self._slots and not self.is_dead and not self.is_ending:
            order = self._queue.pop(0)
            key = _key(order)
            execution = self._running[key] = self._ledger.begin(order, self._place, is_remote=self._is_remote)
            if order.announces:
                self._tell(AttemptBegan(*key))
            random = self._world.random
            short = 0.001, random.uniform(0.01, 1.0)
            long = random.uniform(0.5, 20.0), random.uniform(10.0, 90.0)
            # Aimed faults find more to meet if most steps on hosts last.
            lasts = self._is_remote and self._world.rates.are_aimed
            seconds = random.choice((*short, *long, *(long if lasts else ())))
            if self._world.strikes(Fault.WORKER_LOST):
                self._world.after(seconds / 2, partial(self._lose, key, execution))
            else:
                self._world.after(seconds, partial(self._finish, key, execution))
            if seconds < 0.005 and order.node not in self._paced and not self._is_remote:
                self._paced.add(order.node)
                self._tell(PaceChanged(order.node, is_quick=True))

    def _finish(self, key: AttemptKey, execution: Execution) -> None:
        if (until := self._is_frozen()) > self._world.now:
            self._world.after(until - self._world.now, lambda: self._finish(key, execution))
        elif self._running.get(key) is execution:
            del self._running[key]
            if self._world.tells_stories and self._is_remote:
                self._tell(StoryTold(*key, self._story_of(execution.order.token)))
            self._tell(self._ledger.finish(execution))
            self._fill()

    def _story_of(self, token: str) -> tuple[StoryPart, ...]:
        """Leave an artifact with the token of an attempt; return it with a note."""
        data = token.encode()
        digest = keep_artifact(self._directory, data)
        artifact = Artifact(at=1.0, title=token, name="token", media="text/plain", size=len(data), digest=digest)
        return Note(at=1.0, text=token), artifact

    def _lose(self, key: AttemptKey, execution: Execution) -> None:
        if self._running.get(key) is execution:
            del self._running[key]
            self._ledger.stop(execution, "its worker is lost")
            self._tell(AttemptLost(*key, "its agent ended"))
            self._fill()

    def _end(self, key: AttemptKey) -> None:
        execution = self._running.pop(key, None)
        if execution is not None:
            self._ledger.stop(execution, "ended on purpose")
            self._tell(AttemptEnded(*key, problem=Problem(type="Signal", message="ended by a signal", signal=15)))
            self._fill()


def _key(order: AttemptOrder) -> AttemptKey:
    return order.frame, order.node, order.attempt
