"""Defines ``logs``, which prints the output of a run's steps, during the run too."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.run_text import attempt_line
from sequent.cli.output.terminal import copy, flush, out
from sequent.cli.output.text import Paint, counted, safe
from sequent.cli.runs.run_lookup import find_run
from sequent.errors import LogElsewhereError, StoreError, UsageError
from sequent.model.commands import typed
from sequent.model.outline import CONTAINERS
from sequent.model.scope import is_within, split_host
from sequent.model.status import RunStatus, Status
from sequent.model.wording import guess
from sequent.runtime.reading.attempt_output import Output, Piece
from sequent.runtime.records import AttemptRecord, RunRecord

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Run
    from sequent.runtime.ports import Store

REST = 0.2
"""The seconds between two polls of a run that is followed."""
_SHOWN = 4
"""The maximum number of iterations that a message names beside the last."""
_PART = 0.1
"""The largest fraction of a follower's time to spend on polls: a run of a million attempts is polled less often."""


def logs(
    run: Run = "latest",
    path: Annotated[
        str | None, Parameter(help="A step or container, or one iteration of it: load, load.one/1.2.")
    ] = None,
    /,
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=(), help="Follow until the run ends.")] = False,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Print the output of a run's steps, attempt by attempt."""
    where, _, sequence = (path or "").partition("/")
    if follow and options.json:
        raise UsageError("--follow and --json exclude each other", hint="leave one of them out")
    with opened_store(options) as store:
        record = find_run(store, "logs", run, path)
        step, host = split_host(where, record.outline)
        if step:
            _refuse_unknown(record, step)
        wanted = _WantedAttempts(store, step, sequence, host)
        if (sequence or host) and not follow:
            _refuse_unbegun(wanted, record)
        if options.json:
            _write_document(wanted, record)
            return 0
        show = _ShownOutput(wanted)
        show.look(record, lines_alone=False) if not follow else _follow(show, store, record)
        told = [*show.elsewhere_lines(), *show.lost_lines(record)]
        for line in told:
            options.say(f"not shown: {safe(line)}")
        if show.unread:
            raise _unread_error([*show.unread.values()])
        if not (show.has_shown or told):
            options.say(f"{safe(path or 'run ' + record.id)}: the logs are empty")
    return 0


def _refuse_unknown(record: RunRecord, step: str) -> None:
    known = [name for name in record.outline if name]
    if step not in known:
        raise UsageError(
            f"run {record.id!r} has no step {step!r}",
            hint=f"{guess(step, known)}list its steps: {typed('show', record.id)}",
            path=step,
        )


def _refuse_unbegun(wanted: _WantedAttempts, record: RunRecord) -> None:
    """Refuse an iteration without a log, since it has not begun or does not exist; the error lists the others."""
    if next(wanted.attempts(record), None) is not None or record.outline.get(wanted.step) in CONTAINERS:
        return
    found = {
        attempt.sequence for attempt in wanted.store.attempts(record, wanted.step) if wanted.host in ("", attempt.host)
    }
    begun = sorted(found, key=lambda text: tuple(map(int, text.split("."))))
    shown = [*begun[:_SHOWN], "...", begun[-1]] if len(begun) > _SHOWN + 1 else begun
    told = "it has not begun"
    if begun:
        told = f"it has begun in {len(begun):,} iteration{'s' * (len(begun) > 1)}: {', '.join(shown)}"
    if not found:
        hosts = sorted({attempt.host for attempt in wanted.store.attempts(record, wanted.step)} - {""})
        told = f"it has begun on {', '.join(hosts)}" if hosts else told
    if not wanted.sequence:
        raise UsageError(
            f"run {record.id!r} has nothing of {wanted.step!r} on host {wanted.host!r} that has begun",
            code="unknown-host",
            hint=told,
            path=wanted.step,
        )
    raise UsageError(
        f"run {record.id!r} has no iteration {wanted.sequence!r} of {wanted.step!r} that has begun",
        code="sequence",
        hint=told,
        path=wanted.step,
    )


def _unread_error(errors: list[StoreError]) -> StoreError:
    """Return the error about segments that cannot be read, after all others were shown."""
    first, more = errors[0], len(errors) - 1
    others = f"; {counted(more, 'other log')} cannot be read either" if more else ""
    return StoreError(f"{first.message}{others}", code=first.code, hint=first.hint)


def _follow(show: _ShownOutput, store: Store, record: RunRecord) -> None:
    """Poll until no process drives the run any more, and show new output."""
    while record.status is RunStatus.RUNNING:
        began = time.monotonic()
        show.look(record, lines_alone=True)
        time.sleep(max(REST, (time.monotonic() - began) / _PART))
        record = store.find(record.id)
    show.look(record, lines_alone=False)


class _WantedAttempts(Struct):
    """The requested attempts."""

    store: Store
    step: str
    sequence: str
    host: str

    def attempts(self, record: RunRecord) -> Iterator[AttemptRecord]:
        """Yield the attempts by time of start."""
        if record.outline.get(self.step) in CONTAINERS:
            return filter(self._contains, self.store.attempts(record))
        found = self.store.attempts(record, self.step or None)
        return (attempt for attempt in found if self._means(attempt))

    def _means(self, attempt: AttemptRecord) -> bool:
        return self.sequence in ("", attempt.sequence) and self.host in ("", attempt.host)

    def _contains(self, attempt: AttemptRecord) -> bool:
        is_inside = not self.step or is_within(attempt.path, self.step)
        is_meant = not self.sequence or is_within(attempt.sequence, self.sequence)
        return is_inside and is_meant and self.host in ("", attempt.host)


def _write_document(wanted: _WantedAttempts, record: RunRecord) -> None:
    from sequent.cli.output import json_output

    output = Output(wanted.store, record)
    documents: list[dict[str, object]] = []
    for attempt in wanted.attempts(record):
        text, missing = None, None
        try:
            if (piece := output.of(attempt)) is None:
                continue
            text = b"".join(output.content(piece)).decode("utf-8", "backslashreplace")
        except StoreError as error:
            missing = error.message
        documents.append({**json_output.attempt_document(attempt), "text": text, "missing": missing})
    json_output.write({"store": wanted.store.name, "run": record.id, "logs": documents})


def _name(attempt: AttemptRecord) -> str:
    return f"{attempt.located}/{attempt.sequence} (attempt {attempt.attempt})"


def _is_lost(attempt: AttemptRecord, record: RunRecord) -> bool:
    """Return whether an attempt of this machine ended without an outcome, since its driver or its worker died."""
    is_over = attempt.status is Status.WAITING or (attempt.status is Status.ACTIVE and record.owner is None)
    return is_over and not (attempt.host or attempt.is_outdated)


class _ShownOutput(Struct):
    """The output shown so far, so that the next poll shows only new output.

    The attempts of one segment follow each other, so one position for each segment is enough.
    """

    wanted: _WantedAttempts
    has_shown: bool = False
    _behind: dict[str, int] = {}
    """By segment: the position up to which ended attempts have been shown."""
    _under_way: dict[tuple[str, str, int], int] = {}
    """By active attempt: the position up to which it has been shown."""
    _lost: set[tuple[str, str, int]] = set()
    """The attempts reported to have lost all output, for lack of room."""
    _last: tuple[str, str, int] | None = None
    """The attempt that was shown last; more of its output needs no further heading."""
    elsewhere: dict[str, tuple[LogElsewhereError, str, int]] = {}
    """By machine: the error of an attempt whose log is there, that attempt, and the number of such attempts."""
    lost: list[str] = []
    """The attempts without an outcome, of which nobody knows where their output ends."""
    unread: dict[str, StoreError] = {}
    """By segment: why it cannot be read."""

    def look(self, record: RunRecord, *, lines_alone: bool) -> None:
        """Show the new output; with ``lines_alone``, only whole lines."""
        output = Output(self.wanted.store, record)
        self.elsewhere.clear()
        self.lost.clear()
        for attempt in self.wanted.attempts(record):
            try:
                piece = output.of(attempt)
            except LogElsewhereError as error:
                self._miss(attempt, error)
                continue
            if piece is None and _is_lost(attempt, record):
                self.lost.append(_name(attempt))
            key = (attempt.located, attempt.sequence, attempt.attempt)
            if piece is not None and piece.dropped and not piece.length and key not in self._lost:
                self._lost.add(key)
                self._print(key, attempt, (), piece)
            if piece is None or piece.end <= self._behind.get(piece.segment, 0):
                continue
            try:
                new = self._new_part(output, key, piece, lines_alone=lines_alone)
                content = output.content(new) if new.length else None
            except StoreError as error:
                self.unread[piece.segment] = error
                self._print(key, attempt, [f"[sequent: {error.message}]\n".encode()], piece)
                continue
            if content is not None:
                self._print(key, attempt, content, piece)

    def _new_part(self, output: Output, key: tuple[str, str, int], piece: Piece, *, lines_alone: bool) -> Piece:
        """Return the part of an attempt's output that has not been shown; from now on it has.

        Raises:
            StoreError: the segment cannot be read.
        """
        if piece.has_ended:
            self._behind[piece.segment] = piece.end
            return piece.after(self._under_way.pop(key, 0))
        new = piece.after(self._under_way.get(key, 0))
        if lines_alone:
            new = output.lines_of(new)
        self._under_way[key] = new.end
        return new

    def _miss(self, attempt: AttemptRecord, error: LogElsewhereError) -> None:
        """Note an attempt whose log is on another machine."""
        first = _name(attempt)
        error, first, count = self.elsewhere.get(error.message, (error, first, 0))
        self.elsewhere[error.message] = (error, first, count + 1)

    def elsewhere_lines(self) -> list[str]:
        """Return a sentence for each other machine with logs.

        Raises:
            LogElsewhereError: all logs are on others.
        """
        told = [
            f"{first}{f' and {count - 1:,} more' if count > 1 else ''}: {error.message}"
            for error, first, count in self.elsewhere.values()
        ]
        if told and not self.has_shown:
            raise LogElsewhereError("; ".join(told), hint=next(iter(self.elsewhere.values()))[0].hint)
        return told

    def lost_lines(self, record: RunRecord) -> list[str]:
        """Return a sentence about attempts without an outcome, with the directory that has their output."""
        if not self.lost:
            return []
        from sequent.model.outcome import LogSpan

        span = LogSpan(segment="any", offset=0, length=0)
        directory = self.wanted.store.log_file(record, span).rpartition("/")[0]
        more = f" and of {len(self.lost) - 1:,} more" if len(self.lost) > 1 else ""
        return [
            f"the output of {self.lost[0]}{more}, which ended without an outcome; it is in the files of {directory}"
        ]

    def _print(self, key: tuple[str, str, int], attempt: AttemptRecord, content: Iterable[bytes], piece: Piece) -> None:
        if key != self._last:
            paint = Paint.of(sys.stdout)
            missing = f", {piece.dropped:,} bytes missing" if piece.dropped else ""
            out(paint.faint(f"==>{attempt_line(attempt, paint)}{missing} <=="))
            flush()
        self._last = key
        self.has_shown = True
        copy(content)
