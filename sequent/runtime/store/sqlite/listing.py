"""Finds runs and tells what they are in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import Any, NamedTuple
from zlib import crc32

from sequent.errors import StoreError
from sequent.model.status import RunStatus
from sequent.runtime import left_processes, ownership
from sequent.runtime.owner import Owner
from sequent.runtime.rows import RunRecord
from sequent.runtime.store import naming
from sequent.runtime.store.location import Location, run_directory
from sequent.runtime.store.sqlite import run_queries, statements
from sequent.runtime.store.sqlite.compiled import COLUMN_TYPES
from sequent.runtime.store.sqlite.definitions import StoredMapping
from sequent.runtime.store.sqlite.fields import check_rows
from sequent.runtime.store.sqlite.reader import Execute, Reader
from sequent.runtime.store.sqlite.records import (
    read_counts,
    read_description,
    read_mapping,
    read_origin,
    read_owner,
    read_params,
    read_run_status,
    read_target,
    read_unrun,
)
from sequent.runtime.store.sqlite.seals import damaged
from sequent.runtime.target import Target


class RunRow(NamedTuple):
    """A run's row, and what it was asked to do."""

    number: int
    id: str
    epoch: int
    owner: str
    status: str
    recovery: int
    created: float
    ended: float | None
    counts: str
    definition: int
    reason: str | None
    target: str
    params: str
    origin: str | None
    unrun: str | None
    flow: str
    touched: int
    """How many transactions its drivers have committed."""
    tally: str | None
    seal: int | None
    """The checksum of all that stands before ``touched``; None where an older version made the run."""

    def checksum(self) -> int:
        """What the seal is to be."""
        return crc32(repr(tuple(self)[:-3]).encode("utf-8", "surrogatepass"))


def seal_run(execute: Execute, number: int) -> None:
    """Seal a run's row, which was changed in the transaction that is under way."""
    row = RunRow(*execute(run_queries.run_with_number(), (number,)).fetchone())
    if row.tally is not None:
        execute(statements.change_run("seal"), (row.checksum(), number))


@contextlib.contextmanager
def naming_run(run_id: object) -> Generator[None]:
    """Have what is damaged of a run told with its name."""
    try:
        yield
    except StoreError as error:
        if error.code != "damaged-store":
            raise
        raise StoreError(
            f"run {run_id!r:.80} was altered or damaged: {error.message}", code=error.code, hint=error.hint
        ) from error


def _damaged_record(number: int, run_id: object, error: StoreError) -> RunRecord:
    """What there is to be told of a run that cannot be read."""
    return RunRecord(
        number=number,
        id=run_id if isinstance(run_id, str) else repr(run_id),
        target=Target(flow="?"),
        status=RunStatus.DAMAGED,
        recovery=0,
        params={},
        created=0.0,
        ended=None,
        owner=None,
        counts={},
        description={},
        fingerprints={},
        reason=error.message,
    )


def _told(records: list[RunRecord]) -> list[tuple[str, str, RunStatus]]:
    return [(record.id, record.target.flow, record.status) for record in records]


class Listing:
    """The runs of a store: their rows, and beside each its directory, whose lock says whether it is driven."""

    def __init__(self, reader: Reader, location: Location, now: Callable[[], float]) -> None:
        self._reader = reader
        self.location = location
        self.path = location.path
        """The store's file."""
        self._now = now

    def directory(self, number: int) -> str:
        """A run's own directory."""
        return run_directory(self.path, number)

    def lock_path(self, number: int) -> str:
        """The file whose lock a run's driver holds."""
        return ownership.driver_lock(self.directory(number))

    def records(self, flow: str | None, limit: int | None) -> list[RunRecord]:
        """The runs, latest first; one that cannot be read is among them, as damaged."""
        rows = -1 if limit is None else limit
        values = (rows,) if flow is None else (flow, rows)
        try:
            text = run_queries.runs() if flow is None else run_queries.runs_of_flow()
            return [self._seen(RunRow(*row)) for row in self._reader.unchecked(text, *values)]
        except StoreError:
            # One of them has a text that is none, so that all cannot be had at once.
            text = run_queries.numbers() if flow is None else run_queries.numbers_of_flow()
            return [self._seen_at(number) for (number,) in self._reader.rows(text, *values)]

    def _seen(self, row: RunRow) -> RunRecord:
        try:
            return self.record(row)
        except StoreError as error:
            return _damaged_record(row.number, row.id, error)

    def _seen_at(self, number: int) -> RunRecord:
        try:
            return self.record(self.with_number(number))
        except StoreError as error:
            return _damaged_record(number, f"number {number}", error)

    def find(self, run_id: str, flow: str | None = None) -> RunRow:
        """The run with that id, a unique beginning of it, or ``latest``.

        Raises:
            UnknownRunError: there is none, or there are several.
        """
        if run_id == naming.LATEST:
            latest = self._latest(flow)
            if latest is not None:
                return RunRow(*latest)
            raise naming.none_latest(flow, self.location.told, _told(self.records(flow, 5)))
        exact = self._first(run_queries.run_with_id(), run_id)
        if exact is not None:
            return RunRow(*exact)
        found = [RunRow(*row) for row in self._reader.unchecked(run_queries.runs_with_prefix(), len(run_id), run_id)]
        if not found or not run_id:
            raise naming.unknown(run_id, self.location.told, _told(self.records(None, 5)))
        if len(found) > 1:
            raise naming.ambiguous(run_id, _told([self._seen(row) for row in found]))
        return found[0]

    def _latest(self, flow: str | None) -> Any:
        if flow is None:
            return self._first(run_queries.latest_run())
        return self._first(run_queries.latest_run_of_flow(), flow)

    def _first(self, text: str, *values: object) -> Any:
        """The first row; None where there is none. What it holds is looked at when a record is made of it."""
        found = self._reader.unchecked(text, *values)
        return found[0] if found else None

    def with_number(self, number: int) -> RunRow:
        """The run with that number, which is known to be there."""
        found = self._first(run_queries.run_with_number(), number)
        if found is None:
            raise StoreError(f"run {number} is gone from '{self.path}'", code="damaged-store")
        return RunRow(*found)

    def record(self, row: RunRow) -> RunRecord:
        """A run as others see it: one that says running, but that nobody drives, was interrupted.

        Raises:
            StoreError: its row is not what was written; the message says which run it is.
        """
        with naming_run(row.id):
            check_rows(COLUMN_TYPES[run_queries.run_with_number()], [row])
            if row.seal is not None and row.seal != row.checksum():
                raise damaged("a row of a run", row.id)
            return self._record(row)

    def _record(self, row: RunRow) -> RunRecord:
        owner = self.driver_of(row)
        status = read_run_status(row.status)
        if status is RunStatus.RUNNING and owner is None:
            status = RunStatus.INTERRUPTED
        return RunRecord(
            number=row.number,
            id=row.id,
            target=read_target(row.target),
            status=status,
            recovery=row.recovery,
            epoch=row.epoch,
            params=read_params(row.params),
            created=row.created,
            ended=row.ended,
            owner=owner,
            counts=read_counts(row.counts),
            description=StoredMapping(self._reader, row.definition, lambda texts, _: read_description(texts)),
            fingerprints=StoredMapping(self._reader, row.definition, lambda _, texts: read_mapping(texts)),
            reason=row.reason or "",
            unrun={} if row.unrun is None else read_unrun(row.unrun),
            origin=read_origin(row.origin),
        )

    def driver_of(self, row: RunRow) -> Owner | None:
        """Who drives a run now: the holder of its lock, by its own word once it has said it."""
        holder = ownership.lock_holder(self.lock_path(row.number))
        if holder is None:
            return None
        with contextlib.suppress(StoreError):
            owner = read_owner(holder.owner)
            if owner.pid == holder.pid:
                return owner
        return ownership.owner_of(holder.pid, self._now())

    def is_driven(self, number: int) -> bool:
        """Whether a run has a driver, or an agent of one, which is ending what it had started."""
        directory = self.directory(number)
        locks = (self.lock_path(number), ownership.agent_lock(directory))
        return any(ownership.lock_holder(lock) is not None for lock in locks)

    def is_alive(self, number: int) -> bool:
        """Whether a run has a driver, or anything that one had started still runs."""
        return self.is_driven(number) or left_processes.has_leftovers(self.directory(number))
