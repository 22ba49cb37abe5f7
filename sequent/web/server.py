"""Listens on this machine, and serves the pages until it is interrupted."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from sequent.errors import UsageError
from sequent.web.access import LOOPBACK, Access
from sequent.web.application import application
from sequent.web.web_site import WebSite


def listening(port: int) -> socket.socket:
    """Return a socket that listens on that port of this machine; 0: on a free one.

    Raises:
        UsageError: the port is taken, or this user may not use it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"port {port} cannot be used: {error.strerror}",
            code="port",
            hint="give another with --port, or leave --port out to take a free one",
        ) from None
    return listener


def serve(listener: socket.socket, site: WebSite, announce: Callable[[str], None], close: Callable[[], None]) -> None:
    """Serve the pages of a site until the process is told to end.

    Args:
        listener: the socket.
        site: the site.
        announce: called with the address once the pages can be opened.
        close: called as the server ends, also by a signal that ends the process.
    """
    config = uvicorn.Config(
        application(site),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    server = _AnnouncingServer(config, lambda: announce(site.access.address), close)
    # It ends as the person asks it to: no error.
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


def access_of(listener: socket.socket) -> Access:
    """Return a fresh access to the server behind a socket."""
    return Access.fresh(listener.getsockname()[1])


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None], close: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce
        self._close = close

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._close()
        await super().shutdown(sockets)
