"""Stands before all pages: refuses requests that may not see them, and tells browsers what no page may do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sequent.web.access import Access, PageRefusal
from sequent.web.templates import page
from sequent.web.theme import chosen_theme, read_theme

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""The headers of every answer, unless it has one of its own. Without any referrer, browsers would hide the origin of
our own forms."""


class PageGuard:
    """Passes on the requests that its access allows.

    Args:
        app: the pages.
        access: the token, and the names of the server.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            chosen_theme.set(read_theme(_headers(scope).get(b"cookie", [])))
            await self._answer(scope)(scope, receive, _with_headers(send))

    def _answer(self, scope: Scope) -> ASGIApp:
        query = scope["query_string"].decode("latin-1")
        refusal = self._access.judge(scope["method"], _headers(scope), query)
        if refusal is not None:
            return _refusing(refusal)
        if scope["method"] in ("GET", "HEAD") and self._access.has_token(query):
            return self._entrance(scope["path"], query, is_from_elsewhere=_is_from_elsewhere(scope))
        return self._app

    def _entrance(self, path: str, query: str, *, is_from_elsewhere: bool) -> Response:
        """Keep the token in a cookie, and lead to the same page without it: no picture of it has it then.

        A browser that follows a link of another page, or of a file, brings the cookie to no redirection, only to a page
        that this server leads it to.
        """
        rest = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "token"])
        # A path that begins with two slashes would lead to another machine.
        address = f"/{path.lstrip('/')}{'?' if rest else ''}{rest}"
        answer: Response = RedirectResponse(address, status_code=303)
        if is_from_elsewhere:
            answer = page("entrance.html", address=address)
        answer.set_cookie(self._access.cookie, self._access.token, httponly=True, samesite="strict")
        return answer


def _is_from_elsewhere(scope: Scope) -> bool:
    return _headers(scope).get(b"sec-fetch-site", [b"none"])[0] in (b"cross-site", b"same-site")


def _headers(scope: Scope) -> Mapping[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


def _refusing(refusal: PageRefusal) -> Response:
    # A link from another site brings no cookie, but the same link followed from this page does.
    return page("refusal.html", status=refusal.status, text=refusal.text, may_retry=refusal is PageRefusal.TOKEN)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                # That of an artifact is stricter.
                headers.setdefault(name, value)
            del headers["server"]
        await send(message)

    return sending
