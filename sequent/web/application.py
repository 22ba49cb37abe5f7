"""Puts the pages of a server together."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sequent.errors import SequentError, StoreError, UnknownRunError, UsageError
from sequent.html.stylesheet import stylesheet
from sequent.web.actions import act, show_action
from sequent.web.events import follow_run
from sequent.web.guard import PageGuard
from sequent.web.log_pages import download_log, follow_log, show_log
from sequent.web.one_run_pages import compare_run, list_tasks, show_remainder, show_run
from sequent.web.run_pages import list_runs
from sequent.web.story_pages import list_story, send_artifact
from sequent.web.templates import page
from sequent.web.web_site import WebSite, site_of

_STATUSES = {UnknownRunError: 404, UsageError: 400, StoreError: 503}
_STATIC = {"page.js": "text/javascript", "sign.svg": "image/svg+xml"}


def application(site: WebSite) -> ASGIApp:
    """Return the pages behind their guard."""
    routes = [
        Route("/", list_runs),
        Route("/runs/{run}", show_run),
        Route("/runs/{run}/tasks", list_tasks),
        Route("/runs/{run}/compare", compare_run),
        Route("/runs/{run}/remainder", show_remainder),
        Route("/runs/{run}/notes", list_story),
        Route("/runs/{run}/artifacts/{digest}", send_artifact),
        Route("/runs/{run}/events", follow_run),
        Route("/runs/{run}/actions/{kind}", show_action, methods=["GET"]),
        Route("/runs/{run}/actions/{kind}", act, methods=["POST"]),
        Route("/runs/{run}/log", show_log),
        Route("/runs/{run}/log/file", download_log),
        Route("/runs/{run}/log/events", follow_log),
        Route("/static/style.css", _style),
        *(Route(f"/static/{name}", _static(name, kind)) for name, kind in _STATIC.items()),
    ]
    handlers = {SequentError: _tell, HTTPException: _tell_missing}
    pages = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]
    pages.state.site = site
    return PageGuard(pages, site.access)


def _text(name: str) -> str:
    return files("sequent.web").joinpath("static", name).read_text("utf-8")


def _style(_: Request) -> Response:
    return Response(f"{stylesheet()}\n{_text('page.css')}", media_type="text/css")


def _static(name: str, kind: str) -> Callable[[Request], Response]:
    def send(_: Request) -> Response:
        return Response(_text(name), media_type=kind)

    return send


def _tell(request: Request, error: SequentError) -> Response:
    """Show an error with its hint, as a command does."""
    status = next((code for kind, code in _STATUSES.items() if isinstance(error, kind)), 500)
    return page("error.html", status=status, site=site_of(request), message=error.sentence, hint=error.hint)


def _tell_missing(request: Request, error: HTTPException) -> Response:
    text = "There is no such page" if error.status_code == 404 else error.detail
    return page("error.html", status=error.status_code, site=site_of(request), message=text, hint="")
