"""Defines ``ui``, which shows runs in a browser."""

from __future__ import annotations

import importlib.util
from threading import Thread
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.terminal import flush, out
from sequent.errors import UsageError

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

PACKAGES = ("starlette", "uvicorn")


def ui(
    *,
    port: Annotated[int, Parameter(show_default=False, help="The port to listen on; by default a free one.")] = 0,
    no_open: Annotated[
        bool, Parameter(name="--no-open", negative="", show_default=False, help="Open no browser.")
    ] = False,
    allow_actions: Annotated[
        bool,
        Parameter(
            name="--allow-actions",
            negative="",
            show_default=False,
            help="Let the pages stop, kill, hold, release, mark and approve.",
        ),
    ] = False,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Show runs in a browser, on this machine alone, until it is interrupted."""
    _check(port)
    from sequent.web.opening_page import OpeningPage
    from sequent.web.server import access_of, listening, serve
    from sequent.web.web_site import WebSite

    with opened_store(options) as store:
        name = store.name
    listener = listening(port)
    site = WebSite(
        opened=lambda: opened_store(options),
        store_name=name,
        access=access_of(listener),
        allows_actions=allow_actions,
    )
    opening = None if no_open else OpeningPage(site.access.address)

    def announce(address: str) -> None:
        out(address)
        flush()
        options.say("only this address, with its token, opens the page; end it with Ctrl-C")
        if opening is not None:
            import webbrowser

            # A browser in the terminal runs until it is left: meanwhile it needs the pages.
            Thread(target=webbrowser.open, args=(opening.address,), daemon=True).start()

    def close() -> None:
        if opening is not None:
            opening.remove()

    serve(listener, site, announce, close)
    return 0


def _check(port: int) -> None:
    """Check that pages can be shown on a port.

    Raises:
        UsageError: the extra is not installed, or there is no such port.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the pages need the extra 'web'; missing: {', '.join(missing)}",
            code="no-web",
            hint="install it: pip install 'sequent[web]'",
        )
    if not 0 <= port < 65536:
        raise UsageError(f"there is no port {port}", code="port", hint="ports are 1 to 65535; 0 takes a free one")
