"""The queries of a run's rows, for its driver and for others that read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from sequent.errors import StoreError
from sequent.model.directives import NO_DIRECTIVES, Directives
from sequent.model.pickles import check_row, has_pickle
from sequent.model.status import Status
from sequent.runtime.rows import FrameKey, TaskKey, Wait
from sequent.runtime.store.sql.hosted_attempts import HostedAttemptRows
from sequent.runtime.store.sql.records import read_amounts, read_status

if TYPE_CHECKING:
    from sequent.model.plan import Plan
    from sequent.model.saved_state import Revision, SavedFrame
    from sequent.model.spec import Amounts
    from sequent.runtime.records import RunRecord
    from sequent.runtime.store.sql.open_rows import OpenRows

_PAGE = 64
"""Rows that are read at once: a page of the largest values is 64 MiB, and no read transaction stays open."""


class RunReading(HostedAttemptRows):
    """The reading half of a run.

    Without a plan, a node's index is the store's own: that of the plan with which the run was made.
    """

    def __init__(self, record: RunRecord, *rows: Any, has_seals: bool) -> None:
        super().__init__(*rows, has_seals=has_seals)
        self._record = record

    @property
    def record(self) -> RunRecord:
        """The run."""
        return self._record

    def rename(self, path: Callable[[str], str]) -> None:
        self._nodes.rename(path)

    # -- the start of a recovery

    def saved(
        self, plan: Plan, directives: Directives = NO_DIRECTIVES, *, counting: int | None = None
    ) -> SavedFrame | None:
        from sequent.runtime.store.saved_state import SavedLoader

        self.use(plan)
        recovery = self.record.recovery if counting is None else counting
        return SavedLoader(plan, self._open_rows(), recovery, directives).root()

    def rewound(self, plan: Plan, basis: int) -> tuple[SavedFrame | None, Revision]:
        from sequent.runtime.store.rewinding import RewindingLoader

        self.use(plan)
        loader = RewindingLoader(plan, self._open_rows(), self.record.recovery, basis)
        return loader.root(), loader.revision

    def _open_rows(self) -> OpenRows:
        from sequent.runtime.store.sql.open_rows import OpenRows

        return OpenRows(self._session, self._run, self._nodes, self._values, has_seals=self._has_seals)

    def use(self, plan: Plan) -> None:
        if not self._nodes.use(plan):
            raise StoreError(
                f"the flow has steps or containers that run '{self.record.id}' does not know",
                code="changed-flow",
                hint="recover it with the flow as it was, or start a new run",
            )

    def begun_places(self) -> set[tuple[str, str]]:
        rows = self._session.rows("begun_nodes", self._run, self._run, self._run)
        return {self._nodes.nodes[index] for (index,) in rows}

    def succeeded_paths(self) -> set[str]:
        return {self._nodes.path(index) for (index,) in self._session.rows("succeeded_nodes", self._run)}

    def last_id(self) -> int:
        return int(self._session.row("last_id", self._run)[0] or 0)

    def kept(self) -> dict[str, int]:
        return dict(self._session.rows("kept", self._run))

    def wait(self, key: TaskKey, attempt: int) -> Wait | None:
        found = self._session.row(
            "wait_row", self._run, key.frame, self._nodes.stored(key.node), "", key.iteration, attempt
        )
        return None if found is None else Wait(key, attempt, *found)

    # -- values

    def items(self, frame: int, node: int) -> str | None:
        found = self._session.row("repeat_row", self._run, frame, self._nodes.stored(node))
        return None if found is None else self._value(found[0])

    def item(self, key: FrameKey) -> str | None:
        found = self._session.row("frame_item", self._run, key.parent, self._nodes.stored(key.node), key.number)
        return None if found is None else self._value(found[0])

    def drawn_items(self, frame: int, node: int, step: int | None) -> Iterator[tuple[int, str]]:
        drawn = ("drawn_by_frames", frame, node) if step is None else ("drawn_by_steps", frame, step)
        for number, kept in self._pages(*drawn):
            if (item := self._value(kept)) is not None:
                yield number, item

    def result(self, key: TaskKey) -> str | None:
        found = self._session.row("result", self._run, key.frame, self._nodes.stored(key.node), key.iteration)
        if found is None or found[0] != Status.SUCCESS:
            return None
        return self._result(key, *found[1:])

    def results(self, frame: int, step: int) -> Iterator[tuple[int, str]]:
        for iteration, kept, number in self._pages("results", frame, step):
            text = self._result(TaskKey(frame, step, iteration), kept, number)
            if text is not None:
                yield iteration, text

    def _result(self, key: TaskKey, kept: str | None, number: int) -> str | None:
        """Return the text of a result.

        Raises:
            NotDataError: it was pickled by another attempt.
        """
        text = self._value(kept)
        if text is not None and has_pickle(text):
            around = self._sequence_of(key.frame)
            sequence = (*around, key.iteration) if key.iteration else around
            check_row(text, self.record.id, self._nodes.path(self._nodes.stored(key.node)), sequence, number)
        return text

    def frames(self, frame: int, node: int) -> Iterator[tuple[int, int, Status]]:
        for number, id_, status in self._pages("frames", frame, node):
            yield number, id_, read_status(status)

    def _pages(self, text: str, frame: int, node: int) -> Iterator[Any]:
        """Yield all rows, a page at a time: each begins after the last number of the page before."""
        after = 0
        while page := self._session.rows(text, self._run, frame, self._nodes.stored(node), after, _PAGE):
            yield from page
            after = page[-1][0]

    def last_iteration(self, frame: int, step: int) -> int:
        found = self._session.row("last_iteration", self._run, frame, self._nodes.stored(step))
        return 0 if found is None else int(found[0])

    # -- shared pools

    def wanted_again(self) -> Amounts:
        found = self._session.row("wanted_again", self._run)
        return () if found is None else read_amounts(found[0])

    def waiting(self, pools: Collection[str]) -> list[int]:
        """Return the numbers of the other runs that wait for one of these pools."""
        found = {
            number: None
            for number, amounts in self._session.rows("wanted")
            if number != self._run and any(pool in pools for pool, _ in read_amounts(amounts))
        }
        return list(found)


class SeenRun(RunReading):
    """A run that is only read, whichever process drives it."""

    def use(self, plan: Plan) -> None:
        # Nodes that are new in a changed flow have left no rows.
        self._nodes.learn(plan)
        super().use(plan)
