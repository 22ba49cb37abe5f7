"""The output of an attempt: some lines at a time, a search in all of it, the new lines as they come, and the file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sequent.errors import UsageError
from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.reading.log_windows import WINDOW, LogText
from sequent.runtime.task_list_port import START
from sequent.web.log_query import LogQuery, read_log_query
from sequent.web.one_run import OneRun, read_run
from sequent.web.one_run_pages import found
from sequent.web.templates import environment, page
from sequent.web.web_site import WebSite, site_of

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.reading.attempt_output import Piece
    from sequent.runtime.records import AttemptRecord, RunRecord

_LINES = 500
"""Lines on a page."""
_MATCHES = 200
_REST = 0.5
"""Seconds between two looks at an output that grows."""
_FAR_BEHIND = 4 * WINDOW
"""The bytes of new output above which only the last are sent to a browser that follows."""


def show_log(request: Request) -> Response:
    """Show lines of an attempt's output; without an attempt in the address, of the one that most needs a look."""
    site, query = site_of(request), read_log_query(request.query_params)
    with site.opened() as store:
        record = found(store, request)
        run = read_run(store, record, site.digests)
        attempts = _attempts(store, run, query)
        attempt = _chosen(attempts, query.attempt)
        if attempt is not None:
            query = LogQuery(
                path=attempt.located,
                sequence=attempt.sequence,
                attempt=attempt.attempt,
                line=query.line,
                text=query.text,
            )
        piece = None if attempt is None else Output(store, record).of(attempt)
        text = None if piece is None else LogText(piece)
        window = None
        if text is not None:
            window = text.window(text.position_of(query.line) if query.line else text.last_lines(_LINES), _LINES)
        return page(
            "log.html",
            site=site,
            run=run,
            record=record,
            tab="log",
            query=query,
            attempts=attempts,
            attempt=attempt,
            piece=piece,
            window=window,
            most_lines=_LINES,
            matches=text.found(query.text, _MATCHES) if text is not None and query.text else [],
            most_matches=_MATCHES,
        )


def _attempts(store: Store, run: OneRun, query: LogQuery) -> list[AttemptRecord]:
    """Return the attempts of the task in the address; else of the first that failed, is active or has begun."""
    tasks = store.tasks(run.record)
    if query.path:
        return tasks.attempts_of(query.path, query.numbers)
    if run.digest.failures:
        first = run.digest.failures[0]
        return tasks.attempts_of(first.located, tuple(map(int, first.sequence.split("."))))
    begun = (path for path in reversed(run.steps) if any(run.digest.standings.get(path, {}).values()))
    return [each for path in begun for each in tasks.tasks(path, (), None, START, 1).tasks][:1]


def _chosen(attempts: list[AttemptRecord], number: int) -> AttemptRecord | None:
    """Return the attempt with that number; 0: the last one."""
    return next((each for each in reversed(attempts) if number in (0, each.attempt)), None)


def _piece(store: Store, record: RunRecord, query: LogQuery) -> Piece | None:
    attempt = _chosen(store.tasks(record).attempts_of(query.path, query.numbers), query.attempt)
    return None if attempt is None else Output(store, record).of(attempt)


def download_log(request: Request) -> Response:
    """Send all that is kept of an attempt's output, as a file."""
    site, query = site_of(request), read_log_query(request.query_params)
    with site.opened() as store:
        record = found(store, request)
        piece = _piece(store, record, query)
        if piece is None:
            raise UsageError(f"{query.path!r:.100} has no log", hint="choose a task that has begun")
        content = Output(store, record).content(piece)
    # Ids and paths have no quotes; a name that is sent says nothing about a place.
    name = f"{record.id}-{query.path}-{query.sequence}.log".replace('"', "").replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}"'}
    return StreamingResponse(content, media_type="text/plain; charset=utf-8", headers=headers)


def follow_log(request: Request) -> Response:
    """Send the lines that an attempt writes, from a position on, until it has ended."""
    site, query = site_of(request), read_log_query(request.query_params)
    with site.opened() as store:
        record = found(store, request)
    start = request.query_params.get("from", "0")
    position = int(start) if start.isdecimal() and len(start) < 16 else 0
    return StreamingResponse(_lines(site, record, query, position), media_type="text/event-stream")


async def _lines(site: WebSite, record: RunRecord, query: LogQuery, position: int) -> AsyncIterator[str]:
    yield "retry: 5000\n\n"
    is_over = False
    while not is_over:
        text, position, is_over = await run_in_threadpool(_new_lines, site, record, query, position)
        # A comment is a sign of life: without any, a closed browser would not be noticed.
        yield f"data: {json.dumps(text)}\n\n" if text else ": quiet\n\n"
        await asyncio.sleep(_REST)
    yield "event: end\ndata:\n\n"


def _new_lines(site: WebSite, record: RunRecord, query: LogQuery, position: int) -> tuple[str, int, bool]:
    """Return new lines as HTML, the position after them, and whether there will be no more."""
    with site.opened() as store:
        piece = _piece(store, record, query)
        is_driven = store.find(record.id).owner is not None
    if piece is None:
        return "", position, not is_driven
    text = LogText(piece)
    if text.length - position > _FAR_BEHIND:
        position = text.last_lines(_LINES)
    window = text.window(min(position, text.length), _LINES)
    is_over = (piece.has_ended or not is_driven) and window.is_last
    if not piece.has_ended and is_driven and window.is_last and not text.ends_with_line:
        # The last line is not complete yet.
        window = window.without_last()
    pieces: Any = environment().get_template("log_lines.html").module
    return str(pieces.lines(window.lines, query, record.id)), window.end, is_over
