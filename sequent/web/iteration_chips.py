"""The chips by which tasks are chosen: a row for each level of iterations, and one for the copies on hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.scope import path_on_host, split_host

if TYPE_CHECKING:
    from sequent.model.status import Status
    from sequent.runtime.records import RunRecord
    from sequent.runtime.task_list_port import TaskList
    from sequent.web.task_query import TaskQuery

_MOST = 60
"""Chips of a row."""
_BEFORE = 6
"""Iterations before the chosen one that are shown."""


class Chip(Struct, frozen=True, kw_only=True):
    """An iteration, or the copy on a host."""

    text: str
    status: Status
    counts: Mapping[Status, int]
    address: str
    is_chosen: bool


class ChipRow(Struct, frozen=True, kw_only=True):
    """The iterations of a container, or the copies of a step or container."""

    name: str
    chips: Sequence[Chip]
    all_address: str
    """The address of all of them."""
    is_all_chosen: bool
    more_address: str = ""


class TaskPicker:
    """Offers the iterations and hosts of a step; a choice clears all that is inside it.

    Args:
        tasks: the tasks of the run.
        record: the run.
        query: the present choice; its path is that of a step, with its host in its place.
    """

    def __init__(self, tasks: TaskList, record: RunRecord, query: TaskQuery) -> None:
        self._tasks = tasks
        self._record = record
        self._query = query
        self._path, self._host = split_host(query.path, record.outline)
        self._outside = tasks.levels(self._path)
        self._levels = tasks.levels(query.path)

    def rows(self) -> Iterator[ChipRow]:
        """Yield the rows, from the outside in."""
        chosen = len(self._query.around)
        for depth in range(min(chosen, len(self._levels) - 1) + 1):
            if depth == len(self._outside):
                yield from self._hosts()
            yield self._iterations(depth)
        if len(self._outside) >= len(self._levels):
            yield from self._hosts()

    def _iterations(self, depth: int) -> ChipRow:
        query, around = self._query, self._query.around[:depth]
        path = query.path if depth >= len(self._outside) else self._path
        after = query.from_iteration if depth == len(query.around) else max(query.around[depth] - _BEFORE, 0)
        found = self._tasks.iterations(query.path, around, after, _MOST)
        chips = [
            Chip(
                text=str(each.number),
                status=each.status,
                counts=each.counts,
                address=query.address(self._record.id, path=path, around=(*around, each.number)),
                is_chosen=query.around[depth : depth + 1] == (each.number,),
            )
            for each in found
        ]
        more = query.address(self._record.id, around=around, from_iteration=found[-1].number) if found else ""
        return ChipRow(
            name=f"iterations of {self._levels[depth] or self._record.target.flow}",
            chips=chips,
            all_address=query.address(self._record.id, path=path, around=around),
            is_all_chosen=len(query.around) <= depth,
            more_address=more if len(found) == _MOST else "",
        )

    def _hosts(self) -> Iterator[ChipRow]:
        query, around = self._query, self._query.around[: len(self._outside)]
        copies = self._tasks.hosts(self._path, around)
        if not copies:
            return
        # Each level around the copies but the flow has a name of the path, and so has the one that has the copies.
        depth = len(self._outside)
        chips = [
            Chip(
                text=copy.host,
                status=copy.status,
                counts=copy.counts,
                address=query.address(self._record.id, path=path_on_host(self._path, copy.host, depth), around=around),
                is_chosen=copy.host == self._host,
            )
            for copy in copies[:_MOST]
        ]
        yield ChipRow(
            name=f"hosts of {'.'.join(self._path.split('.')[:depth])}",
            chips=chips,
            all_address=query.address(self._record.id, path=self._path, around=around),
            is_all_chosen=not self._host,
        )
