"""Chooses the transport to a host by rules, never by a guess."""

from __future__ import annotations

import os
from collections.abc import Iterator

from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.command_transport import CommandTransport
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.identities import identities_of
from sequent.runtime.hosts.transports.ssh_config import SshConfig, find_ssh, is_mastered, read_chain
from sequent.runtime.hosts.transports.ssh_program import SshProgram
from sequent.runtime.hosts.transports.transport import Transport

_AS_SAID = "the configuration says so"
_ENOUGH = "it understands all of your configuration of ssh and your known hosts"


def transport_for(settings: HostSettings) -> Transport:
    """Return the transport to a host: paramiko, unless its configuration has something that only ``ssh`` can judge.

    Raises:
        HostError: the configuration cannot be read, or requires the program ``ssh``, which is not installed.
    """
    if isinstance(settings.connect, tuple):
        return CommandTransport(settings, settings.connect)
    program = find_ssh()
    obstacle = _AS_SAID if settings.connect == "ssh" else next(_obstacles(settings), "")
    if not obstacle:
        # Slow to load.
        from sequent.runtime.hosts.transports.paramiko_transport import ParamikoTransport

        return ParamikoTransport(settings, _AS_SAID if settings.connect else _ENOUGH)
    if program is None or settings.connect == "paramiko":
        raise HostErrors(settings, settings.address[0]).doubtful(obstacle)
    return SshProgram(settings, program, obstacle)


def _obstacles(settings: HostSettings) -> Iterator[str]:
    """Yield the settings that only ``ssh`` can judge or honour."""
    for door in settings.address:
        for config in read_chain(settings, door):
            for obstacle in _obstacles_of(settings, config):
                yield obstacle if config.door == settings.name else f"{obstacle} (for {config.door!r})"


def _obstacles_of(settings: HostSettings, config: SshConfig) -> Iterator[str]:
    if config.unknown:
        yield f"paramiko does not honour {', '.join(config.unknown)} of the configuration of ssh"
    if config.first("proxycommand") and find_ssh():
        yield "the configuration of ssh has a ProxyCommand"
    if config.unreadable:
        yield f"only ssh knows the file that it means by {config.unreadable!r}"
    if is_mastered(settings, config):
        yield f"a connection is open that is shared ({config.first('controlpath')})"
    if config.says("gssapiauthentication") and _has_ticket():
        yield "GSSAPIAuthentication is on, and there is a ticket of Kerberos"
    for identity in identities_of(config):
        if identity.has_certificate:
            yield f"{identity.path} has a certificate"
        if identity.type.startswith("sk-"):
            yield f"{identity.path} is in a device"
    for doubt in HostErrors(settings, config.door, config).known_hosts(config).doubts:
        yield str(doubt)


def _has_ticket() -> bool:
    return "KRB5CCNAME" in os.environ or os.path.exists(f"/tmp/krb5cc_{os.getuid()}")  # noqa: S108 - its place  # nosec B108
