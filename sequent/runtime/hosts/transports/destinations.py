"""Reads destinations of SSH as users write them: ``host``, ``user@host``, ``ssh://user@host:port``."""

from __future__ import annotations

import re
import socket

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError, HostStage
from sequent.model.hosts import HostSettings

# A program of the user's configuration may get the parts of a destination in a line for a shell.
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f`\"'$\\;&<>|(){}]")
_URI = "ssh://"


@frozen(eq=False, repr=False)
class Destination(ByFields):
    """A destination: an alias or an address, and the user and port if they are given."""

    host: str
    user: str = ""
    port: str = ""

    @property
    def words(self) -> list[str]:
        """The words by which ``ssh`` accepts it; for an IPv6 address with a port there is only this form."""
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
    """Read a destination that is safe to pass to programs.

    Raises:
        HostError: it is not a safe destination.
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
    """Return the hosts that a ``ProxyJump`` names, in the order in which they are reached.

    Raises:
        HostError: one of them is not a destination.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        check_destination(settings, name)
    return tuple(_with_port(settings, name.removeprefix(_URI).rstrip("/")) for name in names)


def _with_port(settings: HostSettings, text: str) -> Destination:
    """Read ``user@host:port``, in which an IPv6 address is in brackets."""
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
    """Return whether a string is an IPv6 address, possibly followed by an interface."""
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
        hint=f"allowed: an alias of {settings.config_file}, host, user@host, or ssh://user@host:port",
    )
