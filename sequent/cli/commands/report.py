"""Defines ``report``, which writes all there is to know of a run to one file, without loading its flow."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.terminal import out
from sequent.cli.output.written_file import form_of, write_file
from sequent.cli.runs.run_lookup import find_run
from sequent.errors import StoreError, UsageError
from sequent.model.outline import CONTAINERS
from sequent.model.status import RunStatus
from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.records import AttemptRecord, RunRecord
from sequent.view.attempts import by_step
from sequent.view.earlier_runs import durations_in, earlier_attempts
from sequent.view.expected_end import expected_end
from sequent.view.failure_groups import FailureGroup, LogTail, present_failures
from sequent.view.failure_origins import with_origins
from sequent.view.run_facts import facts_of
from sequent.view.run_result import read_result
from sequent.view.run_summary import summary_of
from sequent.view.run_view import RunView, run_view
from sequent.view.step_durations import Band, bands_of

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Run
    from sequent.runtime.ports import Store
    from sequent.view.remainder import Remainder

_TAIL = 8_000
"""The bytes of a log's end that a report shows."""


def report(
    run: Run = "latest",
    /,
    *,
    format: Annotated[  # noqa: A002 - the option's name is part of the command line
        Literal["html", "png"] | None,
        Parameter(
            name=["--format", "-f"],
            help="A page, or a picture of flow and timeline; by default that of the file's name, or html.",
        ),
    ] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"], help="The file to write it to.")] = None,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Write a report of a run: flow, timeline, failures, durations against earlier runs, and the critical path."""
    form = "json" if options.json else form_of(format, output, ("html", "png", "json"))
    _check_form(form, has_file=output is not None)
    with opened_store(options) as store:
        record = find_run(store, "report", run, None)
        attempts = by_step(store.attempts(record), record.outline)
        count = sum(map(len, attempts.values()))
        earlier = earlier_attempts(store, record, count)
        usual, summary, now = bands_of(durations_in(earlier)), summary_of(store, record), time.time()
        view = run_view(
            summary,
            attempts,
            usual=usual,
            earlier_runs=len(earlier),
            problems=store.container_problems(record),
            result=read_result(store, record),
            now=now,
            expected_end=expected_end(record, attempts, summary.waits, earlier, now),
        )
        content = _content(store, _with_tails(store, record, view), usual, form)
    if output is not None:
        write_file(output, content)
    elif isinstance(content, str):
        out(content, end="")
    return 0


def _check_form(form: str, *, has_file: bool) -> None:
    """Refuse a picture or page that would go to the terminal, and a picture that cannot be drawn.

    Raises:
        UsageError: it is not text; or the packages that draw it are missing.
    """
    if form == "png":
        from sequent.html.png import check_png

        check_png()
        if not has_file:
            raise UsageError("a PNG is not text", hint="name a file: -o report.png")
    elif form == "html" and not has_file and sys.stdout.isatty():
        raise UsageError(
            "a report is a page, not text for a terminal", hint="name a file: sequent report -o report.html"
        )


def _content(store: Store, view: RunView, usual: Mapping[str, Band], form: str) -> str | bytes:
    if form == "png":
        from sequent.html.png import png

        return png(view)
    from sequent.view.unbegun import unbegun_reasons

    record = view.summary.record
    story = [*store.story(record)]
    reasons = unbegun_reasons(facts_of(store, record), view.picture.flow, view.attempts, view.now)
    if form == "json":
        from sequent.cli.output.json_output import text_of
        from sequent.cli.output.view_document import view_document

        return text_of({"store": store.name, "report": view_document(view, story, reasons, store.directory(record))})
    from sequent.html.left_pictures import left_pictures
    from sequent.html.report import report as report_page
    from sequent.view.task_table import task_table

    table = task_table(view.attempts, usual, view.now, is_driven=record.owner is not None)
    pictures = left_pictures(story, lambda digest: store.artifact(record, digest))
    return report_page(view, table, store.name, story, pictures, reasons, _left(store, view))


def _left(store: Store, view: RunView) -> Remainder | None:
    """Return the remainder of the run; None if there is none, or a process drives it."""
    from sequent.view.remainder import MOST_TASKS, remainder

    record = view.summary.record
    if record.owner is not None or record.status is RunStatus.SUCCESS:
        return None
    steps = [path for path, kind in record.outline.items() if kind not in CONTAINERS]
    failed = present_failures(view.attempts, view.summary.waits)
    first, further = failed[:MOST_TASKS], len(failed[MOST_TASKS:])
    return remainder(facts_of(store, record), steps, view.summary.standings, first, further)


def _with_tails(store: Store, record: RunRecord, view: RunView) -> RunView:
    """Return the view with the end of a log in each group of failures."""
    output = Output(store, record)
    groups = tuple(replace(group, tail=_tail(output, view, group)) for group in view.failures.groups)
    failures = replace(view.failures, groups=groups)
    return replace(view, failures=with_origins(facts_of(store, record), failures))


def _tail(output: Output, view: RunView, group: FailureGroup) -> LogTail | None:
    first = group.first
    key = (first.located, first.sequence, first.attempt)
    for attempt in view.attempts.get(first.path, ()):
        if (attempt.located, attempt.sequence, attempt.attempt) == key:
            return _tail_of(output, attempt)
    return None


def _tail_of(output: Output, attempt: AttemptRecord) -> LogTail | None:
    try:
        piece = output.of(attempt)
        if piece is None:
            return None
        start = max(piece.start, piece.end - _TAIL)
        text = b"".join(output.content(replace(piece, start=start))).decode("utf-8", "backslashreplace")
    except (StoreError, OSError) as error:
        return LogTail(text=f"[sequent: {error}]", is_whole=False)
    if start == piece.start:
        return LogTail(text=text, is_whole=True)
    return LogTail(text=text.partition("\n")[2] or text, is_whole=False)
