"""All runs of a store: making, taking, listing and finding them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from sequent.runtime.logs.segment_files import segment_path
from sequent.runtime.store import run_ids
from sequent.runtime.store.sql.records import read_owner
from sequent.runtime.store.sql.run_list import Listing, RunRow, naming_run
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.stored_definitions import read_nodes

if TYPE_CHECKING:
    from sequent.errors import BusyError
    from sequent.model.interventions import Intervention, InterventionRecord
    from sequent.model.outcome import Failure, LogSpan
    from sequent.model.plan import Plan
    from sequent.model.run_target import Target
    from sequent.model.status import Status
    from sequent.runtime.pruning import Pruned, PruneRule
    from sequent.runtime.records import AttemptRecord, LeftPart, PastRun, Pending, RunOrigin, RunRecord
    from sequent.runtime.store.nodes import KnownNodes
    from sequent.runtime.store.sql.attempt_rows import AttemptRows
    from sequent.runtime.store.sql.database import LargeValues, RunClaim
    from sequent.runtime.store.sql.place_rows import PlaceRows
    from sequent.runtime.store.sql.run_reading import SeenRun
    from sequent.runtime.store.sql.run_taking import RunTaking
    from sequent.runtime.store.sql.run_writer import Guard, SqlRun
    from sequent.runtime.store.sql.task_rows import TaskRows


class SqlStore:
    """The runs in one database."""

    def __init__(self, session: Session, now: Callable[[], float] = time.time, *, is_doubtful: bool = False) -> None:
        """Take an open database; if it is doubtful, it is checked before the first run is made."""
        self.name = session.database.name
        self._session = session
        self._database = session.database
        self._listing = Listing(session)
        self._now = now
        self._is_doubtful = is_doubtful
        self._pid = os.getpid()
        self._driven: list[SqlRun] = []

    # -- making and taking runs

    def create(
        self,
        target: Target,
        plan: Plan,
        run_id: str | None,
        fingerprints: Mapping[str, str],
        origin: RunOrigin | None = None,
    ) -> SqlRun:
        if run_id is not None:
            run_ids.check_id(run_id)
        if self._is_doubtful:
            from sequent.runtime.store.sql.checking import WHOLE

            self._database.check_pages(self._session, WHOLE)
            self._is_doubtful = False
        return self._drive(*self._taking().create(target, plan, run_id, fingerprints, origin))

    def take(self, run_id: str, *, resumes: bool = False, reopens: bool = False, forces: bool = False) -> SqlRun:
        return self._drive(*self._taking().take(run_id, resumes=resumes, reopens=reopens, forces=forces))

    def _taking(self) -> RunTaking:
        # Commands that only read a store need none of it.
        from sequent.runtime.store.sql.run_taking import RunTaking

        return RunTaking(self._session, self._listing, self._now, self._busy)

    def _busy(self, row: RunRow) -> BusyError:
        from sequent.runtime.processes.run_owners import busy

        return busy(row.id, self._database.driver(row.number) or read_owner(row.owner))

    def _drive(self, claim: RunClaim, guard: Guard) -> SqlRun:
        from sequent.runtime.store.sql.run_reading import RunReading
        from sequent.runtime.store.sql.run_writer import SqlRun

        try:
            row = self._listing.with_number(guard.number)
            reading = RunReading(self._listing.record(row), *self._parts(self._session, row), has_seals=_has_seals(row))
            run = SqlRun(reading, claim, guard, row, self._now, self._driven.remove)
        except BaseException:
            claim.release()
            raise
        self._driven.append(run)
        return run

    # -- looking at runs

    def _parts(self, session: Session, row: RunRow) -> tuple[Session, int, KnownNodes, LargeValues]:
        """Return the parts needed to read the rows of a run, through that connection."""
        nodes = read_nodes(self._session, row.definition, is_digested=row.seal is not None)
        return session, row.number, nodes, self._database.values(row.number, session)

    def _attempts(self, row: RunRow, session: Session | None = None) -> AttemptRows:
        from sequent.runtime.store.sql.attempt_rows import AttemptRows

        return AttemptRows(*self._parts(session or self._session, row), has_seals=_has_seals(row))

    def places(self, run: RunRecord) -> PlaceRows:
        from sequent.runtime.store.sql.place_rows import PlaceRows

        with naming_run(run.id):
            row = self._listing.with_number(run.number)
            return PlaceRows(run, self._other_places, *self._parts(self._session, row), has_seals=_has_seals(row))

    def _other_places(self, number: int) -> PlaceRows:
        return self.places(self._listing.record(self._listing.with_number(number)))

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        return self._listing.records(flow, limit)

    def runs_within(self, since: float, until: float, limit: int, before: int) -> list[RunRecord]:
        return self._listing.within(before, since, until, limit)

    def outcomes(self, since: float, limit: int) -> list[PastRun]:
        return self._listing.outcomes(since, limit)

    def news_of(self, run: RunRecord) -> tuple[int, ...]:
        found = self._session.row("news_of", run.number)
        # A run that is gone has no news.
        return () if found is None else tuple(map(int, found))

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        return self._listing.record(self._listing.find(run_id, flow))

    def attempts(self, run: RunRecord, path: str | None = None) -> Iterator[AttemptRecord]:
        # Each has a connection of its own: a statement under way would hold up the store's others.
        with contextlib.closing(Session(self._database)) as session, naming_run(run.id):
            yield from self._attempts(self._listing.with_number(run.number), session).attempts(path)

    def story(self, run: RunRecord) -> Iterator[LeftPart]:
        # As for attempts.
        with contextlib.closing(Session(self._database)) as session, naming_run(run.id):
            yield from self._attempts(self._listing.with_number(run.number), session).story()

    def artifact(self, run: RunRecord, digest: str) -> bytes:
        with naming_run(run.id):
            return self._database.values(run.number, self._session).artifact(digest)

    def pending(self, run: RunRecord) -> list[Pending]:
        return self._attempts(self._listing.with_number(run.number)).pending()

    def intervene(self, run: RunRecord, request: Intervention) -> int:
        from sequent.runtime.store.sql.interventions import InterventionRows

        self._database.refuse_reading_only()
        number = InterventionRows(self._session, run.number).add(request, self._now())
        self.wake(run)
        return number

    def interventions(self, run: RunRecord) -> list[InterventionRecord]:
        with naming_run(run.id):
            if self._session.row("last_intervention", run.number)[0] is None:
                return []
            from sequent.runtime.store.sql.interventions import InterventionRows

            return InterventionRows(self._session, run.number).all()

    def container_problems(self, run: RunRecord) -> list[Failure]:
        with naming_run(run.id):
            return self._attempts(self._listing.with_number(run.number)).container_problems()

    def look(self, run: RunRecord) -> SeenRun:
        with naming_run(run.id):
            from sequent.runtime.store.sql.checking import check_run
            from sequent.runtime.store.sql.run_reading import SeenRun

            row = self._listing.with_number(run.number)
            record, parts = self._listing.record(row), self._parts(self._session, row)
            reading = SeenRun(record, *parts, has_seals=_has_seals(row))
            check_run(self._session, self._listing, run.number, reading.nodes)
            return reading

    def tasks(self, run: RunRecord) -> TaskRows:
        from sequent.runtime.store.sql.task_rows import TaskRows

        with naming_run(run.id):
            row = self._listing.with_number(run.number)
            return TaskRows(*self._parts(self._session, row), has_seals=_has_seals(row))

    def picture(self, run: RunRecord) -> str:
        with naming_run(run.id):
            definition = self._listing.with_number(run.number).definition
            found = self._session.row("definition_picture", definition)
            return "" if found is None else str(found[0])

    def standings(self, run: RunRecord) -> Mapping[str, Mapping[Status, int]]:
        with naming_run(run.id):
            return self._attempts(self._listing.with_number(run.number)).standings()

    def directory(self, run: RunRecord) -> str:
        return self._database.directory(run.number)

    def log_file(self, run: RunRecord, span: LogSpan) -> str:
        self._database.check_directory(run.number)
        return segment_path(self.directory(run), span)

    def wake(self, run: RunRecord) -> None:
        self._database.wake(self._session, run.number)

    def prune(self, rule: PruneRule) -> Pruned:
        from sequent.runtime.store.sql.pruning import Pruning

        return Pruning(self._session, self._now).prune(rule)

    def problems(self) -> Iterator[str]:
        """Yield the problems of the store; each of its pages, rows and large values is checked."""
        from sequent.runtime.store.sql.checking import problems_of

        return problems_of(self._session)

    def close(self) -> None:
        if self._pid != os.getpid():
            return
        for run in tuple(self._driven):
            run.close()
        self._session.close()


def _has_seals(row: RunRow) -> bool:
    """Return whether the texts of a run have seals: those of older versions have none."""
    return row.seal is not None
