"""Defines ``report``, which writes all there is to know of a run to one file, without loading its flow."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.terminal import out
from sequent.cli.output.written_file import form_of, write_file
from sequent.cli.runs.run_lookup import find_run
from sequent.errors import UsageError
from sequent.model.outline import CONTAINERS
from sequent.model.status import RunStatus
from sequent.view.failure_groups import present_failures
from sequent.view.read_run_view import read_run_view
from sequent.view.run_facts import facts_of
from sequent.view.run_view import RunView

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import Run
    from sequent.runtime.ports import Store
    from sequent.view.remainder import Remainder


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
        view = read_run_view(store, record, time.time())
        content = _content(store, view, form)
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


def _content(store: Store, view: RunView, form: str) -> str | bytes:
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

    table = task_table(view.attempts, view.usual, view.now, is_driven=record.owner is not None)
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
