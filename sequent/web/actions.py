"""The actions of people on a run: a form shows the effect, and is accepted from this server's own pages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sequent.dashboard.one_run import read_run
from sequent.dashboard.run_action import FIELD, RunAction, read_action
from sequent.errors import UsageError
from sequent.web.access import PageRefusal
from sequent.web.templates import page
from sequent.web.web_site import WebSite, found, site_of

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord

_LONGEST = 1 << 20
"""The bytes of a form at most."""


def _page(site: WebSite, store: Store, record: RunRecord, form: RunAction, **names: Any) -> Response:
    run, question = read_run(store, record, site.digests), form.question(record)
    return page(
        "action.html",
        site=site,
        run=run,
        record=record,
        tab="",
        form=form,
        question=question,
        answer=form.answer(record),
        field=FIELD,
        **names,
    )


def show_action(request: Request) -> Response:
    """Show the form of an action, and its effect."""
    site = site_of(request)
    form = read_action(request.path_params["kind"], dict(request.query_params))
    with site.opened() as store:
        return _page(site, store, found(store, request), form, told="", problem="")


async def act(request: Request) -> Response:
    """Carry out the action of a form of this server."""
    site = site_of(request)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            raise UsageError(f"the form is longer than {_LONGEST:,} bytes", hint="leave the result out")
    values = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if not site.access.is_own_form(values.get("token", "")):
        refusal = PageRefusal.FORM
        return page("refusal.html", status=refusal.status, text=refusal.text, may_retry=False)
    if not site.allows_actions:
        text = "This server only reads. Start it with --allow-actions to act."
        return page("refusal.html", status=403, text=text, may_retry=False)
    form = read_action(request.path_params["kind"], values)
    return await run_in_threadpool(_handed, request, site, form)


def _handed(request: Request, site: WebSite, form: RunAction) -> Response:
    told = problem = ""
    with site.opened() as store:
        record = found(store, request)
        try:
            told = form.perform(store, record)
        except UsageError as error:
            problem = error.advice
        return _page(
            site, store, found(store, request), form, told=told, problem=problem, status=400 if problem else 200
        )
