"""Machines to reach by SSH, all of them this one: each has a server on a port of its own, and a home of its own."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

SERVER = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


class Machines:
    """Servers of OpenSSH for this user alone, with keys made for them, and a configuration of ssh that knows them.

    Nothing of the user's own ``~/.ssh`` is read or written.
    """

    def __init__(self, directory: Path, names: list[str], modules: Path) -> None:
        if SERVER is None:
            sys.exit("this example needs the server of OpenSSH: apt-get install openssh-server")
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self.directory = directory.absolute()
        self.modules = modules.absolute()
        self.names = names
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_key(self.directory / "key")
        for name in names:
            self._set_up(name)
        self.config.write_text("".join(self._client_lines(name) for name in names))
        self._known_hosts.write_text("".join(self._known_line(name) for name in names))

    @property
    def config(self) -> Path:
        """The configuration of ssh."""
        return self.directory / "config"

    @property
    def _known_hosts(self) -> Path:
        return self.directory / "known_hosts"

    def home(self, name: str) -> Path:
        """The home directory on a machine."""
        return self.directory / name / "home"

    def start(self, name: str) -> None:
        """Let a machine be reached."""
        if self._listens(name):
            sys.exit(f"port {self.ports[name]} has been taken by another program: start the story again")
        words = [str(SERVER), "-D", "-f", str(self.directory / name / "sshd_config"), "-E", str(self._log(name))]
        self._servers[name] = server = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True)
        while not self._listens(name):
            if server.poll() is not None:
                sys.exit(f"sshd has ended: {self._log(name).read_text()}")
            time.sleep(0.05)

    def stop(self, name: str) -> None:
        """Take a machine away: no new connection, and an end to those that there are."""
        server = self._servers.pop(name, None)
        if server is None:
            return
        subprocess.run(["pkill", "-KILL", "-P", str(server.pid)], check=False)
        server.terminate()
        server.wait()

    def remove(self) -> None:
        """Take all machines away, with all that runs on them."""
        for name in list(self._servers):
            self.stop(name)
        for name in self.names:
            for pid in self._processes(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)

    def _set_up(self, name: str) -> None:
        folder = self.directory / name
        self.home(name).mkdir(parents=True, exist_ok=True)
        self._make_key(folder / "host_key")
        # The line of a key sets up the environment, and runs the command that came.
        python = Path(sys.executable).parent
        variables = {"HOME": self.home(name), "PATH": f"{python}:{os.environ['PATH']}", "PYTHONPATH": self.modules}
        exports = " ".join(f"{key}='{value}'" for key, value in variables.items())
        script = rf"export {exports}; cd; eval \"$SSH_ORIGINAL_COMMAND\""
        public = (self.directory / "key.pub").read_text()
        (folder / "authorized_keys").write_text(f'restrict,command="{script}" {public}')
        (folder / "authorized_keys").chmod(0o600)
        options = {
            "ListenAddress": f"127.0.0.1:{self.ports[name]}",
            "HostKey": folder / "host_key",
            "AuthorizedKeysFile": folder / "authorized_keys",
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
        }
        (folder / "sshd_config").write_text("".join(f"{key} {value}\n" for key, value in options.items()))

    @staticmethod
    def _make_key(path: Path) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)

    def _client_lines(self, name: str) -> str:
        return (
            f"Host {name}\n  HostName 127.0.0.1\n  Port {self.ports[name]}\n"
            f"  IdentityFile {self.directory / 'key'}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self._known_hosts}\n  GlobalKnownHostsFile none\n\n"
        )

    def _known_line(self, name: str) -> str:
        public = (self.directory / name / "host_key.pub").read_text().split()
        return f"[127.0.0.1]:{self.ports[name]} {public[0]} {public[1]}\n"

    def _log(self, name: str) -> Path:
        return self.directory / name / "sshd.log"

    def _listens(self, name: str) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.ports[name])) == 0

    def _processes(self, name: str) -> list[int]:
        """What runs on a machine: the processes whose home directory is the one there."""
        home = f"HOME={self.home(name)}".encode()
        found: list[int] = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                if home in environment.read_bytes().split(b"\0"):
                    found.append(int(environment.parent.name))
            except OSError:
                continue
        return found


def free_ports(number: int) -> list[int]:
    """Return ports of the loopback address on which nothing listens.

    They are below those that the kernel gives to clients: no connection takes one while its machine is away.
    """
    found: set[int] = set()
    while len(found) < number:
        port = random.SystemRandom().randint(10_000, 32_000)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)
