"""Runs that lose their driver, agent or workers again and again, and what is then asked of their ledger and store."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg

from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord
from sequent.runtime.store import open_store
from tests.faults import ledger
from tests.faults.ledger import Entry
from tests.faults.working import ENDS
from tests.patience import LATE, wait_until

LOST = "it was lost 3 times in a row"
TOO_QUICK = "agents end as soon as they are started"
"""How a run fails whose agent is killed four times before it has got so far as to have workers."""
LATEST = 6 + LATE
"""Seconds until an agent without a driver has ended all that it had started."""


def processes_of(driver: int, kind: str, chance: random.Random) -> list[psutil.Process]:
    """Whom to kill: the driver, its agent, one of the workers, or all of them in any order."""
    process = psutil.Process(driver)
    agents = process.children()
    workers = [worker for agent in agents for worker in agent.children()]
    match kind:
        case "driver":
            return [process]
        case "agent":
            return agents
        case "worker":
            return chance.sample(workers, min(1, len(workers)))
        case _:
            return chance.sample([process, *agents, *workers], 1 + len(agents) + len(workers))


def kill(driver: int, kind: str, chance: random.Random) -> int:
    """Kill -9; give how many were killed."""
    killed = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for victim in processes_of(driver, kind, chance):
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
                killed += 1
    return killed


def wait_for_a_start(driver: subprocess.Popen[str], path: Path, more: int = 1) -> None:
    """Wait until so many more steps begin, or the driver has ended; an earlier one may have left signs of life, too."""
    enough = starts(path) + more
    wait_until(lambda: driver.poll() is not None or starts(path) >= enough, "nothing is done")


def starts(path: Path) -> int:
    """How many attempts have begun."""
    return path.read_text().count("start ") if path.exists() else 0


def attempts_in(store: Path | str) -> dict[tuple[str, str, str], list[AttemptRecord]]:
    """The attempts of each task in their order, by run, path and sequence as the ledger has them."""
    found: dict[tuple[str, str, str], list[AttemptRecord]] = {}
    if isinstance(store, Path) and not store.exists():
        return found
    opened = open_store(str(store))
    try:
        for run in opened.runs():
            for attempt in opened.attempts(run):
                task = run.id, ledger.copy_path(attempt.path, attempt.host), attempt.sequence
                found.setdefault(task, []).append(attempt)
    finally:
        opened.close()
    for attempts in found.values():
        attempts.sort(key=lambda attempt: attempt.attempt)
    return found


def succeeded(store: Path | str) -> set[tuple[str, str, str]]:
    """The tasks that have succeeded."""
    found = attempts_in(store).items()
    return {task for task, attempts in found if attempts[-1].status is Status.SUCCESS}


def has_run(store: Path | str) -> bool:
    """Whether a run was written down before its driver was killed."""
    if isinstance(store, Path) and not store.exists():
        return False
    opened = open_store(str(store))
    try:
        return bool(opened.runs())
    finally:
        opened.close()


def check_once(store: Path | str, entries: list[Entry], most_again: int, again: frozenset[str] = frozenset()) -> None:
    """Each success ended once and was the last of its task; no attempt began twice, or beside another of its task.

    Args:
        store: with the runs.
        entries: of the ledger.
        most_again: how many ends may have been without a success in the store.
        again: paths of steps that a recovery runs again though they had ended.
    """
    overlaps = [entry for entry in entries if entry.event == "overlap"]
    assert overlaps == [], [entry for entry in entries if entry.task in {each.task for each in overlaps}]
    began = Counter((entry.task, entry.attempt) for entry in entries if entry.event == "start")
    assert set(began.values()) == {1}
    ended = Counter((entry.task, entry.attempt) for entry in entries if entry.event == "end")
    last = {task: max(entry.attempt for entry in entries if entry.task == task) for task in {e.task for e in entries}}
    attempts = attempts_in(store)
    for task, tried in attempts.items():
        if task[1] in again:
            continue
        successes = [attempt.attempt for attempt in tried if attempt.status is Status.SUCCESS]
        assert successes == [last[task]], f"{task}: {successes} succeeded, {last[task]} is the last that began"
        assert ended[task, last[task]] == 1
    assert set(attempts) == set(last)
    assert sum(ended.values()) - len(attempts) <= most_again


class Span(NamedTuple):
    """Somebody certainly held so much from a moment to another."""

    begin: int
    end: int
    amount: int


def spans(entries: Iterable[Entry], amount: int) -> list[Span]:
    """One for each attempt, from its beginning to its last sign of life."""
    lives: dict[str, list[int]] = {}
    for entry in entries:
        lives.setdefault(entry.token, []).append(entry.at)
    return [Span(min(signs), max(signs), amount) for signs in lives.values()]


def most_at_once(held: Iterable[Span]) -> int:
    """The greatest sum that was held at any instant."""
    # What ends at the very instant at which another begins comes first.
    changes = sorted(
        change for span in held for change in ((span.begin, span.amount), (span.end, -span.amount)) if span.amount
    )
    now = most = 0
    for _, amount in changes:
        now += amount
        most = max(most, now)
    return most


def check_nothing_is_left(store: Path, path: Path) -> None:
    """Nothing is held or asked for in the store, and no process that knows the ledger lives."""
    check_no_hold_is_left(store)
    check_no_process_is_left(lambda: knowing(path))


def check_no_hold_is_left(store: Path | str) -> None:
    """Nothing is held or asked for in the store."""
    assert rows(store, "hold") == []
    assert rows(store, "ticket") == []


def check_no_process_is_left(living: Callable[[], list[object]]) -> None:
    """Processes end in time."""
    deadline = time.monotonic() + LATEST
    while left := living():
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def rows(store: Path | str, table: str) -> list[tuple[object, ...]]:
    """All of a table, read without the code of the store."""
    if isinstance(store, str):
        url, _, schema = store.partition("?schema=")
        with contextlib.closing(psycopg.connect(url)) as connection:
            return connection.execute(f'SELECT * FROM "{schema}".{table}').fetchall()
    with contextlib.closing(sqlite3.connect(store)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def knowing(path: Path) -> list[psutil.Process]:
    """The processes that have this ledger in their environment."""
    line = b"\0" + os.fsencode(f"{ledger.LEDGER}={path}") + b"\0"
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            with contextlib.suppress(psutil.Error, OSError):
                if line in b"\0" + Path(f"/proc/{name}/environ").read_bytes():
                    found.append(psutil.Process(int(name)))
    return found


def end_all(path: Path) -> None:
    """Kill what still knows the ledger: a test that has failed leaves nothing to run."""
    for process in knowing(path):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def last_ends(entries: Iterable[Entry], path: str) -> dict[str, int]:
    """When each task of a step ended for the last time, by sequence."""
    return {entry.sequence: entry.at for entry in entries if entry.path == path and entry.event in ENDS}
