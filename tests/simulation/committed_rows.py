"""The rows of a run as its committed batches say: never read back from the store but to be compared with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from attrs import define

from sequent.model.json_text import read_json
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.references import Path
from sequent.model.status import Status
from sequent.runtime.rows import Batch, Ending, FrameKey, Intent, TaskKey

Violated = Callable[[str, TaskKey, str], None]
"""Takes the number of the broken promise, the task, and what is wrong."""


@define(eq=False)
class Row:
    """An attempt, as it was committed."""

    token: str
    status: Status
    epoch: int
    result: str | None = None
    counts: bool = True
    """Whether it still counts, however it has ended."""
    was_executed: bool = True
    """Whether it stands for an execution, and not for what a person or a recovery has decided."""

    @property
    def is_success(self) -> bool:
        return self.counts and self.status is Status.SUCCESS


class CommittedRows:
    """The attempts and iterations of a run.

    Args:
        plan: the plan of the run.
        violated: called for rows that contradict others.
    """

    def __init__(self, plan: Plan, violated: Violated) -> None:
        self._plan = plan
        self._violated = violated
        self.rows: dict[tuple[TaskKey, int], Row] = {}
        self.place_of: dict[str, tuple[TaskKey, int]] = {}
        """By token, the task and attempt that was ordered last under it."""
        self._of_task: dict[TaskKey, list[int]] = {}
        self._frames: dict[int, tuple[FrameKey, str]] = {}
        """By id, the iterations: their places, and the host of a copy."""
        self._ended: set[str] = set()
        """The attempts of which an outcome was committed."""
        self.given_up: dict[str, str] = {}
        """The attempts on hosts of which a recovery knows nothing any more: a person has said that their host is gone,
        has let their tasks begin anew, or has passed these over. By token, their hosts."""
        self.assumed_lost: set[str] = set()
        """Those of hosts that are said to be gone: nothing more is known of them, and nobody waits for their end."""
        self.due: dict[tuple[TaskKey, int], float] = {}
        """By task and attempt (0: any): the time before which it may not start."""

    # -- reading

    def path(self, key: TaskKey) -> Path:
        """Return the path of a task."""
        return self._plan.nodes[key.node].path

    def host(self, key: TaskKey) -> str:
        """Return the host of the copy in which a task is; '' if it is in none."""
        frame = self._frames.get(key.frame)
        while frame is not None and not frame[1]:
            frame = self._frames.get(frame[0].parent)
        return "" if frame is None else frame[1]

    def numbered(self, key: TaskKey) -> Iterator[tuple[int, Row]]:
        """Yield the attempts of a task, with their numbers."""
        for number in self._of_task.get(key, ()):
            row = self.rows.get((key, number))
            if row is not None:
                yield number, row

    def of(self, key: TaskKey) -> list[Row]:
        """Return the attempts of a task."""
        return [row for _, row in self.numbered(key)]

    def has_ended(self, token: str) -> bool:
        """Return whether an outcome of an attempt was committed; a recovery has a row of its own for the same one."""
        return token in self._ended

    # -- batches

    def end(self, endings: Sequence[Ending]) -> None:
        """Take the ends of attempts."""
        for ending in endings:
            row = self.rows.get((ending.key, ending.attempt))
            if row is None:
                self._violated("I5", ending.key, f"attempt {ending.attempt} ends, and was not ordered")
                return
            if row.status not in (Status.ACTIVE, ending.status):
                what = f"attempt {ending.attempt} is {row.status}, and becomes {ending.status}"
                self._violated("I6", ending.key, what)
            row.status, row.result = ending.status, ending.result
            self._ended.add(row.token)

    def take_back(self, key: TaskKey, attempt: int) -> Row | None:
        """Take that an attempt was never begun; return its row."""
        row = self.rows.pop((key, attempt), None)
        if row is not None and row.status is not Status.ACTIVE:
            self._violated("I6", key, f"attempt {attempt} is taken back, and is {row.status}")
        return row

    def revise(self, batch: Batch, epoch: int) -> None:
        """Take what a recovery or a person has decided."""
        for key, attempt in (*batch.outdated, *batch.superseded):
            if (row := self.rows.get((key, attempt))) is not None:
                row.counts = False
                self._give_up(key, row)
        for key, attempt in batch.superseded:
            # What follows is no retry of it.
            self.due.pop((key, attempt + 1), None)
        for passing in batch.passed:
            self._decide(passing.key, passing.attempt, Row("", Status.SUCCESS, epoch, was_executed=False))
        for passing, source in batch.restored:
            before = self.rows[passing.key, source]
            result = Row("", Status.SUCCESS, epoch, before.result, was_executed=False)
            self._decide(passing.key, passing.attempt, result)
        for intent, ending in batch.marked:
            row = Row("", ending.status, epoch, ending.result, was_executed=False)
            self._decide(intent.key, intent.attempt, row)

    def lose(self, hosts: Collection[str]) -> None:
        """Take that these hosts are said to be gone, with all attempts that they may execute."""
        for (key, _), row in self.rows.items():
            if self.host(key) in hosts:
                self._give_up(key, row)
        self.assumed_lost.update(token for token, host in self.given_up.items() if host in hosts)

    def _give_up(self, key: TaskKey, row: Row) -> None:
        if row.status is Status.ACTIVE:
            self.given_up[row.token] = self.host(key)

    def _decide(self, key: TaskKey, attempt: int, row: Row) -> None:
        for other in self.of(key):
            self._give_up(key, other)
        before = self.rows.get((key, attempt))
        if before is not None and (before.was_executed or before.status is not row.status):
            self._violated("I6", key, f"attempt {attempt} is {before.status}, and is decided as {row.status}")
        self._add(key, attempt, row)

    def _add(self, key: TaskKey, attempt: int, row: Row) -> None:
        if (key, attempt) not in self.rows:
            self._of_task.setdefault(key, []).append(attempt)
        self.rows[key, attempt] = row

    def begin(self, intents: Sequence[Intent], epoch: int) -> list[Intent]:
        """Take the orders of attempts; return those that are new."""
        new: list[Intent] = []
        for intent in intents:
            token = intent.token.hex()
            before = self.rows.get((intent.key, intent.attempt))
            if before is not None and before.token != token:
                self._violated("I6", intent.key, f"attempt {intent.attempt} is ordered twice")
            if before is not None:
                continue
            for number, other in self.numbered(intent.key):
                if other.status is Status.ACTIVE and other.epoch == epoch:
                    self._violated("I1", intent.key, f"attempts {number} and {intent.attempt} at once")
            self._add(intent.key, intent.attempt, Row(token, Status.ACTIVE, epoch))
            self.place_of[token] = (intent.key, intent.attempt)
            new.append(intent)
        return new

    # -- iterations

    def iterate(self, batch: Batch) -> None:
        """Take the repeats that begin anew, and the iterations that begin."""
        for frame, container, step in batch.renewed:
            inside = self._inside(frame, container)
            gone = [place for place in self.rows if place[0].frame in inside]
            if step is not None:
                gone += [place for place in self.rows if place[0].frame == frame and place[0].node == step]
            for key, attempt in gone:
                self._give_up(key, self.rows.pop((key, attempt)))
                self._of_task[key].remove(attempt)
            for key, attempt in [*self.due]:
                # The numbers of iterations are used again.
                if key.frame in inside or (key.frame, key.node) == (frame, step):
                    del self.due[key, attempt]
            for each in inside:
                del self._frames[each]
        for opening in batch.frames:
            container_plan = self._plan.nodes[opening.key.node]
            host = ""
            if isinstance(container_plan, ContainerPlan) and container_plan.is_copied and opening.item is not None:
                host = str(read_json(opening.item, "a host"))
            self._frames[opening.id] = opening.key, host

    def _inside(self, frame: int, container: int) -> set[int]:
        inside = {each for each, (key, _) in self._frames.items() if (key.parent, key.node) == (frame, container)}
        while more := {each for each, (key, _) in self._frames.items() if key.parent in inside} - inside:
            inside |= more
        return inside
