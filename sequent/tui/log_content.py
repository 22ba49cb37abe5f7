"""Reads the part of a log that its screen shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.dashboard.attempt_logs import AttemptName, attempts_named, chosen_attempt, new_lines
from sequent.dashboard.one_run import read_run
from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.reading.log_windows import LogLine, LogText

if TYPE_CHECKING:
    from sequent.dashboard.run_digest import RunDigests
    from sequent.runtime.ports import Store
    from sequent.runtime.records import AttemptRecord, RunRecord

LINES = 500
"""Lines that are read at once."""
MATCHES = 200
"""Lines that a search finds at most."""


class LogPlace(Struct, frozen=True, kw_only=True):
    """The part of a log to show."""

    name: AttemptName = AttemptName()
    line: int = 0
    """The line to begin at; 0: the last lines, and then those that are added."""
    text: str = ""
    """The text to search for."""


class LogContent(Struct, frozen=True, kw_only=True):
    """Some lines of an attempt's log."""

    attempts: list[AttemptRecord]
    """All attempts of the task."""
    attempt: AttemptRecord | None
    lines: list[LogLine]
    length: int | None = None
    """The bytes of the whole log; None if nothing of it is kept."""
    dropped: int = 0
    end: int = 0
    """The position after the lines."""
    is_last: bool = True
    """Whether they are the last ones that have been written."""
    is_more: bool = False
    """Whether they follow the lines that are shown already."""
    is_over: bool = False
    """Whether there will be no more."""
    matches: list[LogLine] = []

    @property
    def name(self) -> AttemptName:
        """The attempt whose log it is."""
        if self.attempt is None:
            return AttemptName()
        numbers = tuple(map(int, self.attempt.sequence.split(".")))
        return AttemptName(self.attempt.located, numbers, self.attempt.attempt)


def read_log(store: Store, record: RunRecord, digests: RunDigests, place: LogPlace) -> LogContent:
    """Read some lines of a log; if no task is named, of the one that most needs a look."""
    attempts = attempts_named(store, read_run(store, record, digests), place.name)
    attempt = chosen_attempt(attempts, place.name.attempt)
    piece = None if attempt is None else Output(store, record).of(attempt)
    is_active = record.owner is not None and (attempt is None or attempt.ended is None)
    if piece is None:
        return LogContent(attempts=attempts, attempt=attempt, lines=[], is_over=not is_active)
    text = LogText(piece)
    window = text.window(text.position_of(place.line) if place.line else text.last_lines(LINES), LINES)
    if is_active and window.is_last and not text.ends_with_line:
        # The last line is not complete yet.
        window = window.without_last()
    return LogContent(
        attempts=attempts,
        attempt=attempt,
        lines=window.lines,
        length=piece.length,
        dropped=piece.dropped,
        end=window.end,
        is_last=window.is_last,
        is_over=not is_active,
        matches=text.found(place.text, MATCHES) if place.text else [],
    )


def read_further(store: Store, record: RunRecord, shown: LogContent) -> LogContent | None:
    """Read the lines that were added to a log; None if there is nothing new."""
    new = new_lines(store, record, shown.name, shown.end, LINES)
    if not new.lines and not new.is_over:
        return None
    attempts = shown.attempts
    if new.is_over:
        attempts = store.tasks(record).attempts_of(shown.name.path, shown.name.numbers)
    return LogContent(
        attempts=attempts,
        attempt=chosen_attempt(attempts, shown.name.attempt) or shown.attempt,
        lines=new.lines,
        length=new.end,
        dropped=shown.dropped,
        end=new.end,
        is_more=True,
        is_over=new.is_over,
        matches=shown.matches,
    )
