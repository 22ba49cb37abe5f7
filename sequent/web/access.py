"""Decides which requests may see the pages, and which may act."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from enum import Enum
from urllib.parse import parse_qsl

from msgspec import Struct

TOKEN_BYTES = 32
LOOPBACK = "127.0.0.1"
"""The only address that the server listens to."""


class PageRefusal(Enum):
    """The reasons to refuse a request."""

    HOST = 403, "This server answers only to its own address. Open the address that sequent ui has printed."
    TOKEN = 401, "This page needs its token. Open the address that sequent ui has printed."
    ORIGIN = 403, "This request comes from another page."
    FORM = 403, "This form belongs to another start of the server. Load the page again, then repeat the action."

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


class Access(Struct, frozen=True):
    """The token of a server, and the names under which it may be called."""

    token: str
    port: int

    @classmethod
    def fresh(cls, port: int) -> Access:
        """Return the access to a server that starts now."""
        return cls(secrets.token_urlsafe(TOKEN_BYTES), port)

    @property
    def address(self) -> str:
        """The address to open, with the token."""
        return f"http://{LOOPBACK}:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers share the cookies of all ports of a machine."""
        return f"sequent-{self.port}"

    @property
    def form_token(self) -> str:
        """The token in each form, from which that of the address does not follow."""
        return hmac.digest(self.token.encode(), b"form", hashlib.sha256).hex()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names under which a browser may call the server: none that another machine can give it."""
        return (f"{LOOPBACK}:{self.port}", f"localhost:{self.port}")

    def judge(self, method: str, headers: Mapping[bytes, list[bytes]], query: str) -> PageRefusal | None:
        """Return the reason to refuse a request; None if it may be answered.

        The token of a form stands in its body: see ``is_own_form``.
        """
        host = _only(headers, b"host")
        if host not in self.hosts:
            return PageRefusal.HOST
        if not (self.has_token(query) or self._has_cookie(headers)):
            return PageRefusal.TOKEN
        if method not in ("GET", "HEAD"):
            site = _only(headers, b"sec-fetch-site") or "same-origin"
            if _only(headers, b"origin") != f"http://{host}" or site != "same-origin":
                return PageRefusal.ORIGIN
        return None

    def has_token(self, query: str) -> bool:
        """Return whether the query of an address has the token."""
        return any(name == "token" and _are_equal(value, self.token) for name, value in parse_qsl(query))

    def _has_cookie(self, headers: Mapping[bytes, list[bytes]]) -> bool:
        # Other programs on this machine have cookies here too, also some that no parser accepts.
        cookies = b";".join(headers.get(b"cookie", [])).decode("latin-1").split(";")
        pairs = (cookie.strip().partition("=") for cookie in cookies)
        return any(name == self.cookie and _are_equal(value, self.token) for name, _, value in pairs)

    def is_own_form(self, token: str) -> bool:
        """Return whether a form was made by this server."""
        return _are_equal(token, self.form_token)


def _only(headers: Mapping[bytes, list[bytes]], name: bytes) -> str:
    """Return the value of a header that occurs once; '' otherwise."""
    values = headers.get(name, [])
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _are_equal(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing of the wanted text."""
    return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())
