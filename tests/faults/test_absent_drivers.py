"""A driver is killed while its steps run on hosts, and its run is recovered after a while: no step runs twice.

ABSENCES says how many runs there are, ABSENT how many seconds each has no driver, and AT_ONCE how many go on side by
side (see CONTRIBUTING.md).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from tests.faults import evidence, host_ledger, ledger, slow_on_hosts, tolls
from tests.faults.host_faults import Scene, clear_hosts, make_scene
from tests.faults.ledger import Entry
from tests.patience import PATIENCE, wait_until

FLOW = "tests.faults.slow_on_hosts:flow"
COUNT = int(os.environ.get("ABSENCES", "3"))
ABSENT = float(os.environ.get("ABSENT", "1"))
AT_ONCE = int(os.environ.get("AT_ONCE", "10"))
"""The runs that go on side by side: most of their time they wait."""


class Absence(NamedTuple):
    """The tokens of steps on hosts, by what they did while there was no driver."""

    joined: set[str]
    """They still ran when it came back."""
    collected: set[str]
    """They ended meanwhile."""


def under_way(entries: list[Entry]) -> set[str]:
    """Return the tokens of the steps that have begun and not ended; all are on hosts."""
    return {entry.token for entry in entries} - {entry.token for entry in entries if entry.event == "end"}


def kill_while_steps_run(made: Scene, driver: subprocess.Popen[str]) -> set[str]:
    """Kill a driver at a random moment at which steps run on hosts; return their tokens."""
    wait_until(lambda: {"1.1.1", "1.1.2"} <= {entry.sequence for entry in ledger.read(made.ledger)})
    made.linger(driver, ABSENT / 4)
    driver.kill()
    output, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == -signal.SIGKILL, output
    return under_way(ledger.read(made.ledger))


def absence(made: Scene) -> Absence:
    """Run, kill the driver, wait, recover; check the whole, and have nothing left that would disturb other runs."""
    try:
        return run_and_recover(made)
    finally:
        tolls.end_all(made.ledger)


def run_and_recover(made: Scene) -> Absence:
    """Run, kill the driver, wait, recover; check the whole."""
    running = kill_while_steps_run(made, made.start("run", FLOW))
    (made.directory / slow_on_hosts.GONE).touch()
    time.sleep(ABSENT)
    wait_until(lambda: running - under_way(ledger.read(made.ledger)))
    still = running & under_way(ledger.read(made.ledger))
    recovery = made.start("recover")
    (made.directory / slow_on_hosts.BACK).touch()
    output, _ = recovery.communicate(timeout=5 * ABSENT + PATIENCE)
    assert recovery.returncode == 0, output
    check(made)
    print(f"{made.directory.name}: {len(still)} steps joined again, {len(running - still)} collected")
    return Absence(still, running - still)


def check(made: Scene) -> None:
    """Every step ran once, its log is whole, and nothing of the run is left here or on a host."""
    entries = ledger.read(made.ledger)
    host_ledger.check(made.store, entries, tasks=slow_on_hosts.TASKS, most_again=0, may_rerun=False)
    host_ledger.check_logs(made.store, entries)
    tolls.check_nothing_is_left(made.store, made.ledger)


def check_hosts(made: Scene) -> None:
    """No agent runs on a host, and no outcome is left there."""
    listed = made.start("host", "ls", "--json", *(server.name for server in made.servers))
    output, _ = listed.communicate(timeout=PATIENCE)
    assert listed.returncode == 0, output
    remains = [each for host in json.loads(output)["hosts"] for each in host["remains"]]
    assert remains
    assert [each for each in remains if each["agent"] or each["outcomes"]] == []


def test_steps_on_hosts_run_once_if_their_driver_is_killed_and_comes_back_later(ssh_hosts) -> None:
    for server in (ssh_hosts.near, ssh_hosts.far):
        server.restart(MaxStartups=str(10 * AT_ONCE))
    scenes = [make_scene(ssh_hosts, f"absent-{number}") for number in range(COUNT)]
    for made in scenes:
        made.configure(SLOWEST=str(1 + 1.5 * ABSENT))
    try:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            answers: list[Future[Absence]] = []
            for made in scenes:
                answers.append(threads.submit(absence, made))
                # Drivers that all start at once would only wait for each other.
                time.sleep(ABSENT / AT_ONCE if len(answers) < AT_ONCE else 0)
        errors = {made.directory.name: each.exception() for made, each in zip(scenes, answers, strict=True)}
        failures = {name: "".join(traceback.format_exception(error)) for name, error in errors.items() if error}
        done = [each.result() for each in answers if not each.exception()]
        joined, collected = (sum(len(each[kind]) for each in done) for kind in (0, 1))
        print(f"{len(done)} of {COUNT} runs: {joined} steps were joined again, {collected} were collected")
        evidence.note(14, kills=len(done), runs=len(done), steps_joined=joined, steps_collected=collected)
        assert not failures, "\n".join(f"{name}: {trace}" for name, trace in failures.items())
        assert all(each.joined and each.collected for each in done)
        check_hosts(scenes[0])
        for server in scenes[0].servers:
            wait_until(lambda: not server.processes(), lambda: f"left on {server.name}: {server.processes()}")  # noqa: B023
    finally:
        clear_hosts(scenes)
