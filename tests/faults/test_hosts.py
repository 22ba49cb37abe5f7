"""Steps on other hosts: whatever is killed, no outcome is lost, and no attempt begins twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.faults import drivers, ledger, tolls
from tests.faults.two_hosts import HOSTS, TASKS
from tests.patience import PATIENCE, wait_until

FLOW = "tests.faults.two_hosts:flow"


@pytest.fixture
def homes(store):
    """The homes of both hosts, where nothing runs any more afterwards."""
    directory = store.with_name("homes")
    agent = f"{sys.executable} -m sequent.runtime.host_agent --allow-root"
    lines: list[str] = []
    for name in HOSTS:
        (directory / name).mkdir(parents=True)
        lines += [f"[hosts.{name}]", f'connect = ["env", "HOME={directory / name}"]']
        lines += [f'command = "{agent}"', "max_concurrent = 2"]
    (directory / "sequent.toml").write_text("\n".join(lines))
    yield directory
    for process in of_hosts(directory, "--serve", "--attach"):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(PATIENCE)


def of_hosts(homes: Path, *words: str) -> list[psutil.Process]:
    """The processes on the hosts that were started with one of these words."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            home = process.environ().get("HOME", "")
            if home.startswith(str(homes)) and set(words) & set(process.cmdline()):
                found.append(process)
    return found


def start(store: Path, homes: Path, *how: str) -> object:
    words = ("recover", *how) if tolls.has_run(store) else ("run", FLOW)
    return drivers.start(store, *words, SEQUENT_CONFIG=str(homes / "sequent.toml"), PYTHONPATH=str(drivers.ROOT))


def starts(store: Path) -> Counter[str]:
    """How often each attempt has begun, by its token."""
    return Counter(entry.token for entry in ledger.read(store.with_name("ledger")) if entry.event == "start")


def until_done(store: Path, homes: Path, kill, chance: random.Random) -> int:
    """Start and recover; have things killed as the ledger grows; give how often a driver was started."""
    for count in range(1, 60):
        process = start(store, homes)
        before = len(ledger.read(store.with_name("ledger")))
        wanted = before + chance.randint(0, 8)
        wait_until(lambda: process.poll() is not None or len(ledger.read(store.with_name("ledger"))) >= wanted)  # noqa: B023
        kill(process)
        output, _ = process.communicate(timeout=PATIENCE)
        if process.returncode == 0:
            return count
        assert process.returncode in (-signal.SIGKILL, 1, 4), output
    raise AssertionError("it does not end")


def test_a_driver_that_is_killed_costs_no_second_execution_on_a_host(store, homes):
    seed = random.SystemRandom().randrange(10**9)
    kills = iter(range(6))

    def kill(process):
        if next(kills, None) is not None and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)

    until_done(store, homes, kill, random.Random(seed))
    assert set(starts(store).values()) == {1}, f"seed {seed}"
    there = [entry for entry in ledger.read(store.with_name("ledger")) if entry.path != "last" and entry.event == "end"]
    assert len(there) == TASKS - 1, f"seed {seed}"


def test_connections_that_are_killed_cost_nothing(store, homes):
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    process = start(store, homes)
    for _ in range(5):
        wanted = len(ledger.read(store.with_name("ledger"))) + chance.randint(1, 5)
        wait_until(lambda: process.poll() is not None or len(ledger.read(store.with_name("ledger"))) >= wanted)  # noqa: B023
        for session in of_hosts(homes, "--attach"):
            with contextlib.suppress(psutil.NoSuchProcess):
                session.kill()
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"seed {seed}: {output}"
    entries = ledger.read(store.with_name("ledger"))
    assert len([entry for entry in entries if entry.event == "end"]) == TASKS, f"seed {seed}"
    assert set(starts(store).values()) == {1}, f"seed {seed}"


def test_agents_that_are_killed_lose_what_they_executed_and_no_more(store, homes):
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    process = start(store, homes)
    killed = 0
    for _ in range(2):
        wanted = len(ledger.read(store.with_name("ledger"))) + chance.randint(1, 5)
        wait_until(lambda: process.poll() is not None or len(ledger.read(store.with_name("ledger"))) >= wanted)  # noqa: B023
        for agent in of_hosts(homes, "--serve")[:1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                agent.kill()
                killed += 1
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, f"seed {seed}: {output}"
    entries = ledger.read(store.with_name("ledger"))
    ended = [entry for entry in entries if entry.event == "end"]
    assert TASKS <= len(ended) <= TASKS + 2 * killed, f"seed {seed}: {output}"
    assert set(starts(store).values()) == {1}, f"seed {seed}: an attempt has begun twice"


def test_a_host_and_its_driver_that_end_together_go_on_where_they_were(store, homes):
    hold = drivers.hold_from(store, 5)
    process = start(store, homes)
    drivers.wait_for_lines(store, 5)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    for each in of_hosts(homes, "--serve", "--attach"):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    hold.unlink()
    process = start(store, homes)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert set(starts(store).values()) == {1}


def test_a_machine_that_was_replaced_is_told_and_has_its_work_once_the_old_one_is_given_up(store, homes):
    hold = drivers.hold_from(store, 5)
    process = start(store, homes)
    drivers.wait_for_lines(store, 5)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    for each in of_hosts(homes / "far", "--serve", "--attach"):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    # In one step: what the old one had started is still ending, and removes its own files.
    (homes / "far").rename(homes / "replaced")
    (homes / "far").mkdir()
    process = start(store, homes)
    told = next(line for line in process.stdout if "cannot be reached" in line)
    assert "an agent answers that knows nothing of the run" in told
    assert told.endswith("recover the run with --assume-lost far\n")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    hold.unlink()
    process = start(store, homes, "--assume-lost", "far")
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert set(starts(store).values()) == {1}
