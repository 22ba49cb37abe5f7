"""Tells browsers that a run has news, by server-sent events: the page then asks for what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sequent.web.web_site import WebSite, site_of

if TYPE_CHECKING:
    from sequent.runtime.records import RunRecord

_REST = 2.0
"""Seconds between two looks at a run: a page is made for each that has news, which costs more than the look."""
_QUIET = 15
"""Looks without news after which a sign of life is sent, so that a closed browser is noticed."""


def follow_run(request: Request) -> Response:
    """Send an event for each change of a run, until no process drives it."""
    site = site_of(request)
    with site.opened() as store:
        record = store.find(request.path_params["run"])
    return StreamingResponse(_events(site, record), media_type="text/event-stream")


async def _events(site: WebSite, record: RunRecord) -> AsyncIterator[str]:
    yield "retry: 5000\n\n"
    seen: tuple[tuple[int, ...], bool] | None = None
    quiet = 0
    while True:
        news = await run_in_threadpool(_news, site, record)
        quiet = 0 if news != seen else quiet + 1
        if seen is not None and news != seen:
            yield "event: news\ndata:\n\n"
        elif quiet and quiet % _QUIET == 0:
            yield ": quiet\n\n"
        if not news[1]:
            yield "event: end\ndata:\n\n"
            return
        seen = news
        await asyncio.sleep(_REST)


def _news(site: WebSite, record: RunRecord) -> tuple[tuple[int, ...], bool]:
    """Return the numbers that change with a run, and whether a process drives it."""
    with site.opened() as store:
        return store.news_of(record), store.find(record.id).owner is not None
