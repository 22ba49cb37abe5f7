"""Chooses the attempt whose log is shown, and reads the lines that it has added."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.reading.log_windows import WINDOW, LogLine, LogText
from sequent.runtime.task_list_port import START

if TYPE_CHECKING:
    from sequent.dashboard.one_run import OneRun
    from sequent.runtime.ports import Store
    from sequent.runtime.reading.attempt_output import Piece
    from sequent.runtime.records import AttemptRecord, RunRecord

_FAR_BEHIND = 4 * WINDOW
"""The bytes of new output above which only its last lines are read."""


class AttemptName(NamedTuple):
    """The attempt whose log is shown: all parts may be left open."""

    path: str = ""
    """The step, with its host in its place; '': the one that most needs a look."""
    numbers: tuple[int, ...] = ()
    """Its sequence."""
    attempt: int = 0
    """0: the last one."""


class NewLines(NamedTuple):
    """The lines that an attempt has added."""

    lines: list[LogLine]
    end: int
    """The position after them."""
    is_over: bool
    """Whether there will be no more."""


def attempts_named(store: Store, run: OneRun, name: AttemptName) -> list[AttemptRecord]:
    """Return the attempts of a task; if none is named, of the first that failed, is active or has begun."""
    tasks = store.tasks(run.record)
    if name.path:
        return tasks.attempts_of(name.path, name.numbers)
    begun = (path for path in reversed(run.steps) if any(run.digest.standings.get(path, {}).values()))
    last = (each for path in begun for each in tasks.tasks(path, (), None, START, 1).tasks)
    first = next(chain(run.digest.failures, last), None)
    return [] if first is None else tasks.attempts_of(first.located, tuple(map(int, first.sequence.split("."))))


def chosen_attempt(attempts: list[AttemptRecord], number: int) -> AttemptRecord | None:
    """Return the attempt with that number; 0: the last one."""
    return next((each for each in reversed(attempts) if number in (0, each.attempt)), None)


def output_of(store: Store, record: RunRecord, name: AttemptName) -> Piece | None:
    """Return the output of an attempt; None if it has none."""
    attempt = chosen_attempt(store.tasks(record).attempts_of(name.path, name.numbers), name.attempt)
    return None if attempt is None else Output(store, record).of(attempt)


def new_lines(store: Store, record: RunRecord, name: AttemptName, position: int, most: int) -> NewLines:
    """Return the next lines of an attempt from a position on, at most so many; far behind its end, the last ones."""
    piece = output_of(store, record, name)
    is_driven = store.find(record.id).owner is not None
    if piece is None:
        return NewLines([], position, not is_driven)
    text = LogText(piece)
    if position >= text.length:
        # The lines before are counted only for new ones.
        return NewLines([], text.length, piece.has_ended or not is_driven)
    if text.length - position > _FAR_BEHIND:
        position = text.last_lines(most)
    window = text.window(position, most)
    is_over = (piece.has_ended or not is_driven) and window.is_last
    if not piece.has_ended and is_driven and window.is_last and not text.ends_with_line:
        # The last line is not complete yet.
        window = window.without_last()
    return NewLines(window.lines, window.end, is_over)
