"""Observers of a run without a display of its progress: a log, or a notebook's cell."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sequent.errors import StoreError
from sequent.model.commands import resuming_call, resuming_command
from sequent.model.durations import span_text
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import Plan
from sequent.model.references import dotted
from sequent.model.scope import Scope, address_of
from sequent.model.status import RunStatus, Status
from sequent.model.terminal import safe_block
from sequent.runtime.logs.segment_files import open_segment, segment_path
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from loguru import Record as LogRecord

_BETWEEN = 5.0
"""Seconds between two lines about a run's progress."""
_SOURCE = "sequent", "run", 0
"""The module, function and line that the lines about a run name: no line of code here tells a reader anything."""


def observer_here(directory: str = "") -> LoggingObserver | PrintingObserver:
    """Return the default observer of a run in this process.

    Args:
        directory: the run's own, if the output of its steps is to be shown as well; '' if not.
    """
    return PrintingObserver(directory) if is_notebook() else LoggingObserver(directory)


def note_all(texts: Iterable[str]) -> None:
    """Warn of accepted arguments that are probably mistakes."""
    observer = observer_here()
    for text in texts:
        observer.note(text)


def is_notebook() -> bool:
    """Return whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


class LoggingObserver:
    """Logs a run's start and end, and its failures; used by ``run()`` in a program.

    Successes are not logged one by one: a hundred thousand tasks must cost nothing.
    """

    def __init__(self, directory: str = "") -> None:
        self._directory = directory

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._plan = plan
        self._run = record.id
        tell("INFO", f"{_beginning(record)} begins")

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        """Say nothing: see the class."""

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        _show(self._directory, log)
        if problem is not None:
            tell("ERROR", _failure(self._plan, node, problem, scope))
        elif status is Status.FAILURE:
            tell("ERROR", _given_up(self._plan, node, scope))

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        _show(self._directory, log)
        tell("WARNING", _retry(self._plan, scope, node, attempt, problem, wait))

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """Say nothing: see the class."""

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        tell("WARNING", f"{_name(self._plan, node, scope)} {text}")

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """Say nothing: see the class."""

    def draw_failed(self, node: int, problem: Problem) -> None:
        tell("ERROR", _failure(self._plan, node, problem))

    def note(self, text: str) -> None:
        tell("WARNING", text)

    def run_ended(self, status: RunStatus) -> None:
        command = resuming_command(status, self._run)
        tell("INFO", f"run {self._run} ended: {status.value}{f'; next: {command}' if command else ''}")


def tell(level: str, text: str) -> None:
    """Log a line with loguru; where nobody has loaded or set it up, write the line that it would.

    It takes longer to load than a short run takes.
    """
    is_set_up = "loguru" in sys.modules or any(name.startswith("LOGURU_") for name in os.environ)
    # There may be no such stream.
    if is_set_up or getattr(sys.stderr, "isatty", bool)():
        from loguru import logger

        logger.patch(_name_source).log(level, safe_block(text))
        return
    now = datetime.now().astimezone()
    source = ":".join(map(str, _SOURCE))
    line = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03} | {level: <8} | {source} - {safe_block(text)}\n"
    # As with loguru, a run goes on if nobody can read it.
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(line)
        sys.stderr.flush()


def _name_source(record: LogRecord) -> None:
    record["name"], record["function"], record["line"] = _SOURCE


class PrintingObserver:
    """Prints a run's start and end, its failures, and now and then its progress.

    Successes are not shown one by one: a notebook keeps all that it shows.
    """

    def __init__(self, directory: str = "", monotonic: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._monotonic = monotonic
        self._counts: Counter[Status] = Counter()
        self._told = monotonic()

    def run_began(self, record: RunRecord, plan: Plan) -> None:
        self._plan = plan
        self._run = record.id
        _print(_beginning(record))

    def task_started(self, scope: Scope, node: int, attempt: int) -> None:
        self._progress()

    def task_settled(
        self, scope: Scope, node: int, attempt: int, status: Status, problem: Problem | None, log: LogSpan | None
    ) -> None:
        self._counts[status] += 1
        _show(self._directory, log)
        if problem is not None:
            _print(f"\u2717 {_failure(self._plan, node, problem, scope)}")
        elif status is Status.FAILURE:
            _print(f"\u2717 {_given_up(self._plan, node, scope)}")
        self._progress()

    def attempt_failed(
        self, scope: Scope, node: int, attempt: int, problem: Problem, log: LogSpan | None, wait: float
    ) -> None:
        _show(self._directory, log)
        _print(_retry(self._plan, scope, node, attempt, problem, wait))

    def task_waits(self, scope: Scope, node: int, seconds: float) -> None:
        """Say nothing: see the class."""

    def task_asks(self, scope: Scope, node: int, text: str) -> None:
        _print(f"{_name(self._plan, node, scope)} {text}")

    def tasks_queue(self, numbers: Mapping[int, int]) -> None:
        """Say nothing: see the class."""

    def draw_failed(self, node: int, problem: Problem) -> None:
        _print(f"\u2717 {_failure(self._plan, node, problem)}")

    def note(self, text: str) -> None:
        _print(text)

    def run_ended(self, status: RunStatus) -> None:
        _print(f"run {self._run}: {status.value}{self._numbers()}")
        if call := resuming_call(status):
            _print(f"next: call {call} of the flow")

    def _progress(self) -> None:
        now = self._monotonic()
        if now - self._told >= _BETWEEN:
            self._told = now
            _print(f"run {self._run} goes on{self._numbers()}")

    def _numbers(self) -> str:
        parts = [f"{self._counts[status]:,} {status.value}" for status in Status if self._counts[status]]
        return f", {', '.join(parts)}" if parts else ""


def _beginning(record: RunRecord) -> str:
    again = f", recovery {record.recovery}" if record.recovery else ""
    return f"run {record.id} of {record.target.flow}{again}"


def _failure(plan: Plan, node: int, problem: Problem, scope: Scope | None = None) -> str:
    """Return a sentence on the failure of a task, or of a container as a whole."""
    return f"{_name(plan, node, scope)} failed: {_why(problem)}"


def _retry(plan: Plan, scope: Scope, node: int, attempt: int, problem: Problem, wait: float) -> str:
    when = f" in {span_text(round(wait, 2) if wait < 1 else round(wait))}" if wait else ""
    return f"{_name(plan, node, scope)} failed at attempt {attempt}: {_why(problem)}; it will be tried again{when}"


def _given_up(plan: Plan, node: int, scope: Scope) -> str:
    """Return a sentence on a task that is not tried again after all, whose failure was shown before."""
    return f"{_name(plan, node, scope)} is not tried again, and has failed"


def _name(plan: Plan, node: int, scope: Scope | None) -> str:
    path = plan.nodes[node].path
    return dotted(path) if scope is None else address_of(path, scope.sequence)


def _why(problem: Problem) -> str:
    where = f" ({problem.file}:{problem.line})" if problem.file else ""
    return f"{problem.type}: {problem.message}{where}"


def _show(directory: str, log: LogSpan | None) -> None:
    """Show the output of an attempt once it has ended, so that the output of parallel attempts does not mix."""
    if not directory or log is None:
        return
    try:
        with open_segment(segment_path(directory, log)) as file:
            file.seek(log.offset)
            text = file.read(log.length).decode("utf-8", "backslashreplace")
    except StoreError as error:
        text = f"[sequent: {error.message}]"
    except OSError as error:
        text = f"[sequent: the log cannot be read: {error.strerror}]"
    shown = safe_block(text) if sys.stdout.isatty() else text
    sys.stdout.write(shown if shown.endswith("\n") else f"{shown}\n")
    sys.stdout.flush()


def _print(text: str) -> None:
    sys.stdout.write(f"{safe_block(text)}\n")
