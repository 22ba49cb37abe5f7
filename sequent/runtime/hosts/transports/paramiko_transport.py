"""Paramiko as a transport: the connection is made in this process, and its data pass through a pair of sockets."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import paramiko
from attrs import frozen

from sequent.errors import HostError
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports.addresses import first_open
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.known_hosts import HostKey
from sequent.runtime.hosts.transports.paramiko_client import ParamikoClient
from sequent.runtime.hosts.transports.paramiko_hops import Hops
from sequent.runtime.hosts.transports.ssh_config import read_chain

_PIECE = 262_144
_KEPT = 16_384
"""The number of bytes kept of the command's standard error: the last ones."""
_PROMPT = 1.0
"""The seconds in which the host must report the end of a command."""


class ParamikoConnection:
    """A command on a host, run by paramiko."""

    def __init__(self, channel: paramiko.Channel, hops: Hops, errors: HostErrors, command: str) -> None:
        self.door = hops.door
        self.end, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._channel = channel
        self._hops = hops
        self._errors = errors
        self._command = command
        self._stderr = b""
        self._errors_end = threading.Event()
        self._pumped = threading.Barrier(3, self._theirs.close)
        """The pumps pass it when they end."""
        for pump in (self._pump_out, self._pump_in, self._pump_errors):
            threading.Thread(target=pump, name="pump of a transport", daemon=True).start()

    def trouble(self, said: bytes = b"") -> HostError:
        self._errors_end.wait(_PROMPT)
        has_told = self._channel.status_event.wait(_PROMPT)
        status = self._channel.exit_status
        transport = self._hops.transport
        if not has_told or (status < 0 and not transport.is_active()):
            why = transport.get_exception()
            return self._errors.lost(str(why) if why and str(why) else "the host has closed it")
        stderr = self._stderr.decode(errors="backslashreplace").strip()
        return self._errors.ended(self._command, None if status < 0 else status, stderr, said)

    def close(self) -> None:
        with suppress(OSError):
            self.end.shutdown(socket.SHUT_RDWR)
        self.end.close()
        self._hops.close()

    def _pump_out(self) -> None:
        with suppress(OSError, EOFError):
            while piece := self._channel.recv(_PIECE):
                self._theirs.sendall(piece)
        with suppress(OSError):
            self._theirs.shutdown(socket.SHUT_RDWR)
        self._pumped.wait()

    def _pump_in(self) -> None:
        with suppress(OSError, EOFError):
            while piece := self._theirs.recv(_PIECE):
                self._channel.sendall(piece)
        with suppress(OSError, EOFError):
            self._channel.shutdown_write()
        self._pumped.wait()

    def _pump_errors(self) -> None:
        with suppress(OSError, EOFError):
            while piece := self._channel.recv_stderr(_PIECE):
                self._stderr = (self._stderr + piece)[-_KEPT:]
        self._errors_end.set()
        self._pumped.wait()


@frozen
class ParamikoTransport:
    """The transport to a host by paramiko."""

    settings: HostSettings
    reason: str
    name: str = "paramiko"

    def connect(self, command: str, timeout: float, door: str = "") -> ParamikoConnection:
        return first_open(self.settings, door, lambda one: self._open(one, command, timeout))

    def fetch_key(self, door: str, timeout: float) -> HostKey:
        """Return the key that a destination shows at present, without logging in.

        Raises:
            HostError: it cannot be reached.
        """
        hops = Hops(self.settings, door, timeout)
        try:
            return hops.meet(read_chain(self.settings, door)).host_key
        finally:
            hops.close()

    def _open(self, door: str, command: str, timeout: float) -> ParamikoConnection:
        hops = Hops(self.settings, door, timeout)
        try:
            chain = read_chain(self.settings, door)
            client = hops.meet(chain)
            client.log_in()
            errors = hops.errors_of(chain[-1])
            return ParamikoConnection(_start(client, command, errors), hops, errors, command)
        except BaseException:
            hops.close()
            raise


def _start(client: ParamikoClient, command: str, errors: HostErrors) -> paramiko.Channel:
    try:
        channel = client.transport.open_session(timeout=client.rest())
        channel.exec_command(command)  # its words are quoted  # nosec B601
    except paramiko.ChannelException as error:
        raise errors.no_session(error.text) from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise errors.no_session(str(error) or "the connection was closed") from error
    return channel
