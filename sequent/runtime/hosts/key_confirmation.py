"""Shows the keys of hosts for people to confirm, and adds them to the user's file of known hosts."""

from __future__ import annotations

import os

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError, HostStage
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.known_hosts import HostKey, known_line
from sequent.runtime.hosts.transports.ssh_config import SshConfig, find_ssh, read_chain
from sequent.runtime.hosts.transports.ssh_program import SshProgram

_PATIENCE = 20.0
"""The seconds to fetch a key."""


@frozen(eq=False, repr=False)
class ShownKey(ByFields):
    """A key that an address of a host shows at present, and that is not yet trusted."""

    door: str
    """The address."""
    where: str
    """The user, the address and the port: ``ada@10.0.0.7:22``."""
    name: str
    """The host's name in files of known hosts."""
    key: HostKey
    file: str
    """The file that contains the key, or to which it would be added."""
    is_known: bool
    is_hashed: bool
    """Whether names in that file are to be hashed."""


def shown_keys(settings: HostSettings) -> list[ShownKey]:
    """Fetch the key of each address of a host; log in nowhere, and store nothing.

    Raises:
        HostError: an address cannot be reached, its key has changed, or the host is reached by a command.
    """
    if isinstance(settings.connect, tuple):
        raise HostError(
            f"it is reached by a command, {settings.connect[0]!r}, and so has no host key",
            host=settings.name,
            stage=HostStage.HOST_KEY,
            code="host-no-key",
            hint=f"sequent host check {settings.name}",
        )
    return [_look(settings, door) for door in settings.address]


def _look(settings: HostSettings, door: str) -> ShownKey:
    config = read_chain(settings, door)[-1]
    errors = HostErrors(settings, door, config)
    key = _fetch(settings, door)
    known = errors.known_hosts(config)
    is_known = known.has(key)
    place = known.place_of(key.type)
    if place is not None and not is_known:
        raise errors.key_changed(config.known_name, str(key), place)
    return ShownKey(
        door=door,
        where=config.where,
        name=config.known_name,
        key=key,
        file=place.file if place is not None else _own_file(config, errors),
        is_known=is_known,
        is_hashed=config.says("hashknownhosts"),
    )


def _fetch(settings: HostSettings, door: str) -> HostKey:
    if (program := find_ssh()) is not None:
        return SshProgram(settings, program, "").fetch_key(door)
    # Slow to load.
    from sequent.runtime.hosts.transports.paramiko_transport import ParamikoTransport

    return ParamikoTransport(settings, "").fetch_key(door, _PATIENCE)


def _own_file(config: SshConfig, errors: HostErrors) -> str:
    if not config.own_known_hosts:
        raise errors.other("the configuration of ssh names no file of known hosts", HostStage.HOST_KEY)
    return config.own_known_hosts[0]


def add_key(shown: ShownKey) -> None:
    """Add a confirmed key to its file.

    Raises:
        OSError: the file cannot be written.
    """
    os.makedirs(os.path.dirname(shown.file), mode=0o700, exist_ok=True)
    line = known_line(shown.name, shown.key, is_hashed=shown.is_hashed).encode()
    file = os.open(shown.file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        is_open = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        os.write(file, b"\n" + line if is_open else line)
    finally:
        os.close(file)
