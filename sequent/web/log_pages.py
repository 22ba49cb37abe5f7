"""The output of an attempt: some lines at a time, a search in all of it, the new lines as they come, and the file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sequent.dashboard.attempt_logs import attempts_named, chosen_attempt, new_lines, output_of
from sequent.dashboard.one_run import read_run
from sequent.errors import UsageError
from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.reading.log_windows import LogText
from sequent.web.log_query import LogQuery, read_log_query
from sequent.web.story_pages import left_by_task
from sequent.web.templates import environment, page
from sequent.web.web_site import WebSite, found, site_of

if TYPE_CHECKING:
    from sequent.runtime.records import RunRecord

_LINES = 500
"""Lines on a page."""
_MATCHES = 200
_REST = 0.5
"""Seconds between two looks at an output that grows."""


def show_log(request: Request) -> Response:
    """Show lines of an attempt's output; without an attempt in the address, of the one that most needs a look."""
    site, query = site_of(request), read_log_query(request.query_params)
    with site.opened() as store:
        record = found(store, request)
        run = read_run(store, record, site.digests)
        attempts = attempts_named(store, run, query.name)
        attempt = chosen_attempt(attempts, query.attempt)
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
            left=None if attempt is None else left_by_task(store, record, query.name),
        )


def download_log(request: Request) -> Response:
    """Send all that is kept of an attempt's output, as a file."""
    site, query = site_of(request), read_log_query(request.query_params)
    with site.opened() as store:
        record = found(store, request)
        piece = output_of(store, record, query.name)
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
        new = new_lines(store, record, query.name, position, _LINES)
    pieces: Any = environment().get_template("log_lines.html").module
    return str(pieces.lines(new.lines, query, record.id)), new.end, new.is_over
