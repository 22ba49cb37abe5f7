"""Two machines to reach by SSH: servers of OpenSSH on 127.0.0.2 and 127.0.0.3, each with a user of its own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import define, field, frozen

from tests.installation import install
from tests.patience import wait_until
from tests.ports import free_port
from tests.users import change_users, one_at_a_time

SSHD = "/usr/sbin/sshd"
_SEPARATION = Path("/run/sshd")
_WITH_BOOT_ID = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"']
"""Runs a program for which, and for all that it starts, the machine has the boot id in a file."""
_PREFIX = "sequent-t"


@define(eq=False)
class SshServer:
    """A machine, as far as a host can tell: an address, a server, a user with a home."""

    name: str
    address: str
    directory: Path
    bin: Path
    user: str = ""
    port: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def home(self) -> Path:
        return self.directory / "home"

    @property
    def uid(self) -> int:
        return pwd.getpwnam(self.user).pw_uid

    @property
    def key(self) -> Path:
        """The private key of the host."""
        return self.directory / "host_key"

    @property
    def known_as(self) -> str:
        return f"[{self.address}]:{self.port}"

    @property
    def known_line(self) -> str:
        """The line of a file of known hosts."""
        return f"{self.known_as} {' '.join(self.key.with_suffix('.pub').read_text().split()[:2])}\n"

    @property
    def fingerprint(self) -> str:
        shown = subprocess.run(
            ["ssh-keygen", "-lf", self.key.with_suffix(".pub")], capture_output=True, text=True, check=True
        )
        return shown.stdout.split()[1]

    @property
    def log(self) -> Path:
        return self.directory / "sshd.log"

    @property
    def authorized_keys(self) -> Path:
        return self.directory / "authorized_keys"

    def start(self, **options: str) -> None:
        """Listen, with further options of sshd's configuration, or others than usual."""
        (self.directory / "sshd_config").write_text(self._configuration(options))
        size = self.log.stat().st_size if self.log.exists() else 0
        wait_until(lambda: self._listens(size), lambda: f"{self.name} does not listen: {self.log.read_text()[-2000:]}")

    def restart(self, **options: str) -> None:
        """Listen with other options; sessions go on."""
        self.stop()
        self.start(**options)

    def stop(self) -> None:
        """Listen no more; sessions go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause_listener(self) -> None:
        """Have the server accept connections and say nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume_listener(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def sessions(self) -> list[int]:
        """The processes of sshd that serve the user's sessions, not the sessions' own."""
        wanted = f"sshd: {self.user}".encode()
        return [pid for pid, command in _commands() if re.match(re.escape(wanted) + rb"( |@|\0|$)", command)]

    def kill_sessions(self) -> None:
        """End all connections, as a network does; what runs in them goes on."""
        self._signal(self.sessions(), signal.SIGKILL)

    def pause_sessions(self) -> None:
        """Have all connections be silent."""
        self._signal(self.sessions(), signal.SIGSTOP)

    def resume_sessions(self) -> None:
        self._signal(self.sessions(), signal.SIGCONT)

    def processes(self) -> list[int]:
        """The user's own processes."""
        return [pid for pid in _pids() if _owner(pid) == self.uid]

    def kill_processes(self) -> None:
        """End all that the user has running, as the end of a machine does."""
        wait_until(lambda: not self._signal(self.processes(), signal.SIGKILL), "the user's processes do not end")

    def empty(self) -> None:
        """End all that the user has running, and remove all that is in the home."""
        self.kill_processes()
        for entry in self.home.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    @property
    def boot_id(self) -> Path:
        """The file with the id of the machine's present boot."""
        return self.directory / "boot_id"

    def boot(self) -> None:
        """Begin with another boot id, as a machine that restarts; its processes must have ended before."""
        self.boot_id.write_text(f"{uuid.uuid4()}\n")

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        """Write a file of the user's, by its path from the home directory."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        for each in (path, *path.parents):
            if each == self.directory:
                break
            os.chown(each, self.uid, pwd.getpwnam(self.user).pw_gid)
        return path

    def _listens(self, size: int) -> bool:
        """Whether it says so, behind so many bytes of its log; it is started, again if a session still has the port."""
        if self._process is None or self._process.poll() is not None:
            words = [SSHD, "-D", "-f", str(self.directory / "sshd_config"), "-E", str(self.log)]
            words = [*_WITH_BOOT_ID, str(self.boot_id), *words]
            self._process = subprocess.Popen(words, start_new_session=True, stdin=subprocess.DEVNULL)
        return self.log.exists() and b"Server listening on" in self.log.read_bytes()[size:]

    def _configuration(self, options: Mapping[str, str]) -> str:
        lines = {
            "ListenAddress": f"{self.address}:{self.port}",
            "HostKey": str(self.key),
            "AuthorizedKeysFile": str(self.authorized_keys),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "SetEnv": f"PATH={self.bin}:/usr/local/bin:/usr/bin:/bin",
            "Subsystem": "sftp internal-sftp",
            "LogLevel": "VERBOSE",
            **options,
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())

    @staticmethod
    def _signal(pids: list[int], number: int) -> list[int]:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids


@frozen
class SshHosts:
    """Both machines, and a client that knows them as ``near``, ``far``, and ``beyond``: ``far`` by way of ``near``."""

    directory: Path
    near: SshServer
    far: SshServer

    @property
    def key(self) -> Path:
        """The private key that both let in."""
        return self.directory / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    @property
    def config(self) -> Path:
        """The configuration of ssh, for its option -F."""
        return self.directory / "config"

    @property
    def bin(self) -> Path:
        """The directory with Python and Sequent that is on the path of both users."""
        return self.near.bin

    def client(self, directory: Path, *, known: str | None = None, more: str = "") -> Path:
        """A configuration of a test's own in a directory, with its own ``known_hosts`` beside it.

        Args:
            directory: where it is written.
            known: the text of ``known_hosts``, if another than both machines' keys.
            more: lines that stand before all others.
        """
        text = self.near.known_line + self.far.known_line if known is None else known
        (directory / "known_hosts").write_text(text)
        config = directory / "config"
        config.write_text(more + self._configuration(directory / "known_hosts"))
        return config

    def write_client(self) -> None:
        self.client(self.directory)

    def _configuration(self, known_hosts: Path) -> str:
        blocks = [
            f"Host {names}\n  HostName {host.address}\n  Port {host.port}\n  User {host.user}\n"
            for names, host in (("near", self.near), ("far beyond", self.far))
        ]
        return (
            "".join(blocks)
            + "Host beyond\n  ProxyJump near\n"
            + f"Host *\n  IdentityFile {self.key}\n  IdentitiesOnly yes\n"
            + f"  UserKnownHostsFile {known_hosts}\n  GlobalKnownHostsFile none\n  HashKnownHosts no\n"
        )


@contextmanager
def ssh_hosts() -> Generator[SshHosts]:
    """Both machines while a block runs. It takes root, and Debian's openssh-server."""
    assert os.geteuid() == 0, "servers of SSH and their users can only be made by root; run the tests as root"
    assert Path(SSHD).exists(), f"{SSHD} is missing; install it: apt-get install openssh-server"
    _SEPARATION.mkdir(mode=0o755, exist_ok=True)
    with one_at_a_time():
        _remove_left_users()
    directory = Path(tempfile.mkdtemp(prefix="sequent-sshd-", dir="/tmp"))
    directory.chmod(0o711)
    hosts = SshHosts(directory, *_servers(directory))
    try:
        install(directory / "venv")
        subprocess.run(_key_words(hosts.key), check=True)
        for server in (hosts.near, hosts.far):
            _set_up(server, hosts.key.with_suffix(".pub").read_text())
            server.start()
        hosts.write_client()
        yield hosts
    finally:
        for server in (hosts.near, hosts.far):
            _take_down(server)
        shutil.rmtree(directory, ignore_errors=True)


def _servers(directory: Path) -> list[SshServer]:
    addresses = {"near": "127.0.0.2", "far": "127.0.0.3"}
    return [SshServer(name, address, directory / name, directory / "venv/bin") for name, address in addresses.items()]


def _set_up(server: SshServer, public_key: str) -> None:
    server.directory.mkdir(mode=0o711)
    server.directory.chmod(0o711)
    server.home.mkdir(mode=0o700)
    server.boot()
    user = f"{_PREFIX}{os.getpid()}-{server.name}"
    words = ["useradd", "--no-log-init", "--no-create-home", "--home-dir", str(server.home), "--shell", "/bin/bash"]
    change_users(*words, "--password", "*", user)
    server.user = user
    os.chown(server.home, server.uid, pwd.getpwnam(user).pw_gid)
    server.authorized_keys.write_text(public_key)
    subprocess.run(_key_words(server.key), check=True)
    server.port = free_port(server.address)


def _take_down(server: SshServer) -> None:
    server.stop()
    if server.user:
        server.kill_sessions()
        server.kill_processes()
        change_users("userdel", server.user)


def _key_words(path: Path) -> list[str]:
    return ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]


def _remove_left_users() -> None:
    """Remove the users of tests that were killed."""
    for entry in pwd.getpwall():
        pid = entry.pw_name.removeprefix(_PREFIX).partition("-")[0]
        if entry.pw_name.startswith(_PREFIX) and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            left = SshServer("left", "", Path(entry.pw_dir).parent, Path(), user=entry.pw_name)
            left.kill_sessions()
            left.kill_processes()
            subprocess.run(["userdel", entry.pw_name], check=False, capture_output=True)
            shutil.rmtree(left.directory.parent, ignore_errors=True)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _commands() -> list[tuple[int, bytes]]:
    found = []
    for pid in _pids():
        with suppress(OSError):
            found.append((pid, Path(f"/proc/{pid}/cmdline").read_bytes()))
    return found


def _owner(pid: int) -> int:
    """The user of a process that has not ended; -1 if it has."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/status").read_text()
        if "\nState:\tZ" not in text:
            return int(text.split("\nUid:\t")[1].split()[0])
    return -1
