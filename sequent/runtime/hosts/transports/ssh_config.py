"""Reads OpenSSH's effective client configuration for a destination, and finds settings that paramiko cannot honour."""

from __future__ import annotations

import functools
import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Mapping

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import HostError, HostStage
from sequent.model.hosts import HostSettings
from sequent.runtime.hosts.transports import client_config
from sequent.runtime.hosts.transports.destinations import Destination, check_destination, jumps_of

_PATIENCE = 30.0
"""Seconds for the programs of ``Match exec``."""
_MOST_JUMPS = 8

_HONOURED = """
addressfamily controlpath globalknownhostsfile hashknownhosts host hostkeyalias hostname identitiesonly identityfile
port proxycommand proxyjump user userknownhostsfile
"""
HONOURED = frozenset(_HONOURED.split())
"""Options that are read here, ..."""
_WITHOUT_EFFECT = """
addkeystoagent batchmode clearallforwardings compression connectionattempts connecttimeout controlmaster controlpersist
dynamicforward enableescapecommandline escapechar exitonforwardfailure fingerprinthash forkafterauthentication
forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports gssapiauthentication
gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapitrustdns ignoreunknown
ipqos kbdinteractiveauthentication localcommand localforward loglevel logverbose nohostauthenticationforlocalhost
numberofpasswordprompts passwordauthentication permitlocalcommand permitremoteopen rekeylimit remotecommand
remoteforward requesttty sendenv serveralivecountmax serveraliveinterval sessiontype stdinnull streamlocalbindmask
streamlocalbindunlink stricthostkeychecking syslogfacility tcpkeepalive tunnel tunneldevice updatehostkeys
verifyhostkeydns visualhostkey xauthlocation
"""
WITHOUT_EFFECT = frozenset(_WITHOUT_EFFECT.split())
"""... and options without effect: they concern terminals, forwarding, prompts or trust, which are never used."""
_DEFAULT_KEYS = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")


@frozen(eq=False, repr=False)
class SshConfig(ByFields):
    """The configuration for one destination."""

    destination: Destination
    options: Mapping[str, tuple[str, ...]]
    """The values of each option; the names are in lower case."""
    unknown: tuple[str, ...] = ()
    """Options that are set, and neither honoured here nor without effect."""

    @property
    def door(self) -> str:
        """The destination as text."""
        return str(self.destination)

    @property
    def host_name(self) -> str:
        return self.first("hostname").strip("[]")

    @property
    def user(self) -> str:
        return self.first("user")

    @property
    def port(self) -> int:
        return int(self.first("port"))

    @property
    def known_name(self) -> str:
        """The name in files of known hosts."""
        if alias := self.first("hostkeyalias"):
            return alias
        name = self.host_name.lower()
        return name if self.port == 22 else f"[{name}]:{self.port}"

    @property
    def where(self) -> str:
        """The user, the address and the port: ``ada@10.0.0.7:2222``."""
        name = f"[{self.host_name}]" if ":" in self.host_name else self.host_name
        return f"{self.user}@{name}:{self.port}"

    @property
    def own_known_hosts(self) -> tuple[str, ...]:
        """The user's own files of known hosts."""
        return self._files("userknownhostsfile")

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """All files of known hosts, the user's own first."""
        return self.own_known_hosts + self._files("globalknownhostsfile")

    @property
    def key_files(self) -> tuple[str, ...]:
        return tuple(self._path(name) for name in self.options.get("identityfile", ()) if name != "none")

    @property
    def unreadable(self) -> str:
        """The name of a file that only ``ssh`` itself can read; '' if there is none."""
        files = (*self.known_hosts, *self.key_files)
        return next((name for name in files if not name.startswith("/") or "%" in name or "${" in name), "")

    def first(self, option: str) -> str:
        """Return the value of an option; '' if it is not set, or set to ``none``."""
        value = self.options.get(option, ("",))[0]
        return "" if value == "none" else value

    def says(self, option: str) -> bool:
        """Return whether an option is set to yes."""
        return self.first(option) in ("yes", "true")

    def _files(self, option: str) -> tuple[str, ...]:
        names = " ".join(self.options.get(option, ())).split()
        return tuple(self._path(name) for name in names if name != "none")

    def _path(self, name: str) -> str:
        tokens = {
            "%%": "%",
            "%d": home(),
            "%h": self.host_name,
            "%n": self.destination.host,
            "%p": str(self.port),
            "%r": self.user,
        }
        tokens["%u"] = _own_name()
        head, *rest = name.split("%")
        for piece in rest:
            token = f"%{piece[:1]}"
            head += tokens.get(token, token) + piece[1:]
        return os.path.join(home(), head[2:]) if head.startswith("~/") else head


def home() -> str:
    """Return the home directory as OpenSSH sees it, which ignores the environment."""
    return pwd.getpwuid(os.getuid()).pw_dir


def _own_name() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def find_ssh() -> str | None:
    """Return OpenSSH's client, if this machine has one."""
    return shutil.which("ssh")


def surroundings() -> dict[str, str]:
    """Return the environment of ``ssh``, which makes it prompt for nothing and pass no language to the host."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    return kept | {"SSH_ASKPASS_REQUIRE": "never"}


def read_chain(settings: HostSettings, door: str) -> tuple[SshConfig, ...]:
    """Return the configuration of each host on the way to a destination, which is the last.

    Raises:
        HostError: it cannot be read, or contains a cycle.
    """
    return _chain(settings, door, _MOST_JUMPS)


def _chain(settings: HostSettings, door: str, depth: int) -> tuple[SshConfig, ...]:
    if not depth:
        problem = f"more than {_MOST_JUMPS} jump hosts on the way, the last is {door!r}"
        raise _config_error(settings, problem, "see ProxyJump in the configuration of ssh; it may lead in a circle")
    config = read_config(settings, door)
    first, *others = jumps_of(settings, config.first("proxyjump")) or (None,)
    if first is None:
        return (config,)
    # Only the first host's own way counts: each further one is reached from the previous one.
    between = (read_config(settings, str(jump)) for jump in others)
    return (*_chain(settings, str(first), depth - 1), *between, config)


def read_config(settings: HostSettings, door: str) -> SshConfig:
    """Return the configuration for one destination: as ``ssh`` prints it, else as the files have it.

    Raises:
        HostError: it cannot be read.
    """
    destination = check_destination(settings, door)
    if settings.ssh_config and not os.path.isfile(settings.ssh_config):
        raise _config_error(settings, f"ssh_config: no such file: {settings.ssh_config!r}", "correct 'ssh_config'")
    program = find_ssh()
    if program is None:
        return _from_files(settings, destination)
    file = ("-F", settings.ssh_config) if settings.ssh_config else ()
    ended = _ask(program, (*file, *destination.words))
    if isinstance(ended, str):
        hint = f"see: {shlex.join(['ssh', '-G', *file, *destination.words])}"
        raise _config_error(settings, f"ssh cannot read its configuration: {ended}", hint)
    plain = _plain(program, tuple(destination.words))
    unknown = [
        option
        for option, values in ended.items()
        if option not in HONOURED | WITHOUT_EFFECT and plain.get(option) != values
    ]
    return SshConfig(destination, ended, tuple(unknown))


@functools.lru_cache(maxsize=1024)
def _plain(program: str, words: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the defaults, without any file."""
    answer = _ask(program, ("-F", "none", *words))
    return {} if isinstance(answer, str) else answer


def _ask(program: str, words: tuple[str, ...]) -> Mapping[str, tuple[str, ...]] | str:
    """Return the output of ``ssh -G``, by option; its error message if it fails."""
    try:
        ended = subprocess.run(
            [program, "-T", "-G", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=surroundings(),
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_PATIENCE:g} s"
    except OSError as error:
        return f"{program!r} cannot be started: {error.strerror}"
    if ended.returncode:
        return ended.stderr.decode(errors="replace").strip() or f"exit code {ended.returncode}"
    found: dict[str, tuple[str, ...]] = {}
    for line in ended.stdout.decode(errors="surrogateescape").splitlines():
        option, _, value = line.partition(" ")
        found[option.lower()] = (*found.get(option.lower(), ()), value)
    return found


def is_mastered(settings: HostSettings, config: SshConfig) -> bool:
    """Return whether a connection that the user has opened (``ControlMaster``) leads there."""
    program = find_ssh()
    if program is None or not config.first("controlpath"):
        return False
    file = ("-F", settings.ssh_config) if settings.ssh_config else ()
    words = [program, *file, "-O", "check", *config.destination.words]
    try:
        ended = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, env=surroundings(), timeout=_PATIENCE, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        # A connection that does not answer is of no use.
        return False
    return ended.returncode == 0


def _from_files(settings: HostSettings, destination: Destination) -> SshConfig:
    try:
        found = client_config.lookup(destination.host, settings.ssh_config, os.path.join(home(), ".ssh/config"))
    except client_config.UnreadableConfigError as error:
        raise _config_error(settings, str(error), "install the program ssh: apt-get install openssh-client") from error
    defaults = {
        "hostname": (destination.host,),
        "user": (_own_name(),),
        "port": ("22",),
        "identityfile": tuple(f"~/.ssh/{name}" for name in _DEFAULT_KEYS),
        "userknownhostsfile": ("~/.ssh/known_hosts ~/.ssh/known_hosts2",),
        "globalknownhostsfile": ("/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2",),
    }
    given = {"user": destination.user, "port": destination.port}
    typed = {option: (value,) for option, value in given.items() if value}
    unknown = tuple(option for option in found if option not in HONOURED | WITHOUT_EFFECT)
    return SshConfig(destination, {**defaults, **found, **typed}, unknown)


def _config_error(settings: HostSettings, problem: str, hint: str) -> HostError:
    return HostError(problem, host=settings.name, stage=HostStage.NAME, code="host-ssh-config", hint=hint)
