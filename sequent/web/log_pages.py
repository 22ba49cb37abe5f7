"""The output of an attempt: some lines at a time, a search in all of it, the new lines as they come, and the file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sequent.dashboard.attempt_logs import attempts_named, chosen_attempt, new_lines, output_of
from sequent.errors import StoreError, UsageError
from sequent.runtime.reading.attempt_output import Output
from sequent.runtime.reading.log_windows import LogText
from sequent.web.log_query import LogQuery, read_log_query
from sequent.web.story_pages import left_by_task
from sequent.web.templates import environment, page
from sequent.web.web_site import WebSite, found, opened_run, site_of

if TYPE_CHECKING:
    from sequent.runtime.reading.attempt_output import Piece
    from sequent.runtime.reading.log_windows import LogLine, LogWindow
    from sequent.runtime.records import AttemptRecord, RunRecord

_LINES = 500
"""Lines on a page."""
_MATCHES = 200
_REST = 0.5
"""Seconds between two looks at an output that grows."""


class _Shown(NamedTuple):
    """The part of an attempt's output that is shown."""

    piece: Piece | None = None
    """All of it; None if there is none."""
    window: LogWindow | None = None
    matches: Sequence[LogLine] = ()
    unread: str = ""
    """The reason why it cannot be shown."""


def show_log(request: Request) -> Response:
    """Show lines of an attempt's output; without an attempt in the address, of the one that most needs a look."""
    site, query = site_of(request), read_log_query(request.query_params)
    with opened_run(request) as (store, run):
        attempts = attempts_named(store, run, query.name)
        attempt = chosen_attempt(attempts, query.attempt)
        if attempt is not None:
            query = replace(query, path=attempt.located, sequence=attempt.sequence, attempt=attempt.attempt)
        return page(
            "log.html",
            site=site,
            run=run,
            record=run.record,
            tab="log",
            query=query,
            attempts=attempts,
            attempt=attempt,
            most_lines=_LINES,
            most_matches=_MATCHES,
            left=None if attempt is None else left_by_task(store, run.record, query.name),
            **_shown(Output(store, run.record), attempt, query)._asdict(),
        )


def _shown(output: Output, attempt: AttemptRecord | None, query: LogQuery) -> _Shown:
    piece = None
    try:
        piece = None if attempt is None else output.of(attempt)
        if piece is None:
            return _Shown()
        text = LogText(piece)
        window = text.window(text.position_of(query.line) if query.line else text.last_lines(_LINES), _LINES)
        return _Shown(piece, window, text.found(query.text, _MATCHES) if query.text else ())
    except StoreError as error:
        return _Shown(piece, unread="; ".join(filter(None, (error.message, error.hint))))


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
