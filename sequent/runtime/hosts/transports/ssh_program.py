"""The program ``ssh`` as a transport: it honours its whole configuration, except where that is too lenient."""

from __future__ import annotations

import os
import shlex
import tempfile
import time

from attrs import frozen

from sequent.errors import HostError
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports import ssh_messages
from sequent.runtime.hosts.transports.addresses import first_open
from sequent.runtime.hosts.transports.host_errors import HostErrors
from sequent.runtime.hosts.transports.identities import identities_of
from sequent.runtime.hosts.transports.known_hosts import HostKey, key_of
from sequent.runtime.hosts.transports.program_pipes import PipedProgram
from sequent.runtime.hosts.transports.ssh_config import SshConfig, is_mastered, read_chain, surroundings

_NEVER = {
    "IgnoreUnknown": "SessionType,StdinNull,ForkAfterAuthentication,EnableEscapeCommandline",
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "VerifyHostKeyDNS": "no",
    "NoHostAuthenticationForLocalhost": "no",
    "UpdateHostKeys": "no",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "GSSAPIDelegateCredentials": "no",
    "AddKeysToAgent": "no",
    "ClearAllForwardings": "yes",
    "Tunnel": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "no",
    "SessionType": "default",
    "StdinNull": "no",
    "ForkAfterAuthentication": "no",
    "VisualHostKey": "no",
    "ControlMaster": "no",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "3",
}
"""Options against prompts, unknown keys and forwarding, which override the user's configuration."""

_TO_LOOK = {
    "StrictHostKeyChecking": "accept-new",
    "GlobalKnownHostsFile": "none",
    "HashKnownHosts": "no",
    "PreferredAuthentications": "none",
    "ControlPath": "none",
    "LogLevel": "ERROR",
}
"""Options to fetch a key only: it goes into a temporary file, and nobody logs in."""
_PATIENCE = 20.0
"""The seconds to fetch a key."""


class SshConnection:
    """A command on a host, run by ``ssh``."""

    def __init__(
        self, transport: SshProgram, door: str, chain: tuple[SshConfig, ...], program: PipedProgram, command: str
    ) -> None:
        self.end = program.end
        self.door = door
        self._transport = transport
        self._chain = chain
        self._program = program
        self._command = command

    def trouble(self, said: bytes = b"") -> HostError:
        end = self._program.ending()
        config = self._chain[-1]
        errors = HostErrors(self._transport.settings, self.door, config)
        if error := ssh_messages.judge(errors, end, self._command, said):
            return error
        log = ssh_messages.own_words(f"{end.log}\n{end.errors}")
        if name := ssh_messages.unknown_name(log):
            return self._transport.unknown_key(self._chain, name)
        # The host that refuses us may be one on the way.
        denier = next((each for each in self._chain if f"{each.user}@{each.host_name}: Permission" in log), config)
        errors = HostErrors(self._transport.settings, self.door, denier)
        return errors.denied(identities_of(denier), ssh_messages.denial_of(log))

    def close(self) -> None:
        self._program.close()


@frozen
class SshProgram:
    """The transport to a host by the program ``ssh``."""

    settings: HostSettings
    program: str
    reason: str
    name: str = "ssh"

    def connect(self, command: str, timeout: float, door: str = "") -> SshConnection:
        return first_open(self.settings, door, lambda one: self._open(one, command, timeout))

    def words(self, chain: tuple[SshConfig, ...], *, log: str, seconds: float, more: dict[str, str]) -> list[str]:
        """Return the program with its options and the destination, to which a command may be added.

        Args:
            chain: each host on the way, and the destination.
            log: the file for its own messages.
            seconds: the seconds for connecting.
            more: options that replace the usual ones.
        """
        *before, last = chain
        options = {**_NEVER, "ConnectTimeout": f"{max(1, round(seconds))}", **more}
        words = [self.program, "-T", "-x", "-a", "-E", log]
        if self.settings.ssh_config:
            words += ["-F", self.settings.ssh_config]
        for name, value in options.items():
            words += ["-o", f"{name}={value}"]
        if before:
            # By default, it would reach them by the user's options alone.
            inner = self.words(tuple(before), log=log, seconds=seconds, more={})
            *before_it, dashes, jump = (word.replace("%", "%%") for word in inner)
            leading = [*before_it, "-W", "[%h]:%p", dashes, jump]
            words += ["-o", f"ProxyCommand={shlex.join(leading)}"]
        return [*words, *last.destination.words]

    def fetch_key(self, door: str) -> HostKey:
        """Return the key that a destination shows at present, without logging in.

        Raises:
            HostError: it cannot be reached.
        """
        chain = read_chain(self.settings, door)
        with tempfile.TemporaryDirectory(prefix="sequent-") as directory:
            file = os.path.join(directory, "known_hosts")
            words = self.words(chain, log="{log}", seconds=_PATIENCE, more={**_TO_LOOK, "UserKnownHostsFile": file})
            program = PipedProgram([*words, "true"], surroundings())
            end = program.ending(_PATIENCE)
            program.close()
            if os.path.exists(file):
                with open(file, encoding="utf-8") as stream:
                    return key_of(stream.readline())
        errors = HostErrors(self.settings, door, chain[-1])
        if error := ssh_messages.judge(errors, end, "true", b""):
            raise error
        log = ssh_messages.own_words(f"{end.log}\n{end.errors}").strip()
        if name := ssh_messages.unknown_name(log):
            raise self.unknown_key(chain, name)
        raise errors.other(log)

    def unknown_key(self, chain: tuple[SshConfig, ...], name: str) -> HostError:
        """Return the error for an unknown key of the host on the way that has this name."""
        config = next((each for each in chain if each.known_name == name), chain[-1])
        try:
            key = str(self.fetch_key(config.door))
        except HostError:
            # The user can fetch it by hand.
            key = ""
        errors = HostErrors(self.settings, chain[-1].door, config)
        return errors.key_unknown(name, key, config.own_known_hosts, config.door)

    def _open(self, door: str, command: str, seconds: float) -> SshConnection:
        chain = read_chain(self.settings, door)
        config = chain[-1]
        errors = HostErrors(self.settings, door, config)
        words = self.words(chain, log="{log}", seconds=seconds, more={"LogLevel": "VERBOSE"})
        start = time.monotonic()
        try:
            program = PipedProgram([*words, command], surroundings())
        except OSError as error:
            raise errors.other(f"{self.program!r} cannot be started: {error.strerror}") from error
        connection = SshConnection(self, door, chain, program, command)
        if is_mastered(self.settings, config):
            # This is an existing connection, which was accepted long ago.
            return connection
        was_let_in = program.wait_for(ssh_messages.LET_IN, seconds + 1)
        if was_let_in:
            return connection
        try:
            if was_let_in is None:
                raise errors.silent(f"no answer within {time.monotonic() - start:.0f} s")
            raise connection.trouble()
        finally:
            connection.close()
