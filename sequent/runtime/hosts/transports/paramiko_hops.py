"""Connects paramiko to each host on the way to a destination, one connection inside the other."""

from __future__ import annotations

import socket
import time

import paramiko

from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.paramiko_client import ParamikoClient, Stream
from sequent.runtime.hosts.transports.program_pipes import PipedProgram
from sequent.runtime.hosts.transports.ssh_config import SshConfig, surroundings

_PROHIBITED = 1
"""The reason code of a host that is not allowed to open a channel."""
_IDLE, _BETWEEN, _MISSED = 15, 15, 3
"""The idle seconds before the kernel probes the host, those between probes, and the probes that may go unanswered."""
_UNHEARD = 1000 * (_IDLE + _BETWEEN * _MISSED)
"""The milliseconds for which data may go unanswered."""
_FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}


class Hops:
    """The connections to the hosts on the way; the last one is the destination."""

    def __init__(self, settings: HostSettings, door: str, seconds: float) -> None:
        self.door = door
        self._route = settings
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._clients: list[ParamikoClient] = []
        self._program: PipedProgram | None = None

    @property
    def transport(self) -> paramiko.Transport:
        return self._clients[-1].transport

    def errors_of(self, config: SshConfig) -> HostErrors:
        return HostErrors(self._route, self.door, config)

    def meet(self, chain: tuple[SshConfig, ...]) -> ParamikoClient:
        """Log in to each host on the way, and connect to the last.

        Raises:
            HostError: one of them does not lead on.
        """
        for config in chain:
            errors = self.errors_of(config)
            if self._clients:
                self._clients[-1].log_in()
                stream = self._through(config, errors)
            else:
                stream = self._first_stream(config, errors)
            self._clients.append(ParamikoClient(stream, config, errors, self._deadline))
        return self._clients[-1]

    def close(self) -> None:
        for client in reversed(self._clients):
            client.transport.close()
        if self._program is not None:
            self._program.close()

    def _rest(self) -> float:
        return max(0.1, self._deadline - time.monotonic())

    def _first_stream(self, config: SshConfig, errors: HostErrors) -> Stream:
        if command := config.first("proxycommand"):
            try:
                self._program = PipedProgram(["/bin/sh", "-c", f"exec {command}"], surroundings())
            except OSError as error:
                raise errors.other(f"ProxyCommand cannot be started: {error.strerror}") from error
            return self._program.end
        stream = self._dialled(config, errors)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _IDLE)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _BETWEEN)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _MISSED)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD)
        return stream

    def _dialled(self, config: SshConfig, errors: HostErrors) -> socket.socket:
        """Connect to the first of its addresses that answers."""
        family = _FAMILIES.get(config.first("addressfamily"), socket.AF_UNSPEC)
        try:
            found = socket.getaddrinfo(config.host_name, config.port, family, socket.SOCK_STREAM)
        except OSError as error:
            raise errors.name_unknown(config.host_name, error.strerror or str(error)) from error
        except UnicodeError as error:
            raise errors.name_unknown(config.host_name, "a part between its dots is empty, or too long") from error
        failures: list[OSError] = []
        for kind, _, _, _, address in found:
            stream = socket.socket(kind, socket.SOCK_STREAM)
            stream.settimeout(self._rest())
            try:
                stream.connect(address)
            except OSError as error:
                stream.close()
                failures.append(error)
            else:
                return stream
        last = failures[-1]
        if isinstance(last, TimeoutError):
            raise errors.silent(f"no answer within {self._seconds:g} s") from last
        raise errors.refused((last.strerror or str(last)).lower()) from last

    def _through(self, config: SshConfig, errors: HostErrors) -> Stream:
        """Connect through the previous host."""
        target = (config.host_name, config.port)
        try:
            return self.transport.open_channel("direct-tcpip", target, ("127.0.0.1", 0), timeout=self._rest())
        except paramiko.ChannelException as error:
            if error.code == _PROHIBITED:
                raise errors.no_way_on(error.text) from error
            raise errors.refused(f"{error.text.lower()} from the jump host") from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise errors.no_way_on(str(error)) from error
