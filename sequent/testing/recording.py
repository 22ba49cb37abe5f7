"""Records the events of a simulated run, from the observer and from the commits of the driver."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Several
from typing import Any, cast

from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import Scope, Sequence, depth_of_host, host_in, sequence_text
from sequent.model.status import RunStatus, Status
from sequent.runtime.ports import DrivenRun
from sequent.runtime.records import RunRecord
from sequent.runtime.rows import Ask, Batch, FrameOpening, TaskKey, Wait
from sequent.testing.clock import FakeClock
from sequent.testing.events import Event, Kind

Key = tuple[str, Sequence]
"""Path and sequence. A container as a whole has the sequence of its own container; an iteration has one number more."""

Watch = Callable[[int, float], None]
"""Is told the progress of a simulation: the number of attempts that have ended, and the seconds since its beginning."""

_KINDS = {
    Status.SUCCESS: Kind.ENDED,
    Status.FAILURE: Kind.ENDED,
    Status.WAITING: Kind.LOST,
    Status.SKIPPED: Kind.SKIPPED,
    Status.CANCELLED: Kind.CANCELLED,
}


class Recording:
    """The events of a run, over all its recoveries; satisfies the port ``Observer``.

    Events of tasks are observed after their commit. The events of containers and waits in a commit come after the tasks
    that had settled by then, and before those that start in consequence.
    """

    def __init__(self, plan: Plan, clock: FakeClock, watch: Watch | None = None) -> None:
        self._plan = plan
        self._clock = clock
        self._watch = watch
        self._ended = 0
        self._late: list[Event] = []
        self._sequences: dict[int, Sequence] = {0: ()}
        """The sequence of each stored frame, by its id."""
        self._problems: dict[tuple[int, int], Problem] = {}
        self._holds: defaultdict[str, dict[TaskKey | None, int]] = defaultdict(dict)
        self.events: list[Event] = []
        self.statuses: dict[Key, Status] = {}
        self.peaks: dict[str, int] = {}
        """The largest amount of each pool that was held at once, in this recovery."""

    def begin(self) -> None:
        """Begin another recovery: later events belong to it, and its tasks hold nothing yet."""
        self.events = []
        self.peaks = {}
        for holders in self._holds.values():
            kept = holders.get(None, 0)
            holders.clear()
            if kept:
                holders[None] = kept

    def _event(self, kind: Kind, node: int, sequence: Sequence, **more: Any) -> Event:
        return Event(
            at=self._clock.elapsed,
            kind=kind,
            path=dotted(self._plan.nodes[node].path),
            sequence=sequence_text(sequence),
            host=host_in(sequence),
            host_depth=depth_of_host(sequence),
            **more,
        )

    def _flush(self) -> None:
        if self._late:
            self.events += self._late
            self._late.clear()

    # -- from the observer

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        """Do nothing: the beginning is not recorded."""

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._flush()
        self.events.append(self._event(Kind.STARTED, node, scope.sequence, attempt=attempt))
        self._set(node, scope.sequence, Status.ACTIVE)

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        if status in (Status.SUCCESS, Status.FAILURE) and not attempt:
            # It was passed over, which the commit records; or its last attempt was reported as a failure.
            return
        kind = _KINDS[status]
        told = status if kind is Kind.ENDED else None
        event = self._event(kind, node, scope.sequence, attempt=attempt, status=told, problem=problem)
        self.events.append(event)
        self._set(node, scope.sequence, status)
        if self._watch is not None and kind is Kind.ENDED:
            self._ended += 1
            self._watch(self._ended, self._clock.elapsed)

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        """Record its end; the wait is recorded with the commit."""
        self.task_settled(scope, node, attempt, Status.FAILURE, problem, log)

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """Do nothing: it is recorded with the commit."""

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        self._flush()
        self.events.append(self._event(Kind.ASKED, node, scope.sequence))
        self._set(node, scope.sequence, Status.READY)

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """Do nothing: it is recorded with the commit."""

    def draw_failed(self, node: int, problem: Problem) -> None:
        """Do nothing: it is recorded with the end of the container."""

    def note(self, text: str) -> None:
        """Do nothing: notes are not recorded."""

    def run_ended(self, status: RunStatus) -> None:
        self._flush()

    def _set(self, node: int, sequence: Sequence, status: Status) -> None:
        self.statuses[dotted(self._plan.nodes[node].path), sequence] = status

    # -- from the commits

    def committed(self, batch: Batch) -> None:
        """Record the containers, waits and pools of a commit."""
        self._flush()
        for opening in batch.frames:
            self._learn(opening)
        new = dict.fromkeys(opening.key for opening in batch.frames)
        for task, _ in batch.outdated:
            self._set(task.node, self._sequence(task), Status.WAITING)
        for passing in batch.passed:
            self._set(passing.key.node, self._sequence(passing.key), Status.SUCCESS)
            self._late.append(self._event(Kind.PASSED, passing.key.node, self._sequence(passing.key)))
        for problem in batch.container_problems:
            self._problems[problem.frame, problem.node] = problem.problem
        # An iteration in which nothing is executed may open and close in one commit.
        begun = [(key, Status.ACTIVE) for key in new]
        before = [each for each in batch.closed_frames if each[0] not in new]
        for key, status in (*before, *begun, *(each for each in batch.closed_frames if each[0] in new)):
            self._iteration(key.parent, key.node, key.number, status)
        for repeat in batch.repeats:
            self._whole(repeat.frame, repeat.node, Status.ACTIVE)
        for frame, node, status in batch.closed_repeats:
            self._whole(frame, node, status)
        self._late += (self._wait(wait) for wait in batch.waits if not (wait.attempt and self._asks(wait.key.node)))
        for hold in batch.holds:
            self._hold(hold.pool, hold.key, hold.amount)
        self._measure()

    def granted(self, asks: Several[Ask]) -> None:
        """Record the amounts held of shared pools; the tasks that waited for them start by a later commit."""
        for ask in asks:
            for pool, amount in ask.amounts:
                self._hold(pool, ask.key, amount)

    def _learn(self, opening: FrameOpening) -> None:
        key = opening.key
        last = json.loads(opening.item or "") if self._is_copy(key.node) else key.number
        self._sequences[opening.id] = (*self._sequences[key.parent], last)

    def _iteration(self, parent: int, node: int, number: int, status: Status) -> None:
        container = self._plan.nodes[node]
        if not container.path or self._is_copy(node):
            # The copies have events of their own.
            return
        sequence = (*self._sequences[parent], number)
        self._set(node, sequence, status)
        if isinstance(container, ContainerPlan) and container.repeats is None:
            self._set(node, sequence[:-1], status)
        if status is Status.ACTIVE:
            self._late.append(self._event(Kind.OPENED, node, sequence))
        else:
            problem = self._problems.pop((parent, node), None)
            self._late.append(self._event(Kind.CLOSED, node, sequence, status=status, problem=problem))

    def _is_copy(self, node: int) -> bool:
        container = self._plan.nodes[node]
        return isinstance(container, ContainerPlan) and container.is_copied

    def _asks(self, node: int) -> bool:
        step = self._plan.nodes[node]
        return isinstance(step, StepPlan) and step.asks

    def _whole(self, frame: int, node: int, status: Status) -> None:
        self._set(node, self._sequences[frame], status)

    def _sequence(self, key: TaskKey) -> Sequence:
        around = self._sequences[key.frame]
        return (*around, key.iteration) if key.iteration else around

    def _wait(self, wait: Wait) -> Event:
        key, sequence = wait.key, self._sequence(wait.key)
        until = wait.due_boot if wait.boot else self._clock.elapsed_at(wait.due)
        return self._event(Kind.WAITS, key.node, sequence, attempt=wait.attempt, until=until)

    def _hold(self, pool: str, key: TaskKey | None, amount: int) -> None:
        holders = self._holds[pool]
        if amount:
            holders[key] = amount
        else:
            holders.pop(key, None)

    def _measure(self) -> None:
        for pool, holders in self._holds.items():
            self.peaks[pool] = max(self.peaks.get(pool, 0), sum(holders.values()))


class _Recorded:
    """A run that passes its commits to a recording."""

    def __init__(self, run: DrivenRun, recording: Recording) -> None:
        self._run = run
        self._recording = recording

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def commit(self, batch: Batch) -> None:
        self._run.commit(batch)
        self._recording.committed(batch)

    def ask(self, asks: Several[Ask]) -> list[Ask]:
        granted = self._run.ask(asks)
        self._recording.granted(granted)
        return granted


def recorded(run: DrivenRun, recording: Recording) -> DrivenRun:
    """Return the same run, which passes its commits to the recording."""
    return cast("DrivenRun", _Recorded(run, recording))
