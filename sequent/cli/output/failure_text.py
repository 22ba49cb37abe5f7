"""Writes failed attempts: the author's own error at the author's own line, and where its log is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.output.text import Paint, safe, safe_block, task_name
from sequent.model.commands import typed
from sequent.model.status import Status

if TYPE_CHECKING:
    from sequent.model.outcome import Failure, Problem

_GROUP = "Exception Group Traceback"
"""The heading that Python writes above an exception group: all its exceptions matter, not only the first line."""


def failure_lines(failure: Failure, run: str, paint: Paint) -> list[str]:
    """Return the lines of one failure of a run, with the command that shows the output of the attempt."""
    problem = failure.problem
    number = f"  (attempt {failure.attempt})" if failure.attempt > 1 else ""
    name = task_name(failure.located, failure.sequence)
    lines = [f"{paint.status(Status.FAILURE)}  {paint.strong(name)}{number}"]
    lines += [f"    {line}" for line in problem_lines(problem)]
    if failure.log:
        lines.append(f"    log: {safe(typed('logs', run, name))}")
    return lines


def problem_lines(problem: Problem) -> list[str]:
    """Return the lines of a problem: the author's error, its line, and the traceback if it has several frames."""
    lines, frames = _error_lines(problem), _frames(problem.traceback)
    if problem.file:
        start = f'File "{problem.file}", line {problem.line},'
        source = next((f": {line}" for frame, line in reversed(frames) if line and frame.startswith(start)), "")
        lines.append(f"{safe(problem.file)}:{problem.line}{source}")
    if len(frames) > 1 or _GROUP in problem.traceback:
        lines += safe_block(problem.traceback).rstrip("\n").split("\n")
    return lines


def failure_line(failure: Failure, paint: Paint) -> str:
    """Return one failure of many, in one line."""
    name = task_name(failure.located, failure.sequence)
    return f"{paint.status(Status.FAILURE)}  {name}  {brief(failure.problem)}"


def brief(problem: Problem) -> str:
    """Return a problem in one line."""
    return _error_lines(problem)[0]


def _error_lines(problem: Problem) -> list[str]:
    first, *more = safe_block(problem.message).split("\n")
    return [f"{safe(problem.type)}: {first}" if first else safe(problem.type), *(f"  {line}" for line in more)]


def _frames(traceback: str) -> list[tuple[str, str]]:
    """Return the frames of a traceback as Python prints it: (the ``File`` line, the source line).

    The source line is taken from the traceback rather than from the file: that may have changed since, and a command
    that reads history should not open it.
    """
    lines = traceback.split("\n")
    frames: list[tuple[str, str]] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith('  File "'):
            source = safe(following.strip()) if following.startswith("    ") else ""
            frames.append((line.strip(), source))
    return frames
