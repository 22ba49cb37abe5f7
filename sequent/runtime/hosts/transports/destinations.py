"""Destinations of SSH as users write them: ``host``, ``user@host``, ``ssh://user@host:port``."""

from __future__ import annotations

import re

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError, HostStage
from sequent.runtime.hosts.transports.port import HostRoute

# A program of the user's configuration may be given them in a line for a shell.
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f`\"'$\\;&<>|(){}]")
_URI = "ssh://"


@frozen(eq=False, repr=False)
class Destination(ByFields):
    """Where to: an alias or an address, and the user and port if they were named."""

    host: str
    user: str = ""
    port: str = ""

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        if not self.port:
            return user + self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{_URI}{user}{host}:{self.port}"


def check_destination(route: HostRoute, text: str) -> Destination:
    """Read a destination that is safe to hand to programs.

    Raises:
        HostError: it is not one.
    """
    if text.startswith("-") or not text or _UNSAFE.search(text):
        raise _name_error(route, text)
    if text.startswith(_URI):
        return _with_port(route, text.removeprefix(_URI).rstrip("/"))
    user, _, host = text.rpartition("@")
    if not host or host.startswith("-"):
        raise _name_error(route, text)
    return Destination(host, user)


def jumps_of(route: HostRoute, text: str) -> tuple[Destination, ...]:
    """The hosts that a ``ProxyJump`` names, the first to be reached first.

    Raises:
        HostError: one of them is none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        check_destination(route, name)
    return tuple(_with_port(route, name.removeprefix(_URI).rstrip("/")) for name in names)


def _with_port(route: HostRoute, text: str) -> Destination:
    """Read ``user@host:port``, in which an IPv6 address stands in brackets."""
    user, _, rest = text.rpartition("@")
    matched = re.fullmatch(r"(?:\[(?P<address>[^\[\]]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>\d{1,5}))?", rest)
    if matched is None:
        if rest.count(":") > 1:
            return Destination(rest, user)
        raise _name_error(route, text)
    host = matched["address"] or matched["name"]
    if host.startswith("-"):
        raise _name_error(route, text)
    return Destination(host, user, matched["port"] or "")


def _name_error(route: HostRoute, text: str) -> HostError:
    return HostError(
        f"{text!r} is not a destination for ssh",
        host=route.name,
        stage=HostStage.NAME,
        code="host-destination",
        hint="allowed: an alias of ~/.ssh/config, host, user@host, or ssh://user@host:port",
    )
