"""Reads the state of single places of a run: steps, containers, copies and iterations, by path and sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from sequent.model.description import Part
from sequent.model.items import Items
from sequent.model.references import Path, dotted
from sequent.model.scope import Sequence
from sequent.model.status import Status
from sequent.runtime.records import PoolHold, RowState, RunRecord, TaskPlace
from sequent.runtime.rows import FLOW, FrameKey, TaskKey
from sequent.runtime.store.nodes import CONTAINER, COPIES, REPEAT, STEP
from sequent.runtime.store.sql.attempt_rows import AttemptRows
from sequent.runtime.store.sql.open_rows import OpenRows
from sequent.runtime.store.sql.records import read_host, read_orphans

if TYPE_CHECKING:
    from sequent.model.outcome import Failure
    from sequent.runtime.store.sql.hosted_holds import RowPlace

_MOST_FAILURES = 1000


class _Spot(NamedTuple):
    """A place, as rows have it."""

    frame: int
    """The iteration around it, or around the repeat or the copies that it is one of."""
    node: int
    kind: str
    number: int = 0
    """The number of the iteration or copy; 0: the step or container as a whole."""


class PlaceRows(AttemptRows, OpenRows):
    """The places of one run, by the definition that it has now; a place that has not begun has no rows.

    Args:
        run: the run.
        others: returns the places of another run of the store, by its number.
        rows: the parts that its rows are read with.
        has_seals: whether its texts have seals.
    """

    def __init__(self, run: RunRecord, others: Callable[[int], PlaceRows], *rows: Any, has_seals: bool) -> None:
        super().__init__(*rows, has_seals=has_seals)
        self.record = run
        self._others = others
        self._frames: dict[_Spot, tuple[int, Status] | None] = {}

    # -- the port

    def standing(self, path: Path, sequence: Sequence) -> RowState | None:
        spot = self._spot(path, sequence)
        if spot is None:
            return None
        if spot.kind == STEP:
            return self._task(spot)
        if spot.number or (spot.kind == CONTAINER and not self._repeats(path)):
            found = self._iteration(spot if spot.number else spot._replace(number=1))
            status = None if found is None else found[1]
        else:
            status = self.repeat_status(spot.frame, spot.node)
        return None if status is None else self._with_span(path, spot, status)

    def returned(self, path: Path, sequence: Sequence) -> str | None:
        spot = self._spot(path, sequence)
        if spot is None or spot.kind != STEP:
            return None
        return self.result(TaskKey(spot.frame, spot.node, spot.number))

    def failed_within(self, path: Path, sequence: Sequence) -> list[Failure]:
        spot = self._spot(path, sequence)
        if spot is None:
            return []
        step = self._nodes.steps_at(dotted(path))
        node = step if spot.kind == REPEAT and step is not None else spot.node
        return self.failures_within(spot.frame, node, _MOST_FAILURES)[1]

    def copies(self, path: Path, sequence: Sequence) -> tuple[str, ...]:
        spot = self._spot(path, sequence)
        return () if spot is None or spot.kind != COPIES else self.hosts(spot.frame, spot.node)

    def item_count(self, path: Path, sequence: Sequence) -> int | None:
        spot = self._spot(path, sequence)
        if spot is None or spot.kind not in (REPEAT, CONTAINER) or spot.number:
            return None
        found = self._session.row("repeat_row", self._run, spot.frame, spot.node)
        text = None if found is None else self._value(found[0])
        return None if text is None else len(Items(text))

    def item_of(self, path: Path, sequence: Sequence) -> str | None:
        spot, block = self._spot(path, sequence), self._spot(path, sequence[:-1])
        if spot is None or block is None or not spot.number or block.kind not in (REPEAT, CONTAINER):
            return None
        found = self._session.row("repeat_row", self._run, block.frame, block.node)
        text = None if found is None else self._value(found[0])
        if text is not None:
            items = Items(text)
            return items[spot.number - 1] if spot.number <= len(items) else None
        # The items of an iterator are kept with their iterations.
        drawn = self._session.row("frame_item", self._run, block.frame, block.node, spot.number)
        return None if drawn is None else self._value(drawn[0])

    def begun_iterations(self, path: Path, sequence: Sequence) -> list[int]:
        spot = self._spot(path, sequence)
        if spot is None or spot.kind != CONTAINER or spot.number:
            return []
        return [number for number, _, _ in self.open_frames(spot.frame, spot.node, every=False)]

    def active(self) -> list[TaskPlace]:
        rows = self._session.rows("handed_over", self._run)
        return [self._place(frame, node, iteration) for frame, node, iteration, _ in rows]

    def holds(self) -> list[PoolHold]:
        held = [PoolHold(pool, amount, self.record.id, None) for pool, amount in self._session.rows("kept", self._run)]
        for frame, node, iteration, pool, amount, is_shared in self._session.rows("task_holds", self._run):
            if not is_shared:
                held.append(self._hold((frame, node, iteration), pool, amount))
        for run, frame, node, iteration, pool, amount in self._session.rows("holds"):
            holder, places = (frame, node, iteration), self if run == self._run else self._others(run)
            if places is self or places._still_holds(holder):  # noqa: SLF001  of its own class
                held.append(places._hold(holder, pool, amount))  # noqa: SLF001
        return held

    def _still_holds(self, holder: RowPlace) -> bool:
        """Return whether amounts of the run count for others, as when these ask for them."""
        return self.record.owner is not None or self._has_processes or holder in self._held_on_hosts

    @cached_property
    def _has_processes(self) -> bool:
        return self._session.database.is_alive(self._run)

    @cached_property
    def _held_on_hosts(self) -> set[RowPlace]:
        # Few runs share a pool with one that nobody drives.
        from sequent.runtime.store.sql.hosted_holds import places_held

        return places_held(self._session, self._run)

    def _hold(self, holder: RowPlace, pool: str, amount: int) -> PoolHold:
        frame, node, _ = holder
        host = self._orphan_hosts.get(frame, "") if frame < 0 else ""
        place = TaskPlace(self._nodes.path(node), ()) if frame < 0 else self._place(*holder) if frame else None
        return PoolHold(pool, amount, self.record.id, place, host, is_driven=self.record.owner is not None)

    @cached_property
    def _orphan_hosts(self) -> dict[int, str]:
        """By the frames of the amounts that are kept for orphans, the host of one of these."""
        rows = self._session.rows("orphan_holds", self._run)
        return {row[0]: read_host(self._value(read_orphans(row[3])[0][1])) for row in rows}

    # -- from paths to rows

    def _place(self, frame: int, node: int, iteration: int) -> TaskPlace:
        if (frame, node, iteration) == (FLOW.frame, FLOW.node, FLOW.iteration):
            return TaskPlace("", ())
        around = self._sequence_of(frame)
        return TaskPlace(self._nodes.path(node), (*around, iteration) if iteration else around)

    def _spot(self, path: Path, sequence: Sequence) -> _Spot | None:
        """Return a place, as rows have it; None if the iterations around it have not begun."""
        left = list(sequence[1:])
        spot = _Spot(0, 0, CONTAINER, 1 if sequence else 0)
        for depth in range(1, len(path) + 1):
            for kind, node in self._kinds(path[:depth]):
                found = self._iteration(spot)
                if found is None:
                    return None
                spot = _Spot(found[0], node, kind)
                if kind == STEP or not left or isinstance(left[0], str) != (kind == COPIES):
                    break
                spot = self._within(spot, path[:depth], left.pop(0))
            if spot.number == 0 and depth < len(path):
                return None
        return spot

    def _within(self, spot: _Spot, path: Path, part: int | str) -> _Spot:
        """Return the iteration with that number, or the copy on that host."""
        if isinstance(part, str):
            hosts = self.hosts(spot.frame, spot.node)
            return spot._replace(number=hosts.index(part) + 1 if part in hosts else len(hosts) + 1)
        step = self._nodes.steps_at(dotted(path))
        if spot.kind == REPEAT and step is not None:
            return _Spot(spot.frame, step, STEP, part)
        return spot._replace(number=part)

    def _kinds(self, path: Path) -> Iterator[tuple[str, int]]:
        """Yield the nodes with a path, from the outside in: of its copies, of its repeat, and the step or container."""
        part = self.record.description[dotted(path)]
        if isinstance(part, Part) and "hosts" in part.options:
            yield COPIES, self._node(path, COPIES)
        if part.is_container:
            yield CONTAINER, self._node(path, CONTAINER)
        else:
            kind = REPEAT if self._repeats(path) else STEP
            yield kind, self._node(path, kind)

    def _node(self, path: Path, kind: str) -> int:
        node = self._nodes.at(dotted(path), kind)
        # A node that is new in a changed flow has left no rows.
        return -1 if node is None else node

    def _repeats(self, path: Path) -> bool:
        part = self.record.description[dotted(path)]
        return isinstance(part, Part) and part.repeats is not None

    # -- the state of a place

    def _iteration(self, spot: _Spot) -> tuple[int, Status] | None:
        """Return the id and the status of an iteration or copy."""
        if spot not in self._frames:
            self._frames[spot] = self.frame(FrameKey(spot.frame, spot.node, spot.number))
        return self._frames[spot]

    def _task(self, spot: _Spot) -> RowState | None:
        tried = self.tried(spot.frame, spot.node, spot.number)
        if not tried:
            return None
        last = tried[-1]
        key = (self._run, spot.frame, spot.node, spot.number, last.number)
        started, ended, problem = self._session.row("attempt_end", *key)
        return RowState(
            status=last.status,
            attempt=last.number,
            recovery=last.recovery,
            ran_in=max((each.recovery for each in tried if not (each.is_passed or each.is_superseded)), default=-1),
            started=started,
            ended=ended,
            problem=self._problem(problem),
            has_begun=last.has_begun,
            is_passed=last.is_passed,
            failures=sum(
                each.status is Status.FAILURE and each.recovery == self.record.recovery and not each.is_outdated
                for each in tried
            ),
        )

    def _with_span(self, path: Path, spot: _Spot, status: Status) -> RowState:
        if not self.record.recovery:
            return RowState(status=status, recovery=0, ran_in=0)
        step = self._nodes.steps_at(dotted(path))
        if spot.kind == REPEAT and step is not None:
            span = self.span_of_step(spot.frame, step)
        else:
            span = self.span_of_frames(spot.frame, spot.node)
        return RowState(status=status, recovery=span.recovery, ran_in=span.ran_in)
