"""The promises that hold in every simulation, whatever happens: checked at each commit, at each start, and at the end.

The numbers are those of the list in ``docs/decisions/0029-the-simulation.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sequent.model.directives import Directives
from sequent.model.references import dotted
from sequent.model.status import RunStatus, Status
from sequent.model.story import Artifact, Note, StoryPart
from sequent.runtime.rows import Batch, Ending, TaskKey
from tests.simulation.committed_rows import CommittedRows, Row
from tests.simulation.executions import Ledger, Task
from tests.simulation.expectation import depends_on_time, expected_successes
from tests.simulation.hosts import SimulatedHost
from tests.simulation.pool_use import PoolUse
from tests.simulation.start_checks import StartChecks
from tests.simulation.steering import Steering
from tests.simulation.store import Claims
from tests.simulation.workload import Workload
from tests.simulation.world import Violation, World


class Invariants:
    """Watches a run.

    Args:
        world: the world.
        workload: the flow of the run.
        ledger: its executions.
        claims: the process that may drive it.
        hosts: its hosts.
        pools: the pools of all runs.
    """

    def __init__(
        self,
        world: World,
        workload: Workload,
        ledger: Ledger,
        claims: Claims,
        hosts: Mapping[str, SimulatedHost],
        pools: PoolUse,
    ) -> None:
        self._world = world
        self._workload = workload
        self._plan = workload.plan
        self._ledger = ledger
        self._hosts = (*hosts,)
        self.epoch = 0
        """The epoch of the run."""
        self._committed = CommittedRows(workload.plan, lambda number, key, what: self._violated_by(number, key, what))
        self._starts = StartChecks(world, workload, ledger, claims, hosts, self._committed, pools, self._violated)
        self.steering = Steering(workload.plan, self._committed, self._violated)
        self._holds: dict[tuple[TaskKey | None, str], int] = {}
        self._capacities = {pool.name: pool.capacity for pool in self._plan.pools if not pool.is_shared}

    def _violated(self, number: str, what: str) -> None:
        self._world.tell("violation", f"{number}: {what}")
        raise Violation(f"{number}: {what} (seed {self._world.seed})")

    def _violated_by(self, number: str, key: TaskKey, what: str) -> None:
        name = f"{dotted(self._plan.nodes[key.node].path)} in frame {key.frame}, iteration {key.iteration}"
        self._violated(number, f"{name}: {what}")

    # -- commits

    def taken(self, name: str, epoch: int, directives: Directives, assumed_lost: tuple[str, ...]) -> None:
        """Check that a driver has taken the run in a new epoch; the holds of tasks are gone."""
        if epoch <= self.epoch:
            self._violated("I7", f"{name} takes the run in epoch {epoch}, after {self.epoch}")
        self.epoch = epoch
        for holder in [holder for holder in self._holds if holder[0] is not None]:
            del self._holds[holder]
        self.steering.taken(epoch, directives)
        self._committed.lose(assumed_lost)

    def committed(self, name: str, epoch: int, batch: Batch) -> None:
        """Check a batch that was committed."""
        if epoch < self.epoch:
            self._violated("I7", f"{name} writes in epoch {epoch}, and the run is in {self.epoch}")
        committed = self._committed
        committed.iterate(batch)
        for ending in batch.endings:
            self._check_loss(ending)
        committed.end(batch.endings)
        self._check_stories(batch)
        for key, attempt in batch.taken_back:
            row = committed.take_back(key, attempt)
            if row is not None and self._starts.has_begun(row.token):
                self._violated_by("I6", key, f"attempt {attempt} is taken back, and has begun")
        committed.revise(batch, epoch)
        new = committed.begin(batch.intents, epoch)
        self.steering.committed(epoch, batch, new)
        for wait in batch.waits:
            if wait.length is not None:
                committed.due.setdefault((wait.key, wait.attempt), wait.due_boot)
        for hold in batch.holds:
            self._holds[hold.key, hold.pool] = hold.amount
        self._check_pools()
        self._starts.is_over |= batch.end is not None and batch.end.status is RunStatus.SUCCESS

    def _check_loss(self, ending: Ending) -> None:
        """I8: no attempt is lost whose outcome is on its host's disk."""
        row = self._committed.rows.get((ending.key, ending.attempt))
        if ending.status is not Status.WAITING or row is None or self._committed.has_ended(row.token):
            return
        if row.token not in self._committed.given_up and (host := self._starts.with_outcome(row.token)) is not None:
            self._violated_by("I8", ending.key, f"attempt {ending.attempt} is lost, and its outcome is on {host}")

    def _check_stories(self, batch: Batch) -> None:
        """I18: the success of an attempt on a host is committed with all that it has left, and nothing else is."""
        if not self._world.tells_stories:
            return
        told = {(story.key, story.attempt): story.parts for story in batch.stories}
        ends = {(ending.key, ending.attempt): ending.status for ending in batch.endings}
        for (key, attempt), status in ends.items():
            row = self._committed.rows[key, attempt]
            was_there = any(row.token in self._ledger.begun_on[host] for host in self._hosts)
            if was_there and status is Status.SUCCESS and len(told.get((key, attempt), ())) != 2:
                self._violated_by("I18", key, f"attempt {attempt} succeeds, and what it has left is missing")
        for (key, attempt), (note, artifact) in told.items():
            token = self._committed.rows[key, attempt].token
            is_whole = isinstance(note, Note) and isinstance(artifact, Artifact)
            if not is_whole or {note.text, artifact.title} != {token} or (key, attempt) not in ends:
                self._violated_by("I18", key, f"attempt {attempt} has what another one has left, or no end")
            self._world.trace.count("story")

    def check_stories(self, told: Sequence[tuple[StoryPart, bytes | None]]) -> None:
        """I18: at the end, the store has each note and artifact once, and each artifact is whole."""
        notes = [part.text for part, _ in told if isinstance(part, Note)]
        contents = [data.decode() for _, data in told if data is not None]
        if len(set(notes)) < len(notes) or sorted(contents) != sorted(notes):
            self._violated("I18", f"the store has notes {notes} and artifacts {contents}")

    def _check_pools(self) -> None:
        """I4: the rows never give more of a pool than there is."""
        for pool, capacity in self._capacities.items():
            held = sum(amount for (_, name), amount in self._holds.items() if name == pool)
            if held > capacity:
                self._violated("I4", f"{held} of the pool {pool} are held, of {capacity}")

    # -- the end

    def check_end(self, attempts: list[tuple[str, int, Status]], status: RunStatus) -> None:
        """Check the world once the run has ended, and no driver lives."""
        if status is not RunStatus.SUCCESS:
            self._violated("I9", f"the run is {status} at the end")
        left = [each for each in self._ledger.running if each.order.token not in self._committed.given_up]
        if left:
            self._violated("I10", f"steps are executed at the end: {left[0].task}")
        if held := [name for (key, name), amount in self._holds.items() if amount and key is not None]:
            self._violated("I10", f"pools are held at the end: {held}")
        self._check_rows(attempts)

    def _check_rows(self, attempts: list[tuple[str, int, Status]]) -> None:
        """I12: the rows are what the committed batches say."""
        own = sorted(
            (dotted(self._committed.path(key)), number, _shown(row))
            for (key, number), row in self._committed.rows.items()
        )
        # An attempt that nobody can end any more is a lost one.
        stored = sorted(
            (path, number, Status.WAITING if status is Status.ACTIVE else status) for path, number, status in attempts
        )
        if own != stored:
            differing = [(one, other) for one, other in zip(own, stored, strict=False) if one != other][:3]
            self._violated("I12", f"the store has other attempts: {differing}, {len(own)} and {len(stored)}")

    def check_successes(self, found: set[Task]) -> None:
        """I11: if no attempt failed, the tasks that succeeded are those of a run without faults."""
        has_failed = any(row.status is Status.FAILURE for row in self._committed.rows.values())
        if has_failed or self.steering.has_decided_outcomes or depends_on_time(self._workload.spec):
            return
        self._world.trace.count("compared with the reference")
        if found != (expected := expected_successes(self._workload)):
            self._violated("I11", f"other tasks have succeeded: {sorted(found ^ expected)[:3]}")


def _shown(row: Row) -> Status:
    """Return the status as it is shown: an attempt that nobody can end any more is a lost one."""
    return Status.WAITING if row.status is Status.ACTIVE or not row.counts else row.status
