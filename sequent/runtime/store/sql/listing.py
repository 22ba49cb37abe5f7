"""Finds runs and tells what they are in."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any, NamedTuple
from zlib import crc32

from sequent.errors import StoreError
from sequent.model.status import RunStatus
from sequent.model.target import Target
from sequent.runtime.records import RunRecord
from sequent.runtime.store import run_ids
from sequent.runtime.store.sql.definitions import StoredMapping
from sequent.runtime.store.sql.fields import check_rows
from sequent.runtime.store.sql.records import (
    read_counts,
    read_description,
    read_mapping,
    read_origin,
    read_params,
    read_run_status,
    read_target,
    read_unrun,
)
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.session import Session


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


def seal_run(session: Session, number: int) -> None:
    """Seal a run's row, which was changed in the transaction that is under way."""
    row = RunRow(*session.unchecked("run_with_number", number)[0])
    if row.tally is not None:
        session.execute("seal_run", row.checksum(), number)


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
    """The runs of a store, by their rows; whether one is driven the database says otherwise."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._database = session.database

    def records(self, flow: str | None, limit: int | None) -> list[RunRecord]:
        """The runs, latest first; one that cannot be read is among them, as damaged."""
        rows = -1 if limit is None else limit
        values = (rows,) if flow is None else (flow, rows)
        try:
            text = "runs" if flow is None else "runs_of_flow"
            return [self._seen(RunRow(*row)) for row in self._session.unchecked(text, *values)]
        except StoreError:
            # One of them has a text that is none, so that all cannot be had at once.
            text = "numbers" if flow is None else "numbers_of_flow"
            return [self._seen_at(number) for (number,) in self._session.rows(text, *values)]

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
        if run_id == run_ids.LATEST:
            latest = self._latest(flow)
            if latest is not None:
                return RunRow(*latest)
            raise run_ids.none_latest(flow, self._database.name, _told(self.records(flow, 5)))
        exact = self._first("run_with_id", run_id)
        if exact is not None:
            return RunRow(*exact)
        found = [RunRow(*row) for row in self._session.unchecked("runs_with_prefix", len(run_id), run_id)]
        if not found or not run_id:
            raise run_ids.unknown(run_id, self._database.name, _told(self.records(None, 5)))
        if len(found) > 1:
            raise run_ids.ambiguous(run_id, _told([self._seen(row) for row in found]))
        return found[0]

    def _latest(self, flow: str | None) -> Any:
        if flow is None:
            return self._first("latest_run")
        return self._first("latest_run_of_flow", flow)

    def _first(self, text: str, *values: object) -> Any:
        """The first row; None where there is none. What it holds is looked at when a record is made of it."""
        found = self._session.unchecked(text, *values)
        return found[0] if found else None

    def with_number(self, number: int) -> RunRow:
        """The run with that number, which is known to be there."""
        found = self._first("run_with_number", number)
        if found is None:
            raise StoreError(f"run {number} is gone from '{self._database.name}'", code="damaged-store")
        return RunRow(*found)

    def record(self, row: RunRow) -> RunRecord:
        """A run as others see it: one that says running, but that nobody drives, was interrupted.

        Raises:
            StoreError: its row is not what was written; the message says which run it is.
        """
        with naming_run(row.id):
            check_rows(self._database.statements["run_with_number"].columns, [row])
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
            fingerprints=StoredMapping(self._session, row.definition, lambda _, texts: read_mapping(texts)),
            reason=row.reason or "",
            unrun={} if row.unrun is None else read_unrun(row.unrun),
            origin=read_origin(row.origin),
        )
