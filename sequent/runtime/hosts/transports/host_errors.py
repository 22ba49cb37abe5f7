"""The errors of reaching a host, each with its stage and the next command to type."""

from __future__ import annotations

import os
import shlex

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError, HostStage, Place
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.protocol.greeting import NO_DRIVER, NO_ROOT
from sequent.runtime.hosts.transports.identities import LOCKED, Identity
from sequent.runtime.hosts.transports.known_hosts import KnownHosts, read_known_hosts
from sequent.runtime.hosts.transports.ssh_config import SshConfig, find_ssh

_QUOTED = 600
"""The maximum number of characters to quote of a host's output."""
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


@frozen(eq=False, repr=False)
class Denial(ByFields):
    """The answer of a host to our keys."""

    allowed: str = ""
    """The methods that it accepts, or that it requires in addition."""
    from_agent: int = 0
    """The number of keys that the SSH agent offered."""
    is_partial: bool = False
    """Whether a key was accepted, and more is required."""
    has_too_many: bool = False
    """Whether it refused to look at further keys."""


class HostErrors:
    """Makes the errors of one destination.

    Args:
        settings: the host.
        door: the destination that was tried.
        config: the configuration of ssh for it; None if there is none.
    """

    def __init__(self, settings: HostSettings, door: str, config: SshConfig | None = None) -> None:
        self.settings = settings
        self._door = door
        self._where = config.where if config else door
        self._destination = config.destination.words if config else [door]

    def known_hosts(self, config: SshConfig) -> KnownHosts:
        """Return the keys of a host in the files of known hosts.

        Raises:
            HostError: one of them cannot be read.
        """
        try:
            return read_known_hosts(config.known_hosts, config.known_name)
        except OSError as error:
            text = f"cannot read the known hosts in {error.filename!r}: {error.strerror}"
            see = f"ls -l {shlex.quote(str(error.filename))}"
            hint = f"correct UserKnownHostsFile in {self.settings.config_file}, or see: {see}"
            raise self._error(text, HostStage.HOST_KEY, "host-known-hosts", hint) from error

    def name_unknown(self, name: str, detail: str) -> HostError:
        hint = f"correct 'address' of {self._host}, or HostName in {self.settings.config_file}"
        return self._error(f"{name!r} has no address: {detail}", HostStage.NAME, "host-name", hint)

    def refused(self, detail: str = "connection refused") -> HostError:
        hint = f"see that the host is up and sshd listens on that port; try: {self.by_hand('true')}"
        return self._error(detail, HostStage.CONNECTION, "host-refused", hint)

    def silent(self, detail: str) -> HostError:
        hint = f"see that the host is up and no firewall stands between; try: {self.by_hand('true')}"
        return self._error(detail, HostStage.CONNECTION, "host-timeout", hint)

    def lost(self, detail: str) -> HostError:
        hint = f"try: {self.by_hand('true')}"
        return self._error(f"the connection was lost: {detail}", HostStage.CONNECTION, "host-lost", hint)

    def turned_away(self, detail: str) -> HostError:
        hint = (
            "sshd there may have reached MaxStartups, or refuse this machine (hosts.deny, PerSourceMaxStartups, "
            f"fail2ban); see its log; try: {self.by_hand('true')}"
        )
        text = f"the host closes the connection before it identifies itself: {detail}"
        return self._error(text, HostStage.CONNECTION, "host-turned-away", hint)

    def no_agreement(self, detail: str, remedy: str = "") -> HostError:
        hint = f"{remedy}see: {self.by_hand('-v', 'true')}"
        return self._error(f"no common algorithm: {detail}", HostStage.CONNECTION, "host-algorithms", hint)

    def key_unknown(self, name: str, key: str, files: tuple[str, ...], door: str = "") -> HostError:
        file = files[0] if files else "known_hosts"
        text = f"its {key or 'host key'} is not known: {name!r} is not found in {file}"
        kind = key.partition(" ")[0].lower() or "ed25519"
        check = f"compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub there)"
        hint = f"{check}, then: sequent host add {shlex.quote(door or self._named())}"
        return self._error(text, HostStage.HOST_KEY, "host-key-unknown", hint)

    def key_changed(self, name: str, key: str, place: Place | None) -> HostError:
        shown = f"it now has the {key}" if key else "its host key has changed"
        known = f", another than in {place}" if place else ""
        file = place.file if place else "~/.ssh/known_hosts"
        hint = (
            "ask its administrator; only if it has been given new keys: "
            f"ssh-keygen -f {shlex.quote(file)} -R {shlex.quote(name)}, then: sequent host add {self._named()}"
        )
        return self._error(f"possible attack: {shown}{known}", HostStage.HOST_KEY, "host-key-changed", hint)

    def key_revoked(self, name: str) -> HostError:
        text = f"possible attack: the host key of {name!r} is marked as revoked"
        hint = "ask its administrator for the new key; never use the old one"
        return self._error(text, HostStage.HOST_KEY, "host-key-revoked", hint)

    def doubtful(self, why: str) -> HostError:
        text = f"only the program ssh can judge this configuration: {why}"
        is_there = find_ssh() is not None
        hint = "leave connect='paramiko' out" if is_there else "install it: apt-get install openssh-client"
        return self._error(text, HostStage.HOST_KEY, "host-needs-ssh", hint)

    def denied(self, identities: tuple[Identity, ...], denial: Denial) -> HostError:
        """Return the error for a host that accepts none of our keys; ``identities`` are those in files."""
        keys = [str(identity) for identity in identities]
        if denial.from_agent:
            keys.append(f"{denial.from_agent} of the agent (ssh-add -l)")
        locked = any(identity.obstacle == LOCKED for identity in identities)
        code, file = "host-authentication", self.settings.config_file
        if denial.is_partial:
            text = f"the key is accepted, but the host asks for more: {denial.allowed}; nothing is ever asked for here"
            hint = (
                "let the key suffice there (AuthenticationMethods in sshd_config); or open a connection by hand that "
                f"is shared (ControlMaster and ControlPath in {file})"
            )
        elif denial.has_too_many:
            text = "the host ends the attempt: too many keys were offered (MaxAuthTries)"
            hint = f"offer only the key that it knows: IdentityFile and 'IdentitiesOnly yes' in {file}"
        else:
            text = "no key lets us in" + (f"; the host allows {denial.allowed}" if denial.allowed else "")
            text += "; no passphrase is ever asked for" if locked else ""
            code = "host-passphrase" if locked else code
            remedies = [identity.remedy for identity in identities if identity.remedy]
            copy = shlex.join(["ssh-copy-id", *self._file, self._door])
            hint = "; ".join(remedies) or (
                f"have a key allowed there: {copy}; or name another one: IdentityFile in {file}"
            )
        tried = f"{self._where} with {', '.join(keys) or 'no key, since there is none'}"
        return self._error(text, HostStage.AUTHENTICATION, code, hint, tried)

    def no_way_on(self, detail: str) -> HostError:
        hint = "see AllowTcpForwarding and PermitOpen in the sshd_config of the jump host"
        return self._error(f"the jump host does not lead on: {detail}", HostStage.CONNECTION, "host-jump", hint)

    def no_session(self, detail: str) -> HostError:
        text = f"the host lets us in and starts nothing: {detail}"
        hint = "see MaxSessions and ForceCommand in its sshd_config, and the options in authorized_keys"
        return self._error(text, HostStage.COMMAND, "host-session", hint)

    def ended(self, command: str, status: int | None, errors: str, said: bytes = b"") -> HostError:
        """Return the error for a command that ended although it should go on."""
        program = shlex.split(command)[0]
        heard = quoted(said.decode(errors="backslashreplace"), errors)
        if status == _NOT_FOUND or (status == 1 and "executable file not found" in errors):
            text, code = f"no command {program!r} there{heard}", "host-no-command"
            search = self.by_hand(f"command -v {program}")
            hint = f"install Sequent there, where a shell without a terminal finds it; it must be found by: {search}"
        elif status == _NOT_EXECUTABLE:
            text, code = f"{program!r} cannot be executed there{heard}", "host-not-executable"
            hint = f"see its mode, and that its file system is not mounted noexec: {self.by_hand(f'ls -l {program}')}"
        elif status is None or status < 0:
            text, code = f"{program!r} was ended there by a signal or with its session{heard}", "host-command"
            hint = f"try: {self.by_hand(command)}"
        elif NO_DRIVER in errors:
            return self.agent_alone()
        elif NO_ROOT in errors:
            return self.root(self.settings.command or program)
        elif status == 0 and said:
            text, code = f"another command than {program!r} ran there{heard}", "host-forced-command"
            hint = "see command= in authorized_keys there, ForceCommand in sshd_config, and the user's shell"
        else:
            text, code = f"{program!r} ended there with exit code {status}{heard}", "host-command"
            hint = f"try: {self.by_hand('true')}; if that works, then: {self.by_hand(f'{program} --help')}"
        return self._error(text, HostStage.COMMAND, code, hint)

    def no_python(self, python: str, detail: str) -> HostError:
        hint = f"install Python 3.11 or newer there, or name it: python = '/usr/bin/python3.11' of {self._host}"
        text = f"no Python: {detail}" if python in detail else f"no Python {python!r}: {detail}"
        return self._error(text, HostStage.PYTHON, "host-no-python", hint)

    def old_python(self, version: str, executable: str, oldest: str) -> HostError:
        text = f"{executable!r} there is Python {version}; Sequent needs {oldest} or newer"
        hint = f"name a newer one: python = '/usr/bin/python{oldest}' of {self._host}"
        return self._error(text, HostStage.PYTHON, "host-old-python", hint)

    def no_sequent(self, python: str, version: str) -> HostError:
        text = f"Sequent is not installed there for {python!r}; here is {version}"
        # Under its name alone, pip would get the original Sequent.
        install = self.by_hand(f"{shlex.quote(python)} -m pip install ./sequent")
        hint = f"have it sent: ship = true of {self._host}; or copy its source there, and install that: {install}"
        return self._error(text, HostStage.VERSION, "host-no-sequent", hint)

    def no_agent(self, agent: str, python: str) -> HostError:
        text = f"Sequent is installed there, but a shell without a terminal does not find {agent!r}"
        path = os.path.join(os.path.dirname(python), os.path.basename(agent))
        hint = f"give its path: command = '{path}' of {self._host}"
        return self._error(text, HostStage.COMMAND, "host-no-command", hint)

    def agent_alone(self) -> HostError:
        text = "authorized_keys there lets only the agent of Sequent run, and nothing else"
        hint = "start a flow to see whether steps run there; 'ship = true', host ls and host clean need another key"
        return self._error(text, HostStage.COMMAND, "host-agent-alone", hint)

    def root(self, command: str) -> HostError:
        text = "the user there is root, and an agent executes steps for root only with --allow-root"
        hint = f"use another user, or: command = '{command} --allow-root' of {self._host}"
        return self._error(text, HostStage.COMMAND, "host-root", hint)

    def eaten(self, program: str) -> HostError:
        text = f"the login shell there reads the input of {program!r}"
        return self._error(text, HostStage.COMMAND, "host-eaten", QUIET)

    def noisy(self, said: bytes) -> HostError:
        heard = quoted(said.decode(errors="backslashreplace"), "")
        text = f"the login shell there writes without end before the answer{heard}"
        return self._error(text, HostStage.COMMAND, "host-noise", QUIET)

    def mute(self, program: str, seconds: float, said: bytes) -> HostError:
        heard = quoted(said.decode(errors="backslashreplace"), "")
        text = f"{program!r} there does not answer within {seconds:g} s{heard}"
        hint = f"run the login shell without a terminal: {self.by_hand('true')}"
        return self._error(text, HostStage.COMMAND, "host-mute", hint)

    def home(self, detail: str) -> HostError:
        hint = f"see: {self.by_hand('df -h . ; ls -ld .')}"
        return self._error(detail, HostStage.HOME, "host-home", hint)

    def other(self, detail: str, stage: HostStage = HostStage.CONNECTION) -> HostError:
        return self._error(detail, stage, "", f"try: {self.by_hand('true')}")

    def by_hand(self, *words: str) -> str:
        """Return the command line by which a user runs the same by hand."""
        if isinstance(self.settings.connect, tuple):
            return shlex.join(self.settings.connect) + " " + " ".join(words)
        *options, command = words
        destination = [word for word in self._destination if word != "--"]
        return shlex.join(["ssh", *options, *self._file, *destination, command])

    @property
    def _file(self) -> list[str]:
        """The option that names the SSH configuration to the programs of OpenSSH."""
        return ["-F", self.settings.ssh_config] if self.settings.ssh_config else []

    @property
    def _host(self) -> str:
        return f"host {self.settings.name!r} in the configuration"

    def _named(self) -> str:
        """Return the host's name for commands."""
        return self.settings.name if len(self.settings.address) == 1 else self._door

    def _error(self, problem: str, stage: HostStage, code: str, hint: str, tried: str = "") -> HostError:
        tried = tried or self._where
        return HostError(problem, host=self.settings.name, stage=stage, tried=tried, code=code, hint=hint)


QUIET = "in the first line of ~/.bashrc there: [ -t 1 ] || return"
"""The way out where the files of a login shell write or read."""
ENDED = ("the session has ended", HostStage.CONNECTION, "")
UNANSWERED = (
    "the session has ended before its agent has answered",
    HostStage.COMMAND,
    f"if that stays so, the login shell there may read the input of the agent; {QUIET}",
)


def quoted(said: str, errors: str) -> str:
    """Return a host's output, for the end of a sentence; '' if there is none."""
    parts = [_shortened(text.strip()) for text in (said, errors)]
    told = " / ".join(part for part in parts if part)
    return f": {told}" if told else ""


def _shortened(text: str) -> str:
    shown = text if len(text) <= _QUOTED else f"{text[:_QUOTED]} ..."
    return repr(shown) if shown else ""
