"""The numbers of a run's tasks that take a look at each of them, kept until they change."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.model.outcome import Failure
from sequent.model.status import Status
from sequent.runtime.task_list_port import AttemptPiece
from sequent.view.attempts import Attempts, by_step
from sequent.view.buckets import BUCKETS
from sequent.view.earlier_runs import RunWithAttempts, durations_in, earlier_attempts, earlier_lengths
from sequent.view.expected_end import MOST_FOLLOWED, ExpectedEnd, expected_end
from sequent.view.predecessors import Predecessors
from sequent.view.run_result import RunResult, read_result
from sequent.view.step_durations import Band, bands_of
from sequent.view.timeline import MOST_BARS, Timeline, timeline_of, timeline_of_pieces

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import AttemptRecord, RunRecord

FAILURES = 100
"""Failures that are read."""
ATTEMPTS = MOST_FOLLOWED
"""Attempts of a run that are read one by one for its timeline; of more, only numbers by pieces of time."""
_KEPT = 50
"""Runs whose digests are kept."""
PART = 0.03
"""The largest fraction of a run's time to spend on digests of it: those of a large run are renewed less often."""

_LONGEST = 30.0
"""Seconds after which the expected end of a run is computed again, though nothing has happened in it."""


class RunDigest(Struct, frozen=True, kw_only=True):
    """The numbers of a run's tasks at a moment."""

    news: tuple[int, ...]
    """The numbers by which a later change is noticed."""
    at: float
    cost: float
    """Seconds that it took."""
    standings: Mapping[str, Mapping[Status, int]]
    failed: int
    """The number of tasks that failed."""
    failures: Sequence[AttemptRecord]
    """The first of them."""
    problems: Sequence[Failure]
    """The first containers that failed without a failed attempt."""
    unread: int
    """The number of further failures of both kinds."""
    pieces: Sequence[AttemptPiece]
    timeline: Timeline
    expected_end: ExpectedEnd | None
    """When the run will probably end."""
    result: RunResult | None


class _KeptDigest:
    """The digest of one run, which one thread at a time makes."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.digest: RunDigest | None = None


class RunDigests:
    """The latest digest of each run that was looked at.

    A page of a run that has not changed since costs the same, whatever the number of its tasks; so does that of a run
    that goes on, unless its digest is due. While a digest is made, only the pages of its run wait.
    """

    def __init__(self) -> None:
        self._kept: dict[int, _KeptDigest] = {}
        """By the number of a run; the one that was looked at last comes last."""
        self._lock = Lock()

    def of(self, store: Store, record: RunRecord) -> RunDigest:
        """Return the digest of a run: a new one if the run has changed, and its time has come."""
        news = store.news_of(record)
        kept = self._of_number(record.number)
        with kept.lock:
            digest = kept.digest
            if digest is None or _is_due(digest, news, record):
                digest = kept.digest = _made(store, record, news)
            return digest

    def _of_number(self, number: int) -> _KeptDigest:
        with self._lock:
            kept = self._kept.pop(number) if number in self._kept else _KeptDigest()
            self._kept[number] = kept
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            return kept


def _is_due(digest: RunDigest, news: tuple[int, ...], record: RunRecord) -> bool:
    """Return whether to make a new digest of a run that has these numbers now.

    A run that goes on ends later as time passes, even without news.
    """
    age = time.time() - digest.at
    if record.owner is not None and age < digest.cost / PART:
        return False
    return digest.news != news or (digest.expected_end is not None and age > _LONGEST)


def _made(store: Store, record: RunRecord, news: tuple[int, ...]) -> RunDigest:
    began = time.monotonic()
    standings = store.standings(record)
    failed, failures = store.tasks(record).failed_attempts(FAILURES)
    problems = store.container_problems(record)
    pieces, until = _pieces(store, record)
    total = sum(piece.attempts for piece in pieces)
    attempts = by_step(store.attempts(record), record.outline) if total <= ATTEMPTS else None
    earlier = _earlier(store, record, total)
    usual = bands_of(durations_in(earlier)) if total <= MOST_BARS else {}
    timeline = _timeline(record, pieces, attempts, usual, until)
    waits = store.pending(record) if record.owner is not None else ()
    end = expected_end(record, attempts, waits, earlier, time.time())
    return RunDigest(
        news=news,
        at=time.time(),
        cost=time.monotonic() - began,
        standings=standings,
        failed=failed,
        failures=failures,
        problems=problems[:FAILURES],
        unread=failed - len(failures) + len(problems[FAILURES:]),
        pieces=pieces,
        timeline=timeline,
        result=read_result(store, record),
        expected_end=end,
    )


def _earlier(store: Store, record: RunRecord, total: int) -> Sequence[RunWithAttempts]:
    """Return earlier runs, as far as they are needed: only a bar can be late, and only a run that goes on will end."""
    if total > MOST_BARS and record.owner is None:
        return ()
    if total > ATTEMPTS:
        return earlier_lengths(store, record)
    return earlier_attempts(store, record, total)


def _pieces(store: Store, record: RunRecord) -> tuple[Sequence[AttemptPiece], float]:
    """Return the attempts of a run by pieces of its time, and the end of that."""
    tasks, until = store.tasks(record), time.time() if record.ended is None else record.ended
    pieces = tasks.pieces(record.created, until, BUCKETS)
    if record.ended is None and record.owner is None:
        # Its process has died: the run lasted until its last attempt that is known.
        until = max((each.started if each.status is Status.ACTIVE else each.ended for each in pieces), default=until)
        pieces = tasks.pieces(record.created, until, BUCKETS)
    return pieces, until


def _timeline(
    record: RunRecord,
    pieces: Sequence[AttemptPiece],
    attempts: Attempts | None,
    usual: Mapping[str, Band],
    until: float,
) -> Timeline:
    span, is_driven = (record.created, until), record.owner is not None
    if attempts is None:
        return timeline_of_pieces(pieces, record.outline, span, is_driven=is_driven)
    return timeline_of(attempts, Predecessors(record.description, attempts), usual, span, is_driven=is_driven)
