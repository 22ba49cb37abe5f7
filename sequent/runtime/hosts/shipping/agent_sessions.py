"""Sessions with the agent of a host: one that is installed there, or one that is sent."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.shipping.bundle import Bundle, make_bundle
from sequent.runtime.hosts.shipping.shipped_session import ship, shipping_command
from sequent.runtime.hosts.transports.choice import transport_for
from sequent.runtime.hosts.transports.transport import Connection

_AGENT = "sequent-agent"


def open_agent_session(
    settings: HostSettings, words: Sequence[str], timeout: float, *, bundle: Bundle | None = None, door: str = ""
) -> Connection:
    """Open a session in which the agent of a host is started with these words.

    Args:
        settings: the host.
        words: the arguments of the agent.
        timeout: seconds for each of its addresses.
        bundle: the archive to send, if the settings have ship; None: one with the agent alone.
        door: the only address to try.

    Raises:
        HostError: the host cannot be reached, or its Python cannot use the archive.
    """
    transport = transport_for(settings)
    if not settings.ship:
        return transport.connect(f"{_command_of(settings)} {shlex.join(words)}", timeout, door)
    connection = transport.connect(shipping_command(settings.python), timeout, door)
    try:
        ship(connection, bundle or make_bundle("", ""), [*words, *shlex.split(settings.command)[1:]], settings.name)
    except BaseException:
        connection.close()
        raise
    return connection


def _command_of(settings: HostSettings) -> str:
    if settings.command or not settings.python:
        return settings.command or _AGENT
    return f"{shlex.quote(settings.python)} -m sequent.runtime.host_agent"
