"""Destinations of SSH as users write them: ``host``, ``user@host``, ``ssh://user@host:port``."""

from __future__ import annotations

import re
import socket

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError, HostStage
from sequent.model.hosts import HostSettings

# A program of the user's configuration may be given them in a line for a shell.
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f`\"'$\\;&<>|(){}]")
_URI = "ssh://"


@frozen(eq=False, repr=False)
class Destination(ByFields):
    """Where to: an alias or an address, and the user and port if they were named."""

    host: str
    user: str = ""
    port: str = ""

    @property
    def words(self) -> list[str]:
        """The words by which ``ssh`` takes it; of an address of IPv6 with a port it takes no other form."""
        user = ["-l", self.user] if self.user else []
        port = ["-p", self.port] if self.port else []
        return [*user, *port, "--", self.host]

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        if not self.port:
            return user + self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{_URI}{user}{host}:{self.port}"


def check_destination(settings: HostSettings, text: str) -> Destination:
    """Read a destination that is safe to hand to programs.

    Raises:
        HostError: it is not one.
    """
    if text.startswith("-") or not text or _UNSAFE.search(text):
        raise _name_error(settings, text)
    if text.startswith(_URI):
        return _with_port(settings, text.removeprefix(_URI).rstrip("/"))
    user, _, host = text.rpartition("@")
    host = host.strip("[]")
    if not host or host.startswith("-"):
        raise _name_error(settings, text)
    return Destination(host, user)


def jumps_of(settings: HostSettings, text: str) -> tuple[Destination, ...]:
    """The hosts that a ``ProxyJump`` names, the first to be reached first.

    Raises:
        HostError: one of them is none.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        check_destination(settings, name)
    return tuple(_with_port(settings, name.removeprefix(_URI).rstrip("/")) for name in names)


def _with_port(settings: HostSettings, text: str) -> Destination:
    """Read ``user@host:port``, in which an IPv6 address stands in brackets."""
    user, _, rest = text.rpartition("@")
    matched = re.fullmatch(r"(?:\[(?P<address>[^\[\]]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>\d{1,5}))?", rest)
    if matched is None:
        if not _is_address(rest):
            raise _name_error(settings, text)
        return Destination(rest, user)
    host = matched["address"] or matched["name"]
    if host.startswith("-"):
        raise _name_error(settings, text)
    return Destination(host, user, matched["port"] or "")


def _is_address(text: str) -> bool:
    """Whether that is an address of IPv6, maybe with the interface behind it."""
    try:
        socket.inet_pton(socket.AF_INET6, text.partition("%")[0])
    except OSError:
        return False
    return True


def _name_error(settings: HostSettings, text: str) -> HostError:
    return HostError(
        f"{text!r} is not a destination for ssh",
        host=settings.name,
        stage=HostStage.NAME,
        code="host-destination",
        hint="allowed: an alias of ~/.ssh/config, host, user@host, or ssh://user@host:port",
    )
