"""A cluster of PostgreSQL of the tests' own: Debian's programs, a directory of its own, and a port on 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.patience import wait_until
from tests.ports import free_port

USER = "postgres"
"""The system's user that the package makes, and the role that may do all: the server refuses to run as root."""
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = on
max_connections = 150
shared_buffers = 32MB
"""


def programs() -> Path:
    """The directory of the newest version that is installed."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


class Cluster:
    """A server, and the databases that tests make on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.port = free_port()
        self._made = 0
        self._as_user("initdb", "-D", str(self.data), "-U", USER, "-A", "trust", "--encoding=UTF8", "--no-locale")
        (self.data / "postgresql.auto.conf").write_text(f"{_CONFIGURATION}port = {self.port}\n")
        os.chown(self.data / "postgresql.auto.conf", *_ids())

    def url(self, database: str, user: str = USER, **query: str) -> str:
        """The address of a store."""
        words = "&".join(f"{name}={value}" for name, value in query.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (f"?{words}" if words else "")

    def new_database(self) -> str:
        """The name of a new database."""
        self._made += 1
        name = f"test{os.getpid()}_{self._made}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def execute(self, text: str, database: str = USER) -> list[Any]:
        """Execute a statement as the role that may do all."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(text)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def end_connections(self, condition: str) -> None:
        """End the connections of clients of which that holds, but for our own; return once they have ended."""
        clients = f"pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND {condition}"
        ended = [row[0] for row in self.execute(f"SELECT pid, pg_terminate_backend(pid) FROM {clients}")]
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in ended))

    def start(self) -> None:
        log = self.directory / "server.log"
        self._as_user("pg_ctl", "-D", str(self.data), "-l", str(log), "-w", "start")

    def stop(self, mode: str = "fast", *, waits: bool = True) -> None:
        """Stop it: smart waits for all clients, fast rolls transactions back, immediate is as if it were killed."""
        self._as_user("pg_ctl", "-D", str(self.data), "-m", mode, "-w" if waits else "-W", "stop")

    def reload(self) -> None:
        """Have it read its files of settings and access, and wait until it has."""
        loaded = "SELECT pg_conf_load_time()"
        before = self.execute(loaded)
        self.execute("SELECT pg_reload_conf()")
        wait_until(lambda: self.execute(loaded) != before)

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def _as_user(self, program: str, *words: str) -> None:
        command = [str(programs() / program), *words]
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        # Its server would hold a pipe open.
        with (self.directory / "commands.log").open("ab") as log:
            try:
                subprocess.run(command, check=True, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/")
            except subprocess.CalledProcessError as error:
                for file in self.directory.glob("*.log"):
                    error.add_note(f"the end of {file.name}:\n{file.read_text()[-2_000:]}")
                raise


def _ids() -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    user = pwd.getpwnam(USER)
    return user.pw_uid, user.pw_gid


@contextmanager
def cluster() -> Generator[Cluster]:
    """A running cluster, removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="sequent-postgres-"))
    os.chown(directory, *_ids())
    try:
        made = Cluster(directory)
        made.start()
        try:
            yield made
        finally:
            with suppress(subprocess.CalledProcessError):
                made.stop("immediate")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def server_process(cluster: Cluster) -> int:
    """The process of a cluster's server."""
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def kill(cluster: Cluster) -> None:
    """Kill all processes of a cluster's server, as a crash of its machine does."""
    server = server_process(cluster)
    # No new server starts as long as one of the old one's processes has the memory that they share.
    os.kill(server, signal.SIGSTOP)
    processes = [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in processes))
