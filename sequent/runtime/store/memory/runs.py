"""A store in memory: the same promises but for what outlives the process."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import evolve

from sequent.errors import FencedError
from sequent.model.outcome import Failure, LogSpan
from sequent.model.plan import Plan
from sequent.model.spec import Amounts
from sequent.model.status import RunStatus, Status
from sequent.runtime import left_processes, ownership
from sequent.runtime.origin import RunOrigin
from sequent.runtime.pending import Pending
from sequent.runtime.pruning import Pruned, PruneRule
from sequent.runtime.rows import Ask, AttemptRecord, Batch, Hold, RunRecord
from sequent.runtime.segments import segment_path
from sequent.runtime.store import naming
from sequent.runtime.store.location import MEMORY
from sequent.runtime.store.memory.reading import Cells
from sequent.runtime.store.memory.sharing import MemorySharing
from sequent.runtime.store.nodes import KnownNodes, places_of
from sequent.runtime.store.seen import RunReading, SeenRun
from sequent.runtime.target import Target


class _Run:
    """A run that the store has, driven or not."""

    def __init__(self, record: RunRecord, nodes: KnownNodes, directory: str, picture: str) -> None:
        self.record = record
        self.picture = picture
        self.nodes = nodes
        self.directory = directory
        self.epoch = 1
        self.cells = Cells(nodes)


class MemoryRun(RunReading):
    """A run that this process drives; whoever takes it over shuts the door on this one."""

    def __init__(self, run: _Run, now: Callable[[], float], sharing: MemorySharing) -> None:
        super().__init__(run.cells, run.nodes)
        self._run = run
        self._sharing = sharing
        self._epoch = run.epoch
        self._now = now

    @property
    def record(self) -> RunRecord:
        return self._run.record

    @property
    def directory(self) -> str:
        return self._run.directory

    def commit(self, batch: Batch) -> None:
        run = self._run
        if self._epoch != run.epoch or run.record.owner is None:
            raise FencedError(f"run '{run.record.id}' is no longer driven by this process: somebody took it over")
        run.cells.write(batch, self.node)
        for hold in batch.holds:
            if hold.is_shared and not hold.amount:
                self._sharing.withdraw(run.record.number, hold.key)
        if batch.unrun is not None:
            run.record = evolve(run.record, unrun=batch.unrun)
        if batch.end is not None:
            self._sharing.give_up(run.record.number, run.cells.holdings.give_up_shares())
            run.record = batch.end.of(run.record, self._now())

    def adopt(self, plan: Plan, fingerprints: Mapping[str, str]) -> None:
        self._nodes.learn(plan)
        self._run.picture = plan.picture
        self._run.record = evolve(self._run.record, structure=dict(plan.structure), fingerprints=dict(fingerprints))

    def use_pools(self, capacities: Mapping[str, int], wake: str) -> None:
        self._sharing.use(self.record.number, capacities, wake)

    def ask(self, asks: Sequence[Ask]) -> list[Ask]:
        put = self._run.cells.put_hold
        return self._sharing.ask(self.record.number, asks, lambda hold: put(hold, self.node))

    def wanted_again(self) -> Amounts:
        return self._sharing.wanted_again(self.record.number)

    def waiting(self, pools: Collection[str]) -> list[str]:
        return self._sharing.waiting(self.record.number, pools)

    def free_space(self) -> None:
        """Do nothing: memory sets nothing aside."""

    def close(self) -> None:
        run = self._run
        if self._epoch == run.epoch and run.record.owner is not None:
            left_processes.forget_workers(run.directory)
            status = run.record.status
            if status is RunStatus.RUNNING:
                status = RunStatus.INTERRUPTED
            run.record = evolve(run.record, owner=None, status=status)


class MemoryStore:
    """All runs of one process, gone with it; so are their logs, in a temporary directory."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.name = MEMORY
        self._now = now
        self._runs: list[_Run] = []
        self._sharing = MemorySharing(self._shares, self._driven_id)
        self._guard = threading.Lock()
        """Held while a run is made or taken: each may be driven by a thread of its own."""
        self._pid = os.getpid()

    @cached_property
    def _directory(self) -> str:
        """Where the runs' directories are; made with the first."""
        return tempfile.mkdtemp(prefix="sequent-")

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> MemoryRun:
        with self._guard:
            return self._create(target, plan, run_id, fingerprints, origin)

    def _create(
        self, target: Target, plan: Plan, run_id: str | None, fingerprints: Mapping[str, str], origin: RunOrigin | None
    ) -> MemoryRun:
        taken = {run.record.id for run in self._runs}
        number = len(self._runs) + 1
        if run_id is None:
            number = next(n for n in range(number, number + len(taken) + 1) if naming.default_id(n) not in taken)
        else:
            naming.check_id(run_id)
            if run_id in taken:
                raise naming.taken(run_id)
        sizes = {pool.name: pool.capacity for pool in plan.pools if pool.is_shared}
        self._sharing.refuse_other_sizes(number, sizes)
        now = self._now()
        record = RunRecord(
            number=number,
            id=run_id or naming.default_id(number),
            target=target,
            status=RunStatus.RUNNING,
            recovery=0,
            params=dict(plan.params),
            created=now,
            ended=None,
            owner=ownership.owner_of(os.getpid(), now),
            counts={},
            structure=dict(plan.structure),
            fingerprints=dict(fingerprints),
            origin=origin,
        )
        directory = os.path.join(self._directory, str(number))
        ownership.prepare_directory(directory)
        ownership.prepare_directory(os.path.join(directory, "logs"))
        run = _Run(record, KnownNodes(dict(enumerate(places_of(plan)))), directory, plan.picture)
        self._runs.append(run)
        return MemoryRun(run, self._now, self._sharing)

    def take(self, run_id: str, *, resumes: bool = False, reopens: bool = False) -> MemoryRun:
        run = self._find(run_id)
        with self._guard:
            if run.record.owner is not None:
                raise ownership.busy(run.record.id, run.record.owner)
            run.record = evolve(run.record, owner=ownership.owner_of(os.getpid(), self._now()))
        try:
            ownership.wait_for_agent(run.directory, run.record.id)
            left_processes.end_leftovers(run.directory)
        except BaseException:
            run.record = evolve(run.record, owner=None)
            raise
        run.epoch += 1
        if reopens or run.record.status is not RunStatus.SUCCESS:
            if not resumes:
                run.cells.drop_problems()
            recovery = run.record.recovery + (not resumes)
            run.record = evolve(
                run.record, status=RunStatus.RUNNING, recovery=recovery, ended=None, reason="", unrun={}
            )
        run.cells.holdings.drop()
        self._sharing.give_up(run.record.number, run.cells.holdings.give_up_shares())
        return MemoryRun(run, self._now, self._sharing)

    def _shares(self) -> Iterator[tuple[int, Hold]]:
        """What the runs that are driven hold of shared pools."""
        driven = [run for run in self._runs if run.record.owner is not None]
        return ((run.record.number, hold) for run in driven for hold in run.cells.holdings.shares())

    def _driven_id(self, number: int) -> str | None:
        """The id of a run, if it is driven and has not ended."""
        record = next(run.record for run in self._runs if run.record.number == number)
        is_under_way = record.owner is not None and record.status is RunStatus.RUNNING
        return record.id if is_under_way else None

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        found = [run.record for run in reversed(self._runs) if flow in (None, run.record.target.flow)]
        return found[:limit]

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        return self._find(run_id, flow).record

    def _find(self, run_id: str, flow: str | None = None) -> _Run:
        if run_id == naming.LATEST:
            of_flow = [run for run in reversed(self._runs) if flow in (None, run.record.target.flow)]
            own = next((run for run in of_flow if run.record.origin is None), None)
            if own is None:
                raise naming.none_latest(flow, self.name, self._told(of_flow))
            return own
        exact = [run for run in self._runs if run.record.id == run_id]
        found = exact or [run for run in reversed(self._runs) if run_id and run.record.id.startswith(run_id)]
        if not found:
            raise naming.unknown(run_id, self.name, self._told([*reversed(self._runs)]))
        if len(found) > 1:
            raise naming.ambiguous(run_id, self._told(found))
        return found[0]

    @staticmethod
    def _told(runs: list[_Run]) -> list[tuple[str, str, RunStatus]]:
        return [(run.record.id, run.record.target.flow, run.record.status) for run in runs]

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        return self._find(run.id).cells.attempts(path)

    def pending(self, run: RunRecord) -> list[Pending]:
        return self._find(run.id).cells.pending()

    def container_problems(self, run: RunRecord) -> list[Failure]:
        return self._find(run.id).cells.container_problems(None)

    def look(self, run: RunRecord) -> SeenRun:
        found = self._find(run.id)
        return SeenRun(found.record, found.cells, found.nodes)

    def picture(self, run: RunRecord) -> str:
        return self._find(run.id).picture

    def standings(self, run: RunRecord) -> Mapping[str, Mapping[Status, int]]:
        return self._find(run.id).cells.standings()

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        return segment_path(self._find(run.id).directory, span)

    def prune(self, rule: PruneRule) -> Pruned:
        # All of it goes with its process.
        return Pruned()

    def close(self) -> None:
        if self._pid == os.getpid() and self._runs:
            shutil.rmtree(self._directory, ignore_errors=True)
