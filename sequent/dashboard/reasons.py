"""The words beside a part of a run that waits or has failed: why, in a sentence, and the end of the log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.errors import StoreError, UsageError
from sequent.model.status import RunStatus
from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.reading.log_windows import LogLine, LogText
from sequent.view.run_facts import facts_of
from sequent.view.typed_places import read_place
from sequent.view.why import Explanations

if TYPE_CHECKING:
    from sequent.dashboard.one_run import OneRun
    from sequent.runtime.ports import Store
    from sequent.runtime.records import AttemptRecord
    from sequent.view.failure_groups import PresentFailures

_SENTENCES = 20
"""Parts of a run about which the reason is told, at most."""
_TAILS = 3
_TAIL = 12
"""Lines of a log beside a failure."""


class RunReasons(Struct, frozen=True, kw_only=True):
    """The sentences and ends of logs that are shown with a run."""

    why: dict[str, str]
    """By place, as it is typed: why it waits, has not begun or never will."""
    tails: dict[tuple[str, str], list[LogLine]]
    """By step and sequence of a failed attempt, its last lines."""
    unread: dict[tuple[str, str], str]
    """The same for attempts whose log cannot be shown: the reason."""


def reasons_of(store: Store, run: OneRun, failures: PresentFailures) -> RunReasons:
    """Return the reasons of a run: for steps of which nothing has begun, for waits, and for failures."""
    firsts = {(group.first.located, group.first.sequence) for group in failures.groups[:_TAILS]}
    failed = {(each.located, each.sequence): each for each in run.digest.failures}
    tails, unread = dict[tuple[str, str], list[LogLine]](), dict[tuple[str, str], str]()
    for task, attempt in failed.items():
        if task in firsts:
            try:
                tails[task] = _tail(store, run, attempt)
            except StoreError as error:
                unread[task] = error.message
    return RunReasons(why=_sentences(store, run), tails=tails, unread=unread)


def _sentences(store: Store, run: OneRun) -> dict[str, str]:
    record = run.record
    if record.status is RunStatus.SUCCESS:
        return {}
    facts = facts_of(store, record)
    if not facts.is_described:
        return {}
    unbegun = [path for path in run.steps if not any(run.digest.standings.get(path, {}).values())]
    waits = [f"{wait.located}/{wait.sequence}" for wait in run.summary.waits if wait.sequence]
    explained, found = Explanations(facts, run.now), dict[str, str]()
    for text in (*waits[:_SENTENCES], *unbegun[:_SENTENCES]):
        # Of a step that repeats, no single task is meant.
        with contextlib.suppress(UsageError):
            place = read_place(facts, text)
            found[text] = explained.why(tuple(place.path.split(".")), place.sequence).sentence
    return found


def _tail(store: Store, run: OneRun, attempt: AttemptRecord) -> list[LogLine]:
    """Return the last lines of an attempt's log.

    Raises:
        StoreError: it is on another machine, or missing.
    """
    piece = Output(store, run.record).of(attempt)
    text = None if piece is None else LogText(piece)
    return [] if text is None else text.window(text.last_lines(_TAIL), _TAIL).lines
