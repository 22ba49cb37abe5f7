"""Finds runs, and reads their state."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any
from zlib import crc32

from msgspec import Struct
from msgspec.structs import astuple

from sequent.errors import StoreError
from sequent.model.record_text import MOST
from sequent.model.run_target import Target
from sequent.model.status import RunStatus
from sequent.runtime.records import PastRun, RunRecord
from sequent.runtime.store import run_ids
from sequent.runtime.store.sql.fields import check_rows
from sequent.runtime.store.sql.records import (
    read_counts,
    read_description,
    read_mapping,
    read_origin,
    read_outline,
    read_params,
    read_returned,
    read_run_status,
    read_target,
    read_unrun,
)
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.stored_definitions import StoredMapping


class RunRow(Struct, frozen=True):
    """A run's row, and its request."""

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
    """The number of transactions that its drivers have committed."""
    tally: str | None
    seal: int | None
    """The checksum of all fields before ``touched``; None if an older version made the run."""

    def checksum(self) -> int:
        """Return the seal that the row should have."""
        return crc32(repr(astuple(self)[:-3]).encode("utf-8", "surrogatepass"))


def seal_run(session: Session, number: int) -> None:
    """Seal a run's row, which was changed in the present transaction."""
    row = RunRow(*session.unchecked("run_with_number", number)[0])
    if row.tally is not None:
        session.execute("seal_run", row.checksum(), number)


@contextlib.contextmanager
def naming_run(run_id: object) -> Generator[None]:
    """Add the run's id to errors about damage."""
    try:
        yield
    except StoreError as error:
        if error.code != "damaged-store":
            raise
        raise StoreError(
            f"run {run_id!r:.80} was altered or damaged: {error.message}", code=error.code, hint=error.hint
        ) from error


def _damaged_record(number: int, run_id: object, error: StoreError) -> RunRecord:
    """Return a record that says as much as possible of a run that cannot be read."""
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
        reason=error.advice,
    )


def _told(records: list[RunRecord]) -> list[tuple[str, str, RunStatus]]:
    return [(record.id, record.target.flow, record.status) for record in records]


class Listing:
    """The runs of a store, by their rows; the database tells from locks whether a run is driven."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._database = session.database

    def records(self, flow: str | None, limit: int | None) -> list[RunRecord]:
        """Return the runs, latest first, including those that cannot be read, as damaged."""
        rows = MOST if limit is None else limit
        values = (rows,) if flow is None else (flow, rows)
        with self._database.as_of_now(self._session):
            return self._records(flow, values)

    def _records(self, flow: str | None, values: tuple[object, ...]) -> list[RunRecord]:
        try:
            text = "runs" if flow is None else "runs_of_flow"
            return [self._seen(RunRow(*row)) for row in self._session.unchecked(text, *values)]
        except StoreError:
            # A string of one of them cannot be decoded, so they are read one by one.
            text = "numbers" if flow is None else "numbers_of_flow"
            return [self._seen_at(number) for (number,) in self._session.rows(text, *values)]

    def within(self, before: int, since: float, until: float, limit: int) -> list[RunRecord]:
        """Return the runs before a run that were made in a time, latest first, as ``records``."""
        with self._database.as_of_now(self._session):
            rows = self._session.rows("numbers_within", before, since, until, limit)
            return [self._seen_at(number) for (number,) in rows]

    def outcomes(self, since: float, limit: int) -> list[PastRun]:
        """Return the ends of the runs since a time, latest first."""
        rows = self._session.rows("outcomes_since", since, limit)
        return [PastRun(number, flow, read_run_status(status), created) for number, flow, status, created in rows]

    def _seen(self, row: RunRow) -> RunRecord:
        try:
            return self.record(row)
        except StoreError as error:
            return _damaged_record(row.number, row.id, error)

    def _seen_at(self, number: int) -> RunRecord:
        try:
            row = self.with_number(number)
        except StoreError as error:
            return _damaged_record(number, f"number {number}", error)
        return self._seen(row)

    def find(self, run_id: str, flow: str | None = None) -> RunRow:
        """Return the run with that id, a unique prefix of it, or ``latest``.

        Raises:
            UnknownRunError: there is no such run, or there are several.
        """
        if run_id == run_ids.LATEST:
            latest = self._latest(flow)
            if latest is not None:
                return RunRow(*latest)
            raise run_ids.none_latest(flow, self._database.name, _told(self.records(flow, 5)))
        exact = self._first("run_with_id", run_id)
        if exact is not None:
            return RunRow(*exact)
        rows = [RunRow(*row) for row in self._session.unchecked("runs_with_prefix", len(run_id), run_id)]
        if not rows or not run_id:
            raise run_ids.unknown(run_id, self._database.name, _told(self.records(None, 5)))
        if len(rows) > 1:
            raise run_ids.ambiguous(run_id, _told([self._seen(row) for row in rows]))
        return rows[0]

    def _latest(self, flow: str | None) -> Any:
        if flow is None:
            return self._first("latest_run")
        return self._first("latest_run_of_flow", flow)

    def _first(self, text: str, *values: object) -> Any:
        """Return the first row; None if there is none. It is checked when a record is made of it."""
        rows = self._session.unchecked(text, *values)
        return rows[0] if rows else None

    def with_number(self, number: int) -> RunRow:
        """Return the run with that number, which is known to exist."""
        row = self._first("run_with_number", number)
        if row is None:
            raise StoreError(f"run {number} is gone from '{self._database.name}'", code="damaged-store")
        return RunRow(*row)

    def record(self, row: RunRow) -> RunRecord:
        """Return a run's record; one that is marked as running without a driver was interrupted.

        Raises:
            StoreError: its row is not as it was written; the message names the run.
        """
        with naming_run(row.id):
            check_rows(self._database.statements["run_with_number"].columns, [astuple(row)])
            if row.seal is not None and row.seal != row.checksum():
                raise damaged("a row of a run", row.id)
            return self._record(row)

    def _record(self, row: RunRow) -> RunRecord:
        owner = self._database.driver(row.number)
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
            description=StoredMapping(self._session, row.definition, lambda texts, _: read_description(texts)),
            outline=StoredMapping(self._session, row.definition, lambda texts, _: read_outline(texts)),
            returned=StoredMapping(self._session, row.definition, lambda texts, _: read_returned(texts)),
            fingerprints=StoredMapping(self._session, row.definition, lambda _, texts: read_mapping(texts)),
            reason=row.reason or "",
            unrun={} if row.unrun is None else read_unrun(row.unrun),
            origin=read_origin(row.origin),
        )
