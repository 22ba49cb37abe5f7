"""Finds the earlier runs of a flow, and reads their attempts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sequent.model.record_text import LATEST
from sequent.runtime.records import AttemptRecord, RunRecord
from sequent.view.step_durations import successful

if TYPE_CHECKING:
    from sequent.runtime.ports import Store

MOST_RUNS = 20
FEWEST_ATTEMPTS = 2_000
_AT_ONCE = 100
_LOOKED_AT = 1_000
"""The runs of all flows that are looked at."""


def earlier_runs(store: Store, record: RunRecord) -> list[RunRecord]:
    """Return the latest runs of the same flow before this one that have ended."""
    return ended_runs(store, record.target.flow, record.number)


def ended_runs(store: Store, flow: str, before: int, most: int = MOST_RUNS) -> list[RunRecord]:
    """Return the latest runs of a flow that have ended.

    Args:
        store: the store.
        flow: the name of the flow.
        before: only runs with a lower number.
        most: the number of runs.
    """
    found: list[RunRecord] = []
    for _ in range(_LOOKED_AT // _AT_ONCE):
        runs = store.runs_within(0.0, LATEST, _AT_ONCE, before)
        found += [run for run in runs if run.target.flow == flow and run.ended is not None]
        if len(found) >= most or len(runs) < _AT_ONCE:
            break
        before = runs[-1].number
    return found[:most]


class RunWithAttempts(NamedTuple):
    """An earlier run with its attempts."""

    record: RunRecord
    attempts: Sequence[AttemptRecord]
    is_whole: bool
    """Whether these are all of its attempts."""


def earlier_attempts(store: Store, record: RunRecord, attempts: int) -> list[RunWithAttempts]:
    """Return the latest earlier runs of the flow of a run, with their attempts.

    Args:
        store: the store of the run.
        record: the run.
        attempts: how many attempts it has. At most half as many of earlier runs are read, or 2,000.
    """
    left = max(FEWEST_ATTEMPTS, attempts // 2)
    found: list[RunWithAttempts] = []
    for run in earlier_runs(store, record):
        if not left:
            break
        rows = store.attempts(run)
        read = list(islice(rows, left))
        left -= len(read)
        found.append(RunWithAttempts(run, read, is_whole=bool(left) or next(rows, None) is None))
    return found


def earlier_lengths(store: Store, record: RunRecord) -> list[RunWithAttempts]:
    """Return the same without any attempts: only how long each run took as a whole."""
    return [RunWithAttempts(run, (), is_whole=False) for run in earlier_runs(store, record)]


def durations_in(earlier: Iterable[RunWithAttempts]) -> Mapping[str, Sequence[float]]:
    """Return the durations of each step's successes in some runs, by path."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for run in earlier:
        for attempt in run.attempts:
            found[attempt.path] += successful((attempt,))
    return found
