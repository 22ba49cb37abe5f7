"""One SSH server as seen by paramiko: its host key must be known, and it must accept one of our keys."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress

import paramiko
from paramiko.ssh_exception import IncompatiblePeer

from sequent.errors import HostError
from sequent.runtime.hosts.transports.host_errors import Denial, HostErrors
from sequent.runtime.hosts.transports.identities import Identity, identities_of
from sequent.runtime.hosts.transports.known_hosts import HostKey, KnownHosts, key_of
from sequent.runtime.hosts.transports.ssh_config import SshConfig

# Problems become errors of our own; paramiko's threads would log them again, with tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_RSA = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""The algorithms of a key, if they differ from its type."""
Stream = socket.socket | paramiko.Channel


class ParamikoClient:
    """A server that has identified itself.

    Args:
        stream: the connection to the server.
        config: its configuration.
        errors: makes the errors.
        deadline: the time by which it must answer, on the monotonic clock.

    Raises:
        HostError: it does not answer, or does not speak SSH.
    """

    def __init__(self, stream: Stream, config: SshConfig, errors: HostErrors, deadline: float) -> None:
        self._config = config
        self._errors = errors
        self._deadline = deadline
        try:
            self._known = errors.known_hosts(config)
        except HostError:
            stream.close()
            raise
        self.transport = paramiko.Transport(stream)
        try:
            self._meet()
        except BaseException:
            self.transport.close()
            raise

    @property
    def host_key(self) -> HostKey:
        """The key that the server has shown, and proven to have."""
        key = self.transport.get_remote_server_key()
        return HostKey(key.get_name(), key.asbytes())

    def log_in(self) -> None:
        """Check the host key, then log in.

        Raises:
            HostError: the host key is not known, or no key of ours is accepted.
        """
        try:
            self._check_host_key()
            with self._told():
                self._show_keys()
        except BaseException:
            self.transport.close()
            raise

    def rest(self) -> float:
        """Return the seconds until the deadline."""
        return max(0.1, self._deadline - time.monotonic())

    def _meet(self) -> None:
        transport = self.transport
        transport.banner_timeout = transport.handshake_timeout = self.rest()
        transport.auth_timeout = transport.channel_timeout = self.rest()
        _prefer(transport, self._known)
        with self._told():
            transport.start_client(timeout=self.rest())
        if not transport.initial_kex_done:
            raise self._errors.silent("no answer in time: it was reached, and does not identify itself")

    def _check_host_key(self) -> None:
        config, known, key = self._config, self._known, self.host_key
        if known.doubts:
            raise self._errors.doubtful(str(known.doubts[0]))
        if known.has(key):
            return
        if place := known.place_of(key.type):
            raise self._errors.key_changed(config.known_name, str(key), place)
        raise self._errors.key_unknown(config.known_name, str(key), config.own_known_hosts, config.door)

    def _show_keys(self) -> None:
        identities = identities_of(self._config)
        allowed: list[str] = []
        try:
            self.transport.auth_none(self._config.user)
        except paramiko.BadAuthenticationType as error:
            allowed = error.allowed_types
        if self.transport.is_authenticated():
            return
        shown = 0
        unreadable: list[Identity] = []
        with _agent_keys(self._config, identities) as agent_keys:
            for key in (*agent_keys, *_file_keys(identities, unreadable)):
                shown += 1
                more = self._show(key)
                if self.transport.is_authenticated():
                    return
                if more or not self.transport.is_active():
                    denial = Denial(", ".join(more), len(agent_keys), is_partial=bool(more), has_too_many=not more)
                    raise self._errors.denied(identities, denial)
        told = {identity.path: identity for identity in unreadable}
        final = tuple(told.get(identity.path, identity) for identity in identities)
        raise self._errors.denied(final, Denial(",".join(allowed), len(agent_keys)))

    def _show(self, key: paramiko.PKey) -> list[str]:
        """Offer a key; return the methods that are required in addition."""
        try:
            return self.transport.auth_publickey(self._config.user, key)
        except paramiko.AuthenticationException:
            return []

    @contextmanager
    def _told(self) -> Generator[None]:
        """Turn errors of paramiko into our own."""
        try:
            yield
        except IncompatiblePeer as error:
            raise self._errors.no_agreement(str(error), "have ssh itself connect: connect = 'ssh'; ") from error
        except TimeoutError as error:
            raise self._errors.silent(f"no answer in time: {error}") from error
        except paramiko.SSHException as error:
            if time.monotonic() >= self._deadline:
                raise self._errors.silent(f"no answer in time: {error}") from error
            if not self.transport.initial_kex_done:
                raise self._errors.turned_away(str(error)) from error
            raise self._errors.other(str(error)) from error
        except (EOFError, OSError) as error:
            raise self._errors.turned_away(str(error) or "end of file") from error


def _prefer(transport: paramiko.Transport, known: KnownHosts) -> None:
    """Make the server show a key of a known type, if it has one."""
    options = transport.get_security_options()
    wanted = [name for each in known.keys for name in _RSA.get(each.key.type, (each.key.type,))]
    first = [name for name in options.key_types if name in wanted]
    options.key_types = (*first, *(name for name in options.key_types if name not in wanted))


@contextmanager
def _agent_keys(config: SshConfig, identities: tuple[Identity, ...]) -> Generator[tuple[paramiko.PKey, ...]]:
    """Yield the keys of the user's SSH agent, as far as the configuration allows them."""
    if not os.environ.get("SSH_AUTH_SOCK"):
        yield ()
        return
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError):
        # Such an agent counts as none.
        yield ()
        return
    try:
        keys = agent.get_keys()
        named = {blob for identity in identities if (blob := _public_blob(identity.path))}
        if config.says("identitiesonly"):
            keys = tuple(key for key in keys if key.asbytes() in named)
        # The configured keys come first: a host looks at a few only.
        yield tuple(sorted(keys, key=lambda key: key.asbytes() not in named))
    finally:
        agent.close()


def _file_keys(identities: tuple[Identity, ...], unreadable: list[Identity]) -> Iterator[paramiko.PKey]:
    for identity in identities:
        if identity.obstacle:
            continue
        try:
            yield paramiko.PKey.from_path(identity.path)
        except Exception as error:  # noqa: BLE001 - each library below has errors of its own
            unreadable.append(Identity(identity.path, f"paramiko cannot read it: {error or type(error).__name__}"))


def _public_blob(path: str) -> bytes:
    """Return the public key beside a private one; '' if there is none."""
    with suppress(OSError, ValueError, IndexError), open(f"{path}.pub", encoding="utf-8") as stream:
        return key_of(f"name {stream.readline()}").blob
    return b""
