"""Drives a run for a command, shows its progress, and reports its end."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.output import json_output
from sequent.cli.output.progress import DeferredProgress, PlainProgress, Progress
from sequent.cli.output.terminal import Lines, data, out
from sequent.cli.output.text import Paint, counts, duration, is_live, next_lines, readable, safe
from sequent.model.commands import resuming_command
from sequent.model.outcome import Outcome
from sequent.model.status import RunStatus
from sequent.model.value_text import encode
from sequent.runtime.observer_port import Observer

_CODES: Mapping[RunStatus, int] = {RunStatus.SUCCESS: 0, RunStatus.SUSPENDED: 0, RunStatus.FAILURE: 1}
_QUIET = (RunStatus.SUCCESS, RunStatus.SUSPENDED)


def drive_and_tell(
    options: GlobalOptions, drive: Callable[[Observer], Outcome], *, max_loops: int = -1, is_deferred: bool = False
) -> int:
    """Drive a run and show its progress to the user; return the exit code.

    If ``max_loops`` was typed, the next command has it too. With ``is_deferred``, nothing is shown as long as
    nothing happens.
    """
    lines = Lines(sys.stderr)
    began = time.monotonic()
    shown = _progress(options, lines)
    progress = DeferredProgress(shown) if is_deferred else shown
    try:
        outcome = drive(progress)
    finally:
        progress.close()
    if isinstance(progress, DeferredProgress) and not progress.has_begun and outcome.status in _QUIET:
        if options.json:
            json_output.write({"run": json_output.outcome_document(outcome)})
        return 0
    for line in end_lines(outcome, time.monotonic() - began, Paint.of(sys.stderr), max_loops):
        lines.write(line)
    if options.json:
        json_output.write({"run": json_output.outcome_document(outcome)})
    elif outcome.result is not None:
        _print_result(outcome.result)
    return exit_code(outcome.status, outcome.stopped_by)


def _progress(options: GlobalOptions, lines: Lines) -> Progress:
    if not options.quiet and not options.verbose and is_live(lines.stream):
        from sequent.cli.output.live_progress import LiveProgress

        return LiveProgress(lines)
    return PlainProgress(lines, is_quiet=options.quiet, is_verbose=options.verbose > 0)


def end_lines(outcome: Outcome, seconds: float, paint: Paint, max_loops: int = -1) -> list[str]:
    """Return lines about the end of a run, and the next command to type if there is one."""
    status = paint.status(outcome.status)
    tasks = counts(outcome.counts, has_ended=outcome.status is not RunStatus.SUSPENDED)
    lines = [f"run {paint.strong(safe(outcome.run_id))}: {status} in {duration(seconds)}, {tasks}"]
    lines += [f"  {safe(line)}" for line in outcome.reason.splitlines()]
    command = resuming_command(outcome.status, outcome.run_id, max_loops)
    return [*lines, *next_lines([command] if command else [])]


def exit_code(status: RunStatus, stopped_by: int = 0) -> int:
    """Return 0 for success or suspended, 1 for failure, and 143, 130 and 129 for a stop by TERM, INT or HUP."""
    return _CODES.get(status, 128 + (stopped_by or signal.SIGINT))


def _print_result(result: object) -> None:
    """Print the flow's result: a string unchanged, other data in a readable form."""
    if isinstance(result, str):
        data(result)
    else:
        out(readable(encode(result, "the result")))
