"""The scheme of colours that a reader has chosen, kept in a cookie: other ports of this machine share it."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

COOKIE = b"sequent-theme"
THEMES = ("auto", "light", "dark")

chosen_theme: ContextVar[str] = ContextVar("chosen_theme", default=THEMES[0])
"""The scheme of the request that is being answered."""


def read_theme(cookies: Sequence[bytes]) -> str:
    """Return the scheme that the cookies of a request name; without any, that of the reader's system."""
    pairs = (cookie.strip().partition(b"=") for cookie in b";".join(cookies).split(b";"))
    named = next((value.decode("latin-1") for name, _, value in pairs if name == COOKIE), THEMES[0])
    return named if named in THEMES else THEMES[0]
