"""Runs of ``on_hosts``, and what may happen to their driver, to connections, and to all that runs on the hosts."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import psutil
from attrs import frozen

from tests.faults import drivers, host_ledger, ledger, tolls
from tests.patience import PATIENCE, wait_until
from tests.sshd import SshHosts, SshServer

FLOW = "tests.faults.on_hosts:flow"
MODULES = ("__init__", "ledger", "working", "on_hosts", "slow_on_hosts")
"""What the hosts need of the package of these tests."""
COUNT = int(os.environ.get("HOST_FAULTS", "1"))
"""How many runs each kind of fault gets (see CONTRIBUTING.md)."""


@frozen
class Scene:
    """Two hosts, a store here, and a ledger that all can write to."""

    hosts: SshHosts
    directory: Path
    chance: random.Random

    @property
    def servers(self) -> tuple[SshServer, SshServer]:
        return self.hosts.near, self.hosts.far

    @property
    def store(self) -> Path:
        return self.directory / "store.db"

    @property
    def ledger(self) -> Path:
        return self.directory / "ledger"

    def one(self) -> SshServer:
        """Either host."""
        return self.chance.choice(self.servers)

    def some(self) -> list[SshServer]:
        """One host, or both."""
        return self.chance.sample(self.servers, self.chance.randint(1, 2))

    def configure(self, connect: Mapping[str, list[str]] = MappingProxyType({}), **variables: str) -> None:
        """Write the settings of the hosts, of which some are reached by a command; steps there find the variables."""
        known = ", ".join(f'{name} = "{value}"' for name, value in {"LEDGER": self.ledger, **variables}.items())
        text = f'ssh_config = "{self.hosts.config}"\n'
        for server in self.servers:
            text += f"[hosts.{server.name}]\nmax_concurrent = 3\nenv = {{ {known} }}\n"
            if server.name in connect:
                text += f"connect = {connect[server.name]}\n"
        (self.directory / "sequent.toml").write_text(text)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command line."""
        return drivers.start(self.store, *words, SEQUENT_CONFIG=str(self.directory / "sequent.toml"))

    def start_or_recover(self) -> subprocess.Popen[str]:
        return self.start("recover") if tolls.has_run(self.store) else self.start("run", FLOW)

    def linger(self, driver: subprocess.Popen[str], most: float) -> None:
        """Let the run go on for a random time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            driver.wait(self.chance.uniform(0, most))

    def check(self, *, most_again: int, may_rerun: bool) -> None:
        """Check the whole: ledger, store, logs, that a further recovery does nothing, and that nothing is left."""
        entries = ledger.read(self.ledger)
        host_ledger.check(self.store, entries, most_again=most_again, may_rerun=may_rerun)
        host_ledger.check_logs(self.store, entries)
        assert tolls.succeeded(self.store) == {entry.task for entry in entries}
        again = self.start("recover")
        output, _ = again.communicate(timeout=PATIENCE)
        assert again.returncode == 0, output
        assert ledger.read(self.ledger) == entries
        tolls.check_nothing_is_left(self.store, self.ledger)
        cleaned = self.start("host", "clean", *(server.name for server in self.servers))
        output, _ = cleaned.communicate(timeout=PATIENCE)
        assert (cleaned.returncode, output.count("nothing is left there")) == (0, len(self.servers)), output
        for server in self.servers:
            wait_until(lambda: not server.processes(), lambda: f"left on {server.name}: {server.processes()}")  # noqa: B023


def make_scene(hosts: SshHosts, name: str) -> Scene:
    """Make a scene of its own; the seed of its chances is printed."""
    seed = random.SystemRandom().randrange(10**9) if (given := os.environ.get("HOST_SEED")) is None else int(given)
    print(f"seed of {name}", seed)
    directory = hosts.directory / f"{name}-{seed}"
    directory.mkdir(mode=0o711)
    made = Scene(hosts, directory, random.Random(seed))
    made.ledger.touch()
    made.ledger.chmod(0o666)
    for server in made.servers:
        for module in MODULES:
            server.write(f"tests/faults/{module}.py", Path(__file__).with_name(f"{module}.py").read_text())
    made.configure()
    return made


def clear_hosts(scenes: Iterable[Scene]) -> None:
    """Have nothing of scenes left, here or on their hosts."""
    for made in scenes:
        tolls.end_all(made.ledger)
    for server in {server for made in scenes for server in made.servers}:
        server.restart()
        server.kill_sessions()
        server.kill_processes()
        shutil.rmtree(server.home / ".local", ignore_errors=True)


@contextmanager
def scene(hosts: SshHosts, name: str) -> Generator[Scene]:
    """A scene of its own, of which nothing is left."""
    made = make_scene(hosts, name)
    try:
        yield made
    finally:
        clear_hosts([made])


Fault = Callable[[Scene, "subprocess.Popen[str]"], None]


def run_with_faults(scene: Scene, faults: tuple[Fault, ...], most: int) -> int:
    """Run, with so many faults at random moments, and recover until it has succeeded; return how many there were."""
    done: set[tuple[str, str, str]] = set()
    count = 0
    for _ in range(most + 3):
        driver = scene.start_or_recover()
        while count < most and driver.poll() is None:
            tolls.wait_for_a_start(driver, scene.ledger, scene.chance.randint(0, 4))
            scene.linger(driver, 0.3)
            if driver.poll() is None:
                scene.chance.choice(faults)(scene, driver)
                count += 1
        output, _ = driver.communicate(timeout=PATIENCE)
        now = tolls.succeeded(scene.store)
        assert done <= now, "an outcome was lost"
        done = now
        if driver.returncode == 0:
            return count
        is_refused = driver.returncode == 4 and not scene.ledger.stat().st_size
        assert driver.returncode == -9 or is_refused or tolls.LOST in output or tolls.TOO_QUICK in output, output
        assert "Traceback" not in output
    raise AssertionError("it does not end")


# -- connections


def lose_sessions(scene: Scene, driver: subprocess.Popen[str]) -> None:
    """End connections; hosts can be reached again at once."""
    for server in scene.some():
        server.kill_sessions()


def lose_network(scene: Scene, driver: subprocess.Popen[str]) -> None:
    """End connections; for a while there are no new ones."""
    servers = scene.some()
    for server in servers:
        server.stop()
        server.kill_sessions()
    scene.linger(driver, 2)
    for server in servers:
        server.start()


def silence(scene: Scene, driver: subprocess.Popen[str]) -> None:
    """Have hosts say nothing for a while, in old connections and new ones."""
    servers = scene.some()
    for server in servers:
        server.pause_listener()
        server.pause_sessions()
    scene.linger(driver, 2)
    for server in servers:
        server.resume_sessions()
        server.resume_listener()


# -- drivers


def kill_driver(scene: Scene, driver: subprocess.Popen[str]) -> None:
    os.kill(driver.pid, signal.SIGKILL)


def kill_driver_and_connections(scene: Scene, driver: subprocess.Popen[str]) -> None:
    """Kill the driver and its connections, in any order; the hosts go on alone for a while."""
    acts = [lambda: kill_driver(scene, driver), *(server.kill_sessions for server in scene.servers)]
    for act in scene.chance.sample(acts, len(acts)):
        act()
    driver.wait()
    time.sleep(scene.chance.uniform(0, 1))


# -- hosts


def kill_on_host(scene: Scene, driver: subprocess.Popen[str]) -> None:
    """Kill the serving agent, the agent of its workers, a worker, or any number of the user's processes."""
    processes = list[psutil.Process]()
    for pid in scene.one().processes():
        with contextlib.suppress(psutil.Error):
            processes.append(psutil.Process(pid))
    with contextlib.suppress(psutil.Error):
        serving = [each for each in processes if "--serve" in each.cmdline()]
        agents = [child for each in serving for child in each.children()]
        workers = [child for each in agents for child in each.children()]
        groups = [serving, agents, scene.chance.sample(workers, min(1, len(workers))), processes]
        for victim in scene.chance.choice(groups):
            with contextlib.suppress(psutil.Error):
                victim.kill()


def restart_host(scene: Scene, driver: subprocess.Popen[str]) -> None:
    """End everything on a host, as a power cut does; it comes back with another boot id."""
    server = scene.one()
    server.stop()
    server.kill_sessions()
    server.kill_processes()
    scene.linger(driver, 1)
    server.boot()
    server.start()


ALL: tuple[Fault, ...] = (
    lose_sessions,
    lose_network,
    silence,
    kill_driver,
    kill_driver_and_connections,
    kill_on_host,
    restart_host,
)
