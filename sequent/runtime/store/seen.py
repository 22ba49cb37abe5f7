"""What the rows of a run say, each step and container under its index in the plan with which they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec.structs import replace

from sequent.errors import StoreError
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.outcome import Failure
from sequent.model.plan import Plan
from sequent.model.saved import Revision, SavedFrame
from sequent.model.status import Status
from sequent.runtime.rows import AttemptRecord, FrameKey, RunRecord, TaskKey, Wait
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.open_rows import OpenRows
from sequent.runtime.store.rewinding import RewindingLoader
from sequent.runtime.store.saved import SavedLoader


class StoredRows(OpenRows, Protocol):
    """The rows of one run, each node under the index that the store knows."""

    def items(self, frame: int, node: int) -> str | None: ...
    def item(self, key: FrameKey) -> str | None: ...
    def drawn_items(self, frame: int, node: int) -> Iterator[str]: ...
    def drawn_by_step(self, frame: int, step: int) -> Iterator[str]: ...
    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]: ...
    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]: ...
    def frame(self, key: FrameKey) -> tuple[int, Status] | None: ...
    def last_id(self) -> int: ...
    def wait(self, key: TaskKey, attempt: int) -> Wait | None: ...
    def kept(self) -> dict[str, int]: ...
    def container_problems(self, limit: int | None) -> list[Failure]: ...
    def failures(self, limit: int) -> tuple[int, list[AttemptRecord]]: ...
    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[AttemptRecord]]: ...
    def successes(self) -> int: ...
    def begun_nodes(self) -> set[int]: ...
    def succeeded_nodes(self) -> set[int]: ...


class RunReading:
    """The reading half of a run.

    Until a plan is given, a node's index is the store's own: that of the plan with which the run was made.
    """

    def __init__(self, rows: StoredRows, nodes: KnownNodes) -> None:
        self._rows = rows
        self._nodes = nodes
        self._ids: list[int] | None = None

    @property
    def record(self) -> RunRecord:
        """The run."""
        raise NotImplementedError

    def node(self, index: int) -> int:
        """The store's index of a node."""
        return index if self._ids is None else self._ids[index]

    def rename(self, path: Callable[[str], str]) -> None:
        self._nodes.rename(path)

    # -- what a recovery starts from

    def saved(
        self, plan: Plan, directives: Directives = NO_DIRECTIVES, *, counting: int | None = None
    ) -> SavedFrame | None:
        self.use(plan)
        recovery = self.record.recovery if counting is None else counting
        return SavedLoader(plan, self._ids_of(plan), self._rows, recovery, directives).root()

    def rewound(self, plan: Plan, basis: int) -> tuple[SavedFrame | None, Revision]:
        self.use(plan)
        loader = RewindingLoader(plan, self._ids_of(plan), self._rows, self.record.recovery, basis)
        return loader.root(), loader.revision

    def _ids_of(self, plan: Plan) -> list[int]:
        return list(range(len(plan.nodes))) if self._ids is None else self._ids

    def use(self, plan: Plan) -> None:
        ids = self._nodes.ids_for(plan)
        if ids is None:
            raise StoreError(
                f"the flow has steps or containers that run '{self.record.id}' does not know",
                code="changed-flow",
                hint="recover it with the flow as it was, or start a new run",
            )
        self._ids = None if ids == list(range(len(ids))) else ids

    def begun_places(self) -> set[tuple[str, str]]:
        return {self._nodes.nodes[index] for index in self._rows.begun_nodes()}

    def succeeded_paths(self) -> set[str]:
        return {self._nodes.path(index) for index in self._rows.succeeded_nodes()}

    def last_id(self) -> int:
        return self._rows.last_id()

    def kept(self) -> dict[str, int]:
        return self._rows.kept()

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        found = self._rows.wait(replace(key, node=self.node(key.node)), attempt)
        return None if found is None else replace(found, key=key)

    # -- values

    def items(self, frame: int, node: int) -> str | None:
        return self._rows.items(frame, self.node(node))

    def drawn_items(self, frame: int, node: int, step: int | None) -> Iterator[str]:
        if step is not None:
            return self._rows.drawn_by_step(frame, self.node(step))
        return self._rows.drawn_items(frame, self.node(node))

    def item(self, key: FrameKey) -> str | None:
        return self._rows.item(replace(key, node=self.node(key.node)))

    def result(self, key: TaskKey) -> str | None:
        return self._rows.result(replace(key, node=self.node(key.node)))

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        return self._rows.results(frame, self.node(step))

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        return self._rows.frames(frame, self.node(node))

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        return self._rows.frame(replace(key, node=self.node(key.node)))

    def last_iteration(self, frame: int, step: int) -> int:
        return self._rows.step_extent(frame, self.node(step)).last

    # -- how it went

    def container_problems(self, limit: int | None = None) -> list[Failure]:
        return self._rows.container_problems(limit)

    def failures(self, limit: int) -> tuple[int, list[AttemptRecord]]:
        return self._rows.failures(limit)

    def failures_within(self, frame: int, node: int, limit: int) -> tuple[int, list[AttemptRecord]]:
        return self._rows.failures_within(frame, self.node(node), limit)

    def successes(self) -> int:
        return self._rows.successes()


class SeenRun(RunReading):
    """A run that is looked at, whoever drives it; nothing is written."""

    def __init__(self, record: RunRecord, rows: StoredRows, nodes: KnownNodes) -> None:
        super().__init__(rows, KnownNodes(dict(nodes.nodes)))
        self._record = record

    @property
    def record(self) -> RunRecord:
        return self._record

    def use(self, plan: Plan) -> None:
        # What is new in a changed flow has left no rows.
        self._nodes.learn(plan)
        super().use(plan)
